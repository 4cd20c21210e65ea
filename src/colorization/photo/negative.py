"""Turn a negative into its positive, and say of a scan what it is: a colour negative, or only black and white dots."""

import numpy as np
from numpy.typing import NDArray

from colorization.color import AB_SCALE, rgb_to_lab
from colorization.photo.recolor import L_LEVELS, tables

ENDS = (0.2, 99.8)  # percentiles of the tones of a negative: its highlights and its base
CLEAR = 0.85  # gray value in [0, 1]: film whose base is darker has a mask to remove
MARGIN = 0.03  # of all tones: what a positive keeps free at black and white
REDNESS, ORANGE = 12.0, 30.0  # a and b of a colour film's mask, at least, in its lightest tones; sepia is less red
LIGHT = 90  # percentile of L from which on tones are the lightest
CLEAREST = 88.0  # L: the mask is darker than paper, also under a bright lamp
NEGATIVE = "looks like a colour negative; --negative turns it"
TONELESS = "holds only black and white pixels, which leave no room for colour; scan it in gray"
PATCH = 256  # pixels of the squares that tell one-bit scans apart
SAMPLED = 1000  # rows and columns that the percentiles are taken from, at most


def positive(levels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Lightness levels (H,W) of a negative → those of the positive."""
    light = tables(65536)[0]  # gray value → level
    gray = np.interp(np.arange(L_LEVELS + 1), light, np.linspace(0, 1, len(light)))  # level → gray value
    steps = (max(1, size // SAMPLED) for size in levels.shape)
    low, high = gray[np.percentile(levels[tuple(slice(None, None, step) for step in steps)], ENDS).astype(int)]
    return np.take(light[(turned(gray, low, high) * (len(light) - 1) + 0.5).astype(int)], levels)


def turned(gray: NDArray, low: float, high: float) -> NDArray:
    """Gray values in [0, 1] of a negative, whose ENDS are low and high → those of the positive: the inverted ones.

    A base that is not clear (an orange mask, gray film) would leave it pale: then its tones are stretched, too.
    """
    if low < high < CLEAR:
        return np.clip(MARGIN + (1 - 2 * MARGIN) * (high - gray) / (high - low), 0, 1)
    return 1 - gray


def one_bit(levels: NDArray[np.uint16]) -> bool:
    """Whether lightness levels (H,W) are black and white alone: line art, or dots that only look gray."""
    ends = int(levels[0, 0]), L_LEVELS - int(levels[0, 0])
    if ends[0] not in (0, L_LEVELS) or not np.isin(levels[:PATCH, :PATCH], ends).all():
        return False  # most photographs end here
    return bool(((levels == 0) | (levels == L_LEVELS)).all())


def orange(picture: NDArray[np.uint8]) -> bool:
    """Whether a small sRGB picture (h,w,3) shows film with the orange mask of colour negatives."""
    planes = rgb_to_lab((picture.astype(np.float32) / 255).transpose(2, 0, 1))
    L, (a, b) = (planes[0][0] + 1) * 50, planes[1] * AB_SCALE
    low, high = np.percentile(L, (100 - LIGHT, LIGHT))
    darkest, lightest = low >= L, high <= L
    if np.median(b[lightest]) < ORANGE or np.median(a[lightest]) < REDNESS or np.median(L[lightest]) > CLEAREST:
        return False
    spread = [float(np.ptp(np.percentile(plane[lightest], (5, 95)))) for plane in (a, b)]
    return max(spread) < ORANGE and bool(np.median(b[darkest]) > 0)
