"""Fit predicted colours to the photograph's edges and to hints: ab becomes a linear function of L around each place."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from colorization.color import AB_SCALE
from colorization.photo.hints import Hint, at_places, correction, places_of
from colorization.photo.preparation import Box
from colorization.photo.recolor import L_LEVELS, enlarged

RADIUS, EPSILON = 2, 0.01  # of the guided filter: radius in pixels of the predicted map; variance of normalised L

Planes = NDArray[np.float32]


def placed(ab: Planes, box: Box, shape: tuple[int, int]) -> Planes:
    """Colours (2,h',w') of a box, at the size of the whole (2,h,w); no colour outside."""
    sides = box.bottom - box.top, box.right - box.left
    found = np.zeros((len(ab), *shape), np.float32)
    inside = ab if ab.shape[1:] == sides else enlarged(ab, (slice(0, sides[0]), slice(0, sides[1])), sides)
    found[:, box.top : box.bottom, box.left : box.right] = inside
    return found


def guided(levels: NDArray[np.uint16], L: Planes, ab: Planes, hints: Sequence[Hint]) -> tuple[Planes, Planes]:
    """Slope and offset (2,h,w) of `guide` for L (h,w) and normalised ab (2,h,w), with the hinted colours.

    ab has the hints already (see `hints.joined`); what the guide smooths away of them is corrected.
    """
    slope, offset = guide(L, ab * np.float32(AB_SCALE))
    if not hints:
        return slope, offset
    places, wanted = places_of(hints, levels.shape), np.array([[one.a, one.b] for one in hints])
    light = np.array([levels[int(one.y), int(one.x)] * (2 / L_LEVELS) - 1 for one in hints])
    found = at_places(slope, places) * light[:, None] + at_places(offset, places)
    return slope, offset + correction(L, places, wanted * AB_SCALE - found)


def guide(L: Planes, ab: Planes) -> tuple[Planes, Planes]:
    """Normalised L (h,w) and ab (2,h,w) → slope and offset (2,h,w) of ab = slope · L + offset.

    Applied to L at full resolution, they align colour with the photograph's edges (fast guided filter, He & Sun 2015).
    On the Intel scenes ΔE is lower than with bilinear enlargement: GAN by 0.20, ResNet by 0.15, VAE by 0.02.
    """
    means = _box(np.concatenate([L[None], ab, (L * L)[None], L * ab]))
    L_mean, ab_mean, LL_mean, Lab_mean = means[:1], means[1:3], means[3:4], means[4:]
    slope = (Lab_mean - L_mean * ab_mean) / (LL_mean - L_mean**2 + np.float32(EPSILON))
    both = _box(np.concatenate([slope, ab_mean - slope * L_mean]))
    return both[:2], both[2:]


def _box(x: Planes) -> Planes:
    """Mean (C,h,w) over a square of side 2·RADIUS + 1; pads by repeating the edges."""
    height, width = x.shape[1:]
    side = 2 * RADIUS + 1
    x = np.pad(x, ((0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS)), mode="edge")
    rows = reduce(np.add, (x[:, i : i + height] for i in range(side)))
    return reduce(np.add, (rows[:, :, i : i + width] for i in range(side))) / np.float32(side**2)
