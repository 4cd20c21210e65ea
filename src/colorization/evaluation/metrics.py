"""Measures of a colorized photograph against its original, batched on the device. Some equal scikit-image's.

Unless stated otherwise they return one value per photograph, (B,). Measures of the picture take sRGB (B,3,H,W) in
[0, 1]; measures of the colours take Lab (B,3,H,W) in its own units. The result comes first, the original second.
"""

import math

import numpy as np
import torch
from torch import Tensor

SSIM_SIGMA, SSIM_RADIUS = 1.5, 5  # Wang et al. 2004, section III-C: an 11×11 Gaussian window
AUC_MAX_THRESHOLD = 150.0  # ab units, Zhang et al. 2016, section 3.1
SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2  # (K1·range)², (K2·range)²


def mse(result: Tensor, original: Tensor) -> Tensor:
    """Mean squared error of the channels."""
    return (result - original).square().mean(dim=(1, 2, 3))


def psnr(error: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB of a mean squared error of values in [0, 1]."""
    return -10 * torch.log10(error)


def ssim(result: Tensor, original: Tensor) -> Tensor:
    """Structural similarity (Wang et al. 2004), mean over the channels and over the windows inside the photograph.

    scikit-image: structural_similarity(..., gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
    data_range=1, channel_axis=0).
    """
    x, y = result, original
    ux, uy = _blur(x), _blur(y)
    product, squares = ux * uy, ux * ux + uy * uy
    covariance, variances = _blur(x * y) - product, _blur(x * x + y * y) - squares
    similarity = (2 * product + SSIM_C1) * (2 * covariance + SSIM_C2) / ((squares + SSIM_C1) * (variances + SSIM_C2))
    return similarity.mean(dim=(1, 2, 3))


def _blur(x: Tensor) -> Tensor:
    """Gaussian means of the windows inside (B,C,H,W): sums of shifted copies, faster on a CPU than a convolution."""
    kernel = [math.exp(-(i**2) / (2 * SSIM_SIGMA**2)) for i in range(-SSIM_RADIUS, SSIM_RADIUS + 1)]
    first, *others = (weight / sum(kernel) for weight in kernel)
    for dim in (3, 2):
        size = x.shape[dim] - 2 * SSIM_RADIUS
        total = x.narrow(dim, 0, size) * first
        for i, share in enumerate(others, 1):
            total.add_(x.narrow(dim, i, size), alpha=share)
        x = total
    return x


def delta_e(result: Tensor, original: Tensor) -> Tensor:
    """Mean CIEDE2000 colour difference over the pixels (Sharma, Wu, Dalal 2005), in units of just noticeable steps."""
    return ciede2000(original, result).mean(dim=(1, 2))


def ab_mse(result: Tensor, original: Tensor) -> Tensor:
    """Mean squared error of a and b, over pixels and both channels, in ab units²."""
    return (result - original)[:, 1:].square().mean(dim=(1, 2, 3))


def ab_accuracy(result: Tensor, original: Tensor) -> Tensor:
    """Area under the curve of every pixel, (B,H,W) in [0, 1], after Zhang et al. 2016, section 3.1 (AuC).

    The curve is the share of pixels whose ab error (L2 distance) is within a threshold that runs from 0 to 150. The
    curve of one pixel is a step at its error, with a normalised area of 1 - error / 150. The mean of these areas over
    the pixels is the area under the whole curve.
    """
    error = torch.hypot(*(result - original)[:, 1:].unbind(dim=1))
    return (1 - error / AUC_MAX_THRESHOLD).clamp(min=0)


def histogram_distance(result: Tensor, original: Tensor) -> Tensor:
    """Wasserstein-1 (earth mover's) distance between histograms, mean of a's and b's, in ab units.

    For two samples of equal size it is the mean distance of the sorted values (Peyré & Cuturi 2019, remark 2.28). It
    counts how often each colour occurs and ignores the place.
    """
    ours, theirs = (_sorted(lab[:, 1:].flatten(start_dim=2)) for lab in (result, original))
    return (ours - theirs).abs().mean(dim=(1, 2))


def _sorted(x: Tensor) -> Tensor:
    """Sort along the last dimension; on the CPU with numpy, whose vectorised sort is about ten times as fast."""
    return torch.from_numpy(np.sort(x.numpy(), axis=-1)) if x.device.type == "cpu" else x.sort(dim=-1).values


def colorfulness(rgb: Tensor) -> Tensor:
    """Hasler & Süsstrunk 2003, section 7, on the 8-bit scale: 0 for gray, about 60 or more for very colourful."""
    r, g, b = (rgb * 255).unbind(dim=1)
    rg, yb = r - g, (r + g) / 2 - b
    spread = torch.sqrt(rg.var(dim=(1, 2), correction=0) + yb.var(dim=(1, 2), correction=0))
    distance = torch.sqrt(rg.mean(dim=(1, 2)).square() + yb.mean(dim=(1, 2)).square())
    return spread + 0.3 * distance


def ciede2000(lab1: Tensor, lab2: Tensor) -> Tensor:
    """CIEDE2000 of Lab (B,3,H,W) in its own units → (B,H,W); equation numbers of Sharma, Wu, Dalal 2005.

    Hues are unit vectors instead of angles: this needs one arctangent instead of two, and no cosine. Only the mean hue
    becomes an angle, for (16).
    """
    L1, a1, b1 = lab1.unbind(dim=1)
    L2, a2, b2 = lab2.unbind(dim=1)
    g = 0.5 * (1 - _chroma_share((torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2))  # (4)
    a1, a2 = (1 + g) * a1, (1 + g) * a2  # (5)
    c1, c2 = torch.hypot(a1, b1), torch.hypot(a2, b2)  # (6)
    (x1, y1), (x2, y2) = _unit(a1, b1, c1), _unit(a2, b2, c2)  # (7)
    x, y = _mean_hue(x1, y1, x2, y2)  # (14)
    dL, dC = L2 - L1, c2 - c1  # (8), (9)
    across = (y2 - y1) * x - (x2 - x1) * y  # hue difference, component across the mean hue: 2 sin(dh / 2)
    dH = torch.sqrt(c1 * c2) * across  # (10), (11)

    L, c = (L1 + L2) / 2, (c1 + c2) / 2  # (12), (13)
    cos2, sin2 = x * x - y * y, 2 * x * y
    cos3, sin3, cos4, sin4 = x * cos2 - y * sin2, y * cos2 + x * sin2, cos2 * cos2 - sin2 * sin2, 2 * cos2 * sin2
    t = (
        1 - 0.17 * _turned(x, y, 30) + 0.24 * cos2 + 0.32 * _turned(cos3, sin3, -6) - 0.20 * _turned(cos4, sin4, 63)
    )  # (15)
    h = torch.rad2deg(torch.atan2(-y, -x)) + 180
    theta = math.radians(30) * torch.exp(-((h - 275) / 25).square().clamp(max=40))  # (16)
    rc = 2 * _chroma_share(c)  # (17)
    sL = 1 + 0.015 * (L - 50).square() / torch.sqrt(20 + (L - 50).square())  # (18)
    sC, sH = 1 + 0.045 * c, 1 + 0.015 * c * t  # (19), (20)
    kL, kC, kH = dL / sL, dC / sC, dH / sH
    squared = kL.square() + kC.square() + kH.square() - torch.sin(2 * theta) * rc * kC * kH
    return torch.sqrt(squared.clamp(min=0))  # (21), (22)


def _chroma_share(c: Tensor) -> Tensor:
    """The square root of c⁷ / (c⁷ + 25⁷).

    A chroma below 0.025 counts as 0.025 (result 3e-11), because subnormal numbers are slow.
    """
    c = (c / 25).clamp(min=1e-3)
    c7 = (c * c).square() * (c * c) * c
    return torch.sqrt(c7 / (c7 + 1))


def _unit(a: Tensor, b: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the hue; 0 and 0 for gray."""
    c = c.clamp(min=1e-20)
    return a / c, b / c


def _mean_hue(x1: Tensor, y1: Tensor, x2: Tensor, y2: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the angle halfway between two hues; meaningless if one is gray, where dH is 0.

    The sum of the two unit vectors points there, with length 2 cos(dh / 2). So does their difference turned by a right
    angle, with length 2 sin(dh / 2) and the sign of dh. Together they are never short. Of opposite hues the smaller
    one, counted from 0 to 360°, comes first: (14) adds them.
    """
    side = torch.copysign(torch.ones_like(x1), x1 * y2 - y1 * x2 + 1e-30 * (y1 + (y1 == 0) * x1))
    x, y = x1 + x2 + side * (y2 - y1), y1 + y2 - side * (x2 - x1)
    return _unit(x, y, torch.hypot(x, y))


def _turned(cos: Tensor, sin: Tensor, degrees: float) -> Tensor:
    """The cosine of an angle minus `degrees`."""
    return math.cos(math.radians(degrees)) * cos + math.sin(math.radians(degrees)) * sin
