"""What a training's history says: whether a loss falls steadily, still falls, or moves against another."""

import math

import numpy as np
from scipy import stats

from colorization.evaluation.intervals import CONFIDENCE, Z, wilson

OUTLIER = 3.0  # standard deviations


def falling_share(loss: np.ndarray) -> tuple[float, float, float]:
    """Of the steps from one epoch to the next, the share that falls, with its interval; needs two epochs."""
    falls = int((np.diff(loss) < 0).sum())
    return falls / (len(loss) - 1), *wilson(falls, len(loss) - 1)


def relative_slope(loss: np.ndarray) -> tuple[float, float, float]:
    """Change per epoch as a share of the loss, with its interval; nan from 0 down.

    Theil-Sen on the loss's logarithm (Sen 1968).
    """
    if loss.min() <= 0:
        return math.nan, math.nan, math.nan
    slope, _, low, high = stats.theilslopes(np.log(loss), np.arange(len(loss)), CONFIDENCE)
    return float(slope), float(low), float(high)


def correlation_of_changes(one: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    """Pearson's correlation of the changes from epoch to epoch, with Fisher's interval; nan where nothing changes.

    Changes follow on each other, so that they count for fewer: n (1 - r₁r₂) / (1 + r₁r₂), with the autocorrelations
    of both at lag 1 (Bartlett 1935).
    """
    x, y = np.diff(one), np.diff(other)
    if not (x.std() > 0 and y.std() > 0):
        return math.nan, math.nan, math.nan
    together = np.clip(_autocorrelation(x) * _autocorrelation(y), 0, 0.9)
    count = len(x) * (1 - together) / (1 + together)
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -1 + 1e-12, 1 - 1e-12))
    if count <= 4:
        return r, -1.0, 1.0
    half = Z / math.sqrt(count - 3)
    return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def turning_share(loss: np.ndarray) -> tuple[float, float, float]:
    """Of the epochs within, the share at which the loss turns, with its interval; 2/3 in noise, 0 on a slope."""
    steps = np.diff(loss)
    turns = int((steps[1:] * steps[:-1] < 0).sum())
    return turns / (len(loss) - 2), *wilson(turns, len(loss) - 2)


def stands_out(loss: np.ndarray, epoch: int) -> bool:
    """Whether an epoch's loss is farther than OUTLIER from the median (median absolute deviation, as of a normal)."""
    deviation = np.abs(loss - np.median(loss))
    return bool(deviation[epoch] > OUTLIER * 1.4826 * np.median(deviation))


def early_share(loss: np.ndarray) -> float:
    """Of the fall from the first epoch to the lowest, the share that the first quarter of the epochs brings."""
    fall = loss[0] - loss.min()
    return float((loss[0] - loss[math.ceil(len(loss) / 4) - 1]) / fall) if fall > 0 else 0.0


def _autocorrelation(x: np.ndarray) -> float:
    """At lag 1."""
    x = x - x.mean()
    return float((x[1:] * x[:-1]).sum() / (x * x).sum())
