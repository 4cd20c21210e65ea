"""Trends in a training's history: whether a loss falls steadily, still falls, or moves against another loss."""

import math

import numpy as np

from colorization.evaluation.intervals import CONFIDENCE, Z, wilson

OUTLIER = 3.0  # standard deviations


def falling_share(loss: np.ndarray) -> tuple[float, float, float]:
    """The share of steps from epoch to epoch in which the loss falls, with its interval; needs two epochs."""
    falls = int((np.diff(loss) < 0).sum())
    return falls / (len(loss) - 1), *wilson(falls, len(loss) - 1)


def relative_slope(loss: np.ndarray) -> tuple[float, float, float]:
    """Change per epoch as a share of the loss, with its interval; nan if any loss is 0 or less.

    Theil-Sen slope of the loss's logarithm (Sen 1968).
    """
    from scipy import stats  # here, as it takes a second to import, and the sample judges no claim

    if loss.min() <= 0:
        return math.nan, math.nan, math.nan
    slope, _, low, high = stats.theilslopes(np.log(loss), np.arange(len(loss)), CONFIDENCE)
    return float(slope), float(low), float(high)


def correlation_of_changes(one: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    """Pearson's correlation of the changes from epoch to epoch, with Fisher's interval; nan if either is constant.

    Successive changes are correlated, so n changes count as n (1 - r₁r₂) / (1 + r₁r₂), with the autocorrelations r₁ and
    r₂ of both at lag 1 (Bartlett 1935).
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
    """The share of inner epochs at which the loss changes direction, with its interval; 2/3 in noise, 0 on a slope."""
    steps = np.diff(loss)
    turns = int((steps[1:] * steps[:-1] < 0).sum())
    return turns / (len(loss) - 2), *wilson(turns, len(loss) - 2)


def stands_out(loss: np.ndarray, epoch: int) -> bool:
    """Whether a loss is over OUTLIER standard deviations, from the median absolute deviation, away from the median."""
    deviation = np.abs(loss - np.median(loss))
    return bool(deviation[epoch] > OUTLIER * 1.4826 * np.median(deviation))


def early_share(loss: np.ndarray) -> float:
    """The share of the fall from the first epoch to the lowest that comes in the first quarter of the epochs."""
    fall = loss[0] - loss.min()
    return float((loss[0] - loss[math.ceil(len(loss) / 4) - 1]) / fall) if fall > 0 else 0.0


def _autocorrelation(x: np.ndarray) -> float:
    """Autocorrelation at lag 1."""
    x = x - x.mean()
    return float((x[1:] * x[:-1]).sum() / (x * x).sum())
