"""Trends in a training's history: whether a loss falls steadily, still falls, or moves against another loss."""

import math
from collections.abc import Sequence

import numpy as np

from colorization.evaluation.intervals import CONFIDENCE, Z

OUTLIER = 3.0  # standard deviations
EXTREME = 1 - 1e-12  # largest correlation whose Fisher z is finite


def later_is_lower(losses: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """The share of all pairs of epochs in which the later one has the lower loss, of all trainings, with its interval.

    It is (1 - τ) / 2 of Kendall's rank correlation τ of the loss and the epoch, by Fisher's z and its
    interval (Fieller, Hartley & Pearson 1957); for 5 epochs and more. Of several trainings, τ's mean is transformed: a
    mean of z would follow the one whose loss always falls, as its z is infinite.
    """
    from scipy import stats  # here, as it takes a second to import, and the sample judges no claim

    tau = np.mean([stats.kendalltau(np.arange(len(loss)), -loss).statistic for loss in losses])
    deviation = math.sqrt(sum(0.437 / (len(loss) - 4) for loss in losses)) / len(losses)
    share, low, high = ((1 + each) / 2 for each in _of_z(math.atanh(np.clip(tau, -EXTREME, EXTREME)), deviation))
    return share, low, high


def relative_slope(losses: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """Change per epoch as a share of the loss, with its interval; nan if any loss is 0 or less.

    Theil-Sen slope (Sen 1968) of the loss's logarithm, which is the mean of all trainings, each of as many epochs.
    """
    from scipy import stats

    if np.min(losses) <= 0:
        return math.nan, math.nan, math.nan
    mean = np.log(losses).mean(axis=0)
    slope, _, low, high = stats.theilslopes(mean, np.arange(len(mean)), CONFIDENCE)
    return float(slope), float(low), float(high)


def correlation_of_changes(pairs: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """Pearson's correlation of the changes from epoch to epoch of two losses, with Fisher's interval.

    pairs: (epochs, 2) of each training; changes are those from the training's mean change. nan if a loss is constant.
    Successive changes are correlated, so n changes count as n (1 - r₁r₂) / (1 + r₁r₂), with the autocorrelations r₁ and
    r₂ of both at lag 1 (Bartlett 1935).
    """
    x, y = np.concatenate([_centred(np.diff(pair, axis=0)) for pair in pairs]).T
    if not (x.std() > 0 and y.std() > 0):
        return math.nan, math.nan, math.nan
    together = np.clip(_autocorrelation(x) * _autocorrelation(y), 0, 0.9)
    count = len(x) * (1 - together) / (1 + together)
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -EXTREME, EXTREME))
    if count <= 4:
        return r, -1.0, 1.0
    return _of_z(math.atanh(r), 1 / math.sqrt(count - 3))


def ratio_of_changes(pairs: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """How many times as much the first loss changes from epoch to epoch as the second, with its interval.

    pairs: (epochs, 2) of each training. A change is that of the logarithm, without the training's mean change, and its
    size the standard deviation; the ratio of two variances follows Fisher's F. nan if a loss is 0 or less or constant.
    Successive changes are correlated, those of noise around a trend by -1/2, so n changes of a loss count as
    n (1 - r²) / (1 + r²), with their autocorrelation r at lag 1 (Bayley & Hammersley 1946).
    """
    from scipy import stats

    if min(pair.min() for pair in pairs) <= 0:
        return math.nan, math.nan, math.nan
    changes = np.concatenate([_centred(np.diff(np.log(pair), axis=0)) for pair in pairs])
    first, second = np.sqrt((changes**2).sum(axis=0))
    if not (first > 0 and second > 0):
        return math.nan, math.nan, math.nan
    squares = np.array([_autocorrelation(its) ** 2 for its in changes.T])
    over, under = (len(changes) - len(pairs)) * (1 - squares) / (1 + squares)
    ratio, tail = float(first / second), (1 + CONFIDENCE) / 2
    low, high = (math.sqrt(stats.f.ppf(tail, *free)) for free in ((over, under), (under, over)))
    return ratio, ratio / low, ratio * high


def stands_out(loss: np.ndarray, epoch: int) -> bool:
    """Whether a loss is over OUTLIER standard deviations, from the median absolute deviation, away from the median."""
    deviation = np.abs(loss - np.median(loss))
    return bool(deviation[epoch] > OUTLIER * 1.4826 * np.median(deviation))


def early_share(loss: np.ndarray) -> float:
    """The share of the fall, from the first step's loss to the lowest, that comes in the first quarter of the epochs.

    loss: of the first step, then the mean of each epoch.
    """
    fall = loss[0] - loss.min()
    return float((loss[0] - loss[math.ceil((len(loss) - 1) / 4)]) / fall) if fall > 0 else 0.0


def _of_z(z: float, deviation: float) -> tuple[float, float, float]:
    """Fisher's z of a correlation and its standard deviation → the correlation with its interval."""
    return math.tanh(z), math.tanh(z - Z * deviation), math.tanh(z + Z * deviation)


def _centred(changes: np.ndarray) -> np.ndarray:
    return changes - changes.mean(axis=0)


def _autocorrelation(x: np.ndarray) -> float:
    """Autocorrelation at lag 1."""
    x = x - x.mean()
    return float((x[1:] * x[:-1]).sum() / (x * x).sum())
