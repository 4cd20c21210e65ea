"""Fit predicted colours to the photograph's edges and to hints: ab becomes a linear function of L around each place."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from colorization.app.photo.hints import Hint, at_places, correction, influence, places_of
from colorization.app.photo.preparation import Box
from colorization.app.photo.recolor import L_LEVELS
from colorization.color import AB_SCALE
from colorization.models.common.blocks import resized

RADIUS, EPSILON = 2, 0.01  # of the guided filter: radius in pixels of the predicted map; variance of normalised L


def placed(ab: Tensor, box: Box, side: torch.Size) -> Tensor:
    """Colours (B,2,h',w') of a box, at the size of the whole (B,2,h,w); no colour outside."""
    ab = resized(ab, (box.bottom - box.top, box.right - box.left))
    return F.pad(ab, (box.left, side[1] - box.right, box.top, side[0] - box.bottom))


def guided(
    levels: NDArray[np.uint16], L: Tensor, ab: Tensor, hints: Sequence[Hint]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Slope and offset (2,h,w) of `guide` for L (1,1,h,w) and normalised ab (1,2,h,w), with the hinted colours.

    With hints, ab (2,2,h,w) are the colours without them and with them; the latter count within the hints' `influence`.
    They are corrected twice: before the guide, which brings the correction to the photograph's edges, and after it,
    which smooths it.
    """
    if not hints:
        slope, offset = guide(L, ab * AB_SCALE)
        return slope[0].cpu().numpy(), offset[0].cpu().numpy()
    places = places_of(hints, levels.shape, L.device)
    plain, told = ab.split(1)
    ab = plain + influence(L, places) * (told - plain)
    wanted = L.new_tensor([[one.a, one.b] for one in hints])
    slope, offset = guide(L, (ab + correction(L, places, wanted - at_places(ab[0], places))) * AB_SCALE)
    light = L.new_tensor([levels[int(one.y), int(one.x)] * (2 / L_LEVELS) - 1 for one in hints])
    found = at_places(slope[0], places) * light[:, None] + at_places(offset[0], places)
    offset = offset + correction(L, places, wanted * AB_SCALE - found)
    return slope[0].cpu().numpy(), offset[0].cpu().numpy()


def guide(L: Tensor, ab: Tensor) -> tuple[Tensor, Tensor]:
    """Normalised L (B,1,h,w) and ab (B,2,h,w) → slope and offset (B,2,h,w) of ab = slope · L + offset.

    Applied to L at full resolution, they align colour with the photograph's edges (fast guided filter, He & Sun 2015).
    On the Intel scenes ΔE is lower than with bilinear enlargement: GAN by 0.20, ResNet by 0.15, VAE by 0.02.
    """
    means = _box(torch.cat([L, ab, L * L, L * ab], dim=1))
    L_mean, ab_mean, LL_mean, Lab_mean = means.split([1, 2, 1, 2], dim=1)
    slope = (Lab_mean - L_mean * ab_mean) / (LL_mean - L_mean**2 + EPSILON)
    slope, offset = _box(torch.cat([slope, ab_mean - slope * L_mean], dim=1)).split(2, dim=1)
    return slope, offset


def _box(x: Tensor) -> Tensor:
    """Mean over a square of side 2·RADIUS + 1; pads by repeating the edges."""
    return F.avg_pool2d(F.pad(x, (RADIUS,) * 4, mode="replicate"), 2 * RADIUS + 1, stride=1)
