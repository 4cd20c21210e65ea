"""What a training's history says: whether a loss falls steadily, still falls, or moves against another."""

import math

import numpy as np
from scipy import stats

from colorization.statistics import CONFIDENCE, wilson


def falling_share(loss: np.ndarray) -> tuple[float, float, float]:
    """Of the steps from one epoch to the next, the share that falls, with its interval; needs two epochs."""
    falls = int((np.diff(loss) < 0).sum())
    return falls / (len(loss) - 1), *wilson(falls, len(loss) - 1)


def relative_slope(loss: np.ndarray) -> tuple[float, float, float]:
    """Change per epoch as a share of the loss, with its interval: Theil-Sen on its logarithm (Sen 1968)."""
    slope, _, low, high = stats.theilslopes(np.log(loss), np.arange(len(loss)), CONFIDENCE)
    return float(slope), float(low), float(high)


def correlation_of_changes(one: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    """Pearson's correlation of the changes from epoch to epoch, with Fisher's interval; needs five epochs."""
    found = stats.pearsonr(np.diff(one), np.diff(other))
    interval = found.confidence_interval(CONFIDENCE)
    return float(found.statistic), float(interval.low), float(interval.high)


def early_share(loss: np.ndarray) -> float:
    """Of the fall from the first epoch to the lowest, the share that the first quarter of the epochs brings."""
    fall = loss[0] - loss.min()
    return float((loss[0] - loss[math.ceil(len(loss) / 4) - 1]) / fall) if fall > 0 else 0.0
