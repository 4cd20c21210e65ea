"""Measures of a colorized photograph against its original, batched on the device, equal to scikit-image's own.

All return one value per photograph, (B,). Those of the picture take sRGB (B,3,H,W) in [0, 1], those of the colours Lab
(B,3,H,W) in its own units, of the result first and of the original second.
"""

import math

import numpy as np
import torch
from torch import Tensor

from colorization.color import denormalise, rgb_to_lab

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
    """Structural similarity (Wang et al. 2004), mean over the channels and over the windows that fit the photograph.

    scikit-image: structural_similarity(..., gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
    data_range=1, channel_axis=0).
    """
    x, y = result, original
    ux, uy = _blur(x), _blur(y)
    vx, vy, vxy = _blur(x * x) - ux * ux, _blur(y * y) - uy * uy, _blur(x * y) - ux * uy
    similarity = ((2 * ux * uy + SSIM_C1) * (2 * vxy + SSIM_C2)) / ((ux * ux + uy * uy + SSIM_C1) * (vx + vy + SSIM_C2))
    return similarity.mean(dim=(1, 2, 3))


def _blur(x: Tensor) -> Tensor:
    """Gaussian means of the windows that fit (B,C,H,W): sums of shifted copies, which a CPU adds faster than it convolves."""
    kernel = [math.exp(-(i**2) / (2 * SSIM_SIGMA**2)) for i in range(-SSIM_RADIUS, SSIM_RADIUS + 1)]
    for dim in (3, 2):
        size, total = x.shape[dim] - 2 * SSIM_RADIUS, 0.0
        for i, weight in enumerate(kernel):
            shifted, share = x.narrow(dim, i, size), weight / sum(kernel)
            total = total.add_(shifted, alpha=share) if i else shifted * share
        x = total
    return x


def lab(rgb: Tensor) -> Tensor:
    """sRGB (B,3,H,W) in [0, 1] → Lab (B,3,H,W) in its own units."""
    return torch.cat(denormalise(*rgb_to_lab(rgb)), dim=1)


def delta_e(result: Tensor, original: Tensor) -> Tensor:
    """Mean CIEDE2000 colour difference over the pixels (Sharma, Wu, Dalal 2005), in units of just noticeable steps."""
    return ciede2000(original, result).mean(dim=(1, 2))


def ab_mse(result: Tensor, original: Tensor) -> Tensor:
    """Mean squared error of a and b, over pixels and both channels, in ab units²."""
    return (result - original)[:, 1:].square().mean(dim=(1, 2, 3))


def ab_accuracy(result: Tensor, original: Tensor) -> Tensor:
    """Area under the curve of every pixel, (B,H,W) in [0, 1], after Zhang et al. 2016, section 3.1 (AuC).

    The curve is the share of pixels whose ab error, an L2 distance, is within a threshold that runs from 0 to 150. For one
    pixel it is a step at its error, so the normalised area is 1 - error / 150, and its mean over pixels that of the curve.
    """
    error = torch.hypot(*(result - original)[:, 1:].unbind(dim=1))
    return (1 - error / AUC_MAX_THRESHOLD).clamp(min=0)


def histogram_distance(result: Tensor, original: Tensor) -> Tensor:
    """Wasserstein-1 (earth mover's) distance of the histograms of a, and of b, their mean, in ab units.

    Of two equally large samples it is the mean distance of the sorted values (Peyré & Cuturi 2019, remark 2.28). Where
    the colours are does not matter to it, only how many there are of each.
    """
    ours, theirs = (_sorted(lab[:, 1:].flatten(start_dim=2)) for lab in (result, original))
    return (ours - theirs).abs().mean(dim=(1, 2))


def _sorted(x: Tensor) -> Tensor:
    """Sorted along the last dimension; on the CPU by numpy, whose vectorised sort is about ten times as fast."""
    return torch.from_numpy(np.sort(x.numpy(), axis=-1)) if x.device.type == "cpu" else x.sort(dim=-1).values


def colorfulness(rgb: Tensor) -> Tensor:
    """Hasler & Süsstrunk 2003, section 7, on 8-bit scale: 0 for gray, about 60 and more for very colourful."""
    r, g, b = (rgb * 255).unbind(dim=1)
    rg, yb = r - g, (r + g) / 2 - b
    spread = torch.sqrt(rg.var(dim=(1, 2), correction=0) + yb.var(dim=(1, 2), correction=0))
    distance = torch.sqrt(rg.mean(dim=(1, 2)).square() + yb.mean(dim=(1, 2)).square())
    return spread + 0.3 * distance


def ciede2000(lab1: Tensor, lab2: Tensor) -> Tensor:
    """CIEDE2000 of Lab (B,3,H,W) in its own units → (B,H,W); equation numbers of Sharma, Wu, Dalal 2005."""
    L1, a1, b1 = lab1.unbind(dim=1)
    L2, a2, b2 = lab2.unbind(dim=1)
    c7 = ((torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - torch.sqrt(c7 / (c7 + 25.0**7)))  # (4)
    a1, a2 = (1 + g) * a1, (1 + g) * a2  # (5)
    c1, c2 = torch.hypot(a1, b1), torch.hypot(a2, b2)  # (6)
    h1, h2 = _hue(a1, b1), _hue(a2, b2)  # (7)

    turn, half = 2 * math.pi, math.pi
    dh = h2 - h1
    dh = dh - turn * (dh > half) + turn * (dh < -half)
    dh = torch.where(c1 * c2 == 0, 0.0, dh)  # (10)
    dL, dC, dH = L2 - L1, c2 - c1, 2 * torch.sqrt(c1 * c2) * torch.sin(dh / 2)  # (8), (9), (11)

    L, c, h = (L1 + L2) / 2, (c1 + c2) / 2, h1 + h2  # (12), (13)
    h = torch.where((h1 - h2).abs() > half, torch.where(h < turn, h + turn, h - turn), h)
    h = torch.where(c1 * c2 == 0, h, h / 2)  # (14)
    t = (
        1
        - 0.17 * torch.cos(h - math.radians(30))
        + 0.24 * torch.cos(2 * h)
        + 0.32 * torch.cos(3 * h + math.radians(6))
        - 0.20 * torch.cos(4 * h - math.radians(63))
    )  # (15)
    theta = math.radians(30) * torch.exp(-(((torch.rad2deg(h) - 275) / 25) ** 2))  # (16)
    rc = 2 * torch.sqrt(c**7 / (c**7 + 25.0**7))  # (17)
    sL = 1 + 0.015 * (L - 50) ** 2 / torch.sqrt(20 + (L - 50) ** 2)  # (18)
    sC, sH = 1 + 0.045 * c, 1 + 0.015 * c * t  # (19), (20)
    kL, kC, kH = dL / sL, dC / sC, dH / sH
    return torch.sqrt((kL**2 + kC**2 + kH**2 - torch.sin(2 * theta) * rc * kC * kH).clamp(min=0))  # (21), (22)


def _hue(a: Tensor, b: Tensor) -> Tensor:
    """Hue angle in [0, 2π), 0 for gray."""
    return torch.atan2(b, a) % (2 * math.pi)
