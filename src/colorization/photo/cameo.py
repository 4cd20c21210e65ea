"""Take the feathered edge of a cameo off what the network sees: an oval picture that fades into paper or darkness."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colorization.photo import mats

FITS, ROUND = 0.88, 3.0  # intersection / union of the picture and an oval; largest exponent of an oval
RINGS = 16  # of the oval, from its centre to its edge
CORE, INNER = (2, 10), 8  # rings of the unfaded picture; those that count as such in any case
TELLING, FADED = 13, 0.6  # a picture that this ring shows with less than this share of its contrast is feathered
FAINTEST = 0.3  # share of the contrast that can be brought back


class Faded(NamedTuple):
    """A feathered picture: its oval, the tone into which it fades, and the share of it that each ring still shows."""

    shape: mats.Shape
    tone: float
    shares: NDArray[np.float64]


def found(L: NDArray[np.float32]) -> Faded | None:
    """The feathered picture of normalised L (h,w); None without one."""
    shape = mats.opening(L, FITS)
    if not shape or max(shape.upper, shape.lower) > ROUND:
        return None
    distance = shape.distance(L.shape)
    tone = float(np.median(L[distance >= 1]))
    ring = np.minimum((distance * RINGS).astype(int), RINGS).ravel()
    squares = np.bincount(ring, ((L - tone) ** 2).ravel(), RINGS + 1)[:RINGS]
    contrast = np.sqrt(squares / np.maximum(np.bincount(ring, minlength=RINGS + 1)[:RINGS], 1))
    shares = np.clip(contrast / max(float(np.median(contrast[slice(*CORE)])), 1e-6), 0, 1)
    shares[:INNER] = 1
    shares = np.minimum.accumulate(shares)
    return Faded(shape, tone, shares) if shares[TELLING] <= FADED else None


def unfaded(L: NDArray[np.float32], faded: Faded) -> NDArray[np.float32]:
    """Normalised L (h,w) with the contrast that the picture's edge has lost, mirrored to where none is left."""
    distance = faded.shape.distance(L.shape)
    share = np.interp(distance, (np.arange(RINGS) + 0.5) / RINGS, faded.shares)
    clear = faded.tone + (L - faded.tone) / np.maximum(share, FAINTEST)
    return mats.filled(np.clip(clear, -1, 1).astype(np.float32), (share > FAINTEST) & (distance < 1))
