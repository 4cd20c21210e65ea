"""A photograph at the size that the network sees, the inside of its border, and its tones stretched.

Only the network sees this; the result keeps the photograph's own lightness.
"""

from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.photo.recolor import L_LEVELS

LONGEST = 4  # longest predicted side / training side: 1×5000 is predicted at 1×256, not at 64×320,000
OVERSAMPLED = 3  # block means shrink to this many times the predicted size; a bicubic resize does the rest
BLACK, WHITE = -0.8, 0.7  # normalised L (10 and 85) that the darkest and the lightest part of a photograph should reach
TAILS = (1.0, 99.0)  # percentiles that count as its darkest and lightest part
STEEPEST = 4.0  # largest factor on the contrast: what is nearly uniform stays so
FAINT = 0.04  # normalised L (2): a photograph whose tones differ by less shows nothing to colour
WIDEST = 6  # a border takes at most a sixth of the side
EVEN, STEP = 0.12, 0.2  # normalised L: largest deviation within a line of a border; smallest step to the inside
MUCH = 0.65  # share of the first line inside that may be nearer to the tone than STEP
ALIKE = 0.25  # normalised L: largest difference between the tones of two edges of one border


class Box(NamedTuple):
    """Rows top..bottom and columns left..right of a photograph."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def whole(cls, L: NDArray) -> "Box":
        return cls(0, L.shape[0], 0, L.shape[1])


def shrunk(levels: NDArray[np.uint16], side: int) -> NDArray[np.float32]:
    """Lightness levels (H,W) → normalised L (h,w) of the whole photograph, at the size for prediction."""
    height, width = levels.shape
    scale = min(side / min(height, width), LONGEST * side / max(height, width))
    h, w = max(1, round(height * scale)), max(1, round(width * scale))
    down, across = max(1, height // (OVERSAMPLED * h)), max(1, width // (OVERSAMPLED * w))
    means = blocks(np.add, levels, (down, across), np.float32) / (down * across)  # (H/down, W/across)
    small = Image.fromarray(means * np.float32(2 / L_LEVELS) - 1).resize((w, h), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(small, np.float32), -1, 1)


def blocks(kind: np.ufunc, levels: NDArray, sides: tuple[int, int], dtype: type) -> NDArray:
    """Sums, maxima or minima of (H,W) over whole blocks of `sides` pixels, (H/down, W/across), computed in a dtype.

    Rows come first: they lie together in memory.
    """
    down, across = sides
    whole = levels[: levels.shape[0] // down * down, : levels.shape[1] // across * across]
    rows: NDArray = whole[::down].astype(dtype)  # (H/down, W)
    for i in range(1, down):
        kind(rows, whole[i::down], out=rows)
    return reduce(kind, (rows[:, i::across] for i in range(across)))


def stretched(L: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalised L (h,w) → the same with at least BLACK..WHITE between its darkest and its lightest part.

    A photograph that has this range stays as it is.
    """
    low, high = np.percentile(L, TAILS)
    black, white = min(low, BLACK), max(high, WHITE)
    factor = min((white - black) / max(high - low, 1e-6), STEEPEST)
    spare = (white - black) - factor * (high - low)  # above 0 if the factor is limited: stay on the photograph's side
    start = black + spare * (low + high + 2) / 4
    return np.clip(start + factor * (L - low), -1, 1).astype(np.float32)


def evidence(L: NDArray[np.float32]) -> np.float32:
    """The factor on the colours of normalised L (h,w): 1; less for a nearly uniform photograph, 0 for a uniform one."""
    low, high = np.percentile(L, TAILS)
    return np.float32(min(1.0, (high - low) / FAINT))


def inside(L: NDArray[np.float32]) -> Box:
    """The inside of a border around normalised L (h,w); the whole, if it has none.

    A border has nearly even lines on at least two edges, all of about one tone, which end in a step.
    """
    edges = [_edge(L), _edge(L[::-1]), _edge(L.T), _edge(L.T[::-1])]  # top, bottom, left, right
    tones = [tone for count, tone in edges if count]
    if len(tones) < 2 or np.ptp(tones) > ALIKE:
        return Box.whole(L)
    (top, _), (bottom, _), (left, _), (right, _) = edges
    return Box(top, len(L) - bottom, left, L.shape[1] - right)


def _edge(lines: NDArray[np.float32]) -> tuple[int, float]:
    """The number of lines of a border before the inside, and its tone; (0, 0.0) without a border.

    The line in which the border ends counts to it: it may hold both.
    """
    most = len(lines) // WIDEST
    middle = lines[: most + 2, lines.shape[1] // WIDEST : -(lines.shape[1] // WIDEST) or None]  # without the corners
    if not most or not middle.size:
        return 0, 0.0
    tone = float(np.median(middle[0]))
    differs = np.mean(np.abs(middle - tone) > EVEN, axis=1)  # share of each line that is not of the border's tone
    ends = np.flatnonzero(differs > 0.1)
    first = int(ends[0]) if len(ends) else 0
    if not 0 < first <= most:
        return 0, 0.0
    step = np.quantile(np.abs(middle[min(first + 1, len(middle) - 1)] - tone), MUCH)
    return (first + 1, tone) if step > STEP else (0, 0.0)
