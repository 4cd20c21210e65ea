"""p-values of paired differences, and Holm's correction for comparing many pairs at once."""

import math

import numpy as np
from scipy.special import ndtr


def p_value(difference: float, resampled: np.ndarray) -> float:
    """Two-sided p-value of "no difference", from the difference and its bootstrap resamples (R,).

    The normal test with the bootstrap's standard error (Efron & Tibshirani 1993, chapters 6 and 12). Counting resamples
    beyond zero cannot go below 2 / R, and 36 pairs need less than that with 1,000 resamples. Fewer than two finite
    resamples give nan.
    """
    finite = resampled[np.isfinite(resampled)]
    if len(finite) < 2:
        return math.nan
    error = float(finite.std(ddof=1))
    if error == 0:
        return float(difference == 0)
    return float(2 * ndtr(-abs(difference) / error))


def holm(p: np.ndarray) -> np.ndarray:
    """Adjusted p-values (n,) of a family of n tests (Holm 1979, Scand. J. Statist. 6, 65–70); nan is not in the family.

    The k-th smallest p is multiplied by n − k + 1; adjusted values keep the order of the p-values and are at most 1.
    Whoever calls all tests with an adjusted value below α clear errs anywhere in the family with probability ≤ α.
    """
    adjusted = np.full(len(p), np.nan)
    order = np.argsort(p)[: np.isfinite(p).sum()]  # nan is sorted to the end
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.maximum.accumulate(steps).clip(max=1.0)
    return adjusted
