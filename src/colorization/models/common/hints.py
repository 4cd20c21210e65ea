"""Hints: the true colour at a few places, for a model that takes them (Zhang et al. 2017, Real-Time User-Guided Image
Colorization with Learned Deep Priors, section 3.1).

A map of hints (B,3,H,W) has 1 where a colour is known and 0 elsewhere, then that colour as normalised ab, or 0.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from colorization.models.common.variations import Draw

SIZES = (1, 3, 5, 7, 9)  # pixels of a patch's side
MOST = 512  # expected number of hints
SPREAD = 0.5  # of the places around the centre, as a share of half the side: Zhang et al. draw them like this


def none(L: Tensor) -> Tensor:
    """A map without hints for photographs (B,1,H,W)."""
    return L.new_zeros(len(L), 3, *L.shape[-2:])


def drawn(ab: Tensor, share: float, draw: Draw) -> Tensor:
    """A map of random hints for a `share` of the photographs ab (B,2,H,W), and no hints for the others.

    Their number is a Poisson variable with a mean that is uniform in its logarithm from 1 to MOST, so few hints and
    many are equally likely. Half of them lie anywhere, half around the centre. Each reveals the mean colour of a
    square patch; all patches of a batch have one size.
    """
    height, width = ab.shape[-2:]
    count = torch.where(draw(1, 1, 1) < share, MOST ** draw(1, 1, 1), 0.0)
    down, across = (torch.linspace(-1, 1, side, device=ab.device) for side in (height, width))
    near = torch.exp(-(down.view(-1, 1) ** 2 + across.view(1, -1) ** 2) / (2 * SPREAD**2))
    density = (near / near.sum() + 1 / (height * width)) / 2
    points = (draw(1, height, width) < count * density).to(ab.dtype)
    size = SIZES[int(torch.randint(len(SIZES), ()))]
    hinted, known = count.flatten() > 0, none(ab)
    known[hinted] = patches(ab[hinted], points[hinted], size)
    return known


def patches(ab: Tensor, points: Tensor, size: int) -> Tensor:
    """A map that reveals a square of size × size pixels around each point, in the mean colour of that square.

    ab: (B,2,H,W). points: (B,1,H,W), 1 at the centres and 0 elsewhere. size: odd. Overlapping patches share their mean.
    """
    mean = F.avg_pool2d(ab, size, stride=1, padding=size // 2, count_include_pad=False)
    return _of_shares(F.avg_pool2d(torch.cat([points, points * mean], dim=1), size, stride=1, padding=size // 2))


def at(hints: Tensor, height: int, width: int) -> Tensor:
    """A map of hints at another size (B,3,height,width): known where any part is, with the mean of the known part."""
    down, across = (_cells(*sizes, like=hints) for sizes in zip(hints.shape[-2:], (height, width)))
    return _of_shares(down @ hints @ across.T)


def _cells(size: int, cells: int, *, like: Tensor) -> Tensor:
    """The weights (cells, size) of the pixels in the mean of each cell, as in F.adaptive_avg_pool2d.

    A cell has every pixel that it touches. ONNX lacks that pooling for sides that are known only when it runs.
    """
    edges, pixels = torch.arange(cells + 1, device=like.device) * size, torch.arange(size, device=like.device)
    first, end = edges[:-1] // cells, (edges[1:] + cells - 1) // cells
    inside = ((pixels >= first[:, None]) & (pixels < end[:, None])).to(like.dtype)
    return inside / inside.sum(dim=1, keepdim=True)


def _of_shares(shares: Tensor) -> Tensor:
    """A map of hints (B,3,H,W) from the known share of each pixel and the share's sum of a and b."""
    known = (shares[:, :1] > 0).to(shares.dtype)
    return torch.cat([known, shares[:, 1:] / shares[:, :1].clamp(min=1e-6)], dim=1)
