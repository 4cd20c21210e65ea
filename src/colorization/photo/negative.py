"""Turn a negative into its positive."""

import numpy as np
from numpy.typing import NDArray

from colorization.photo.recolor import L_LEVELS

ENDS = (0.2, 99.8)  # percentiles of the tones of a negative: its highlights and its base
SHORT = 0.8  # share of all tones: film with less between its ends has a base or a mask to remove
MARGIN = 0.03  # of all tones: what a positive keeps free at black and white
SAMPLED = 1000  # rows and columns that the percentiles are taken from, at most


def positive(levels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Lightness levels (H,W) of a negative → those of the positive: inverted.

    A base that is not clear (an orange mask, a gray film) would leave it pale: then its tones are stretched, too.
    """
    steps = (max(1, size // SAMPLED) for size in levels.shape)
    low, high = np.percentile(levels[tuple(slice(None, None, step) for step in steps)], ENDS)
    if high - low >= SHORT * L_LEVELS or high == low:
        return L_LEVELS - levels
    factor = (1 - 2 * MARGIN) * L_LEVELS / (high - low)
    table = MARGIN * L_LEVELS + factor * (high - np.arange(L_LEVELS + 1))
    return np.take((np.clip(table, 0, L_LEVELS) + 0.5).astype(np.uint16), levels)
