"""From measures per photograph to one number per model, with the interval that the choice of photographs leaves."""

import math
from collections.abc import Mapping
from itertools import combinations
from statistics import NormalDist

import numpy as np
import pandas as pd

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
DIGITS = 5  # significant, in what is written: a rerun on the same machine is no diff

# Every measure from the means of its columns over the photographs. PSNR is that of the mean error, and ratios are those
# of the means: the mean of the photographs' own is inflated by those that are nearly gray.
MEASURES = {
    "mse": lambda mean: mean["mse"],
    "psnr": lambda mean: -10 * np.log10(mean["mse"]),
    "skill": lambda mean: 1 - mean["mse"] / mean["mse_gray"],
    "ssim": lambda mean: mean["ssim"],
    "delta_e": lambda mean: mean["delta_e"],
    "ab_rmse": lambda mean: np.sqrt(mean["ab_mse"]),
    "auc": lambda mean: mean["auc"],
    "auc_rebalanced": lambda mean: mean["auc_weighted"] / mean["weight"],
    "histogram_distance": lambda mean: mean["histogram_distance"],
    "colorfulness": lambda mean: mean["colorfulness"],
    "colorfulness_ratio": lambda mean: mean["colorfulness"] / mean["colorfulness_original"],
    "accuracy": lambda mean: _share(mean["recognised"], mean["judged"]),
    "accuracy_original": lambda mean: _share(mean["recognised_original"], mean["judged"]),
    "lpips": lambda mean: mean["lpips"],
    "diversity": lambda mean: mean["diversity"],
    "ab_rmse_sample": lambda mean: np.sqrt(mean["ab_mse_sample"]),
    "ab_rmse_best": lambda mean: np.sqrt(mean["ab_mse_best"]),
}
# The same for all, measured on one network only, or without draws.
NOT_COMPARED = ("accuracy_original", "diversity", "ab_rmse_sample", "ab_rmse_best", "fid")


def summarise(scores: pd.DataFrame) -> dict[str, float]:
    """One value per measure over the photographs, one a row, of `evaluation.evaluate`; none that cannot be computed."""
    found = _derive(scores.mean(numeric_only=True))
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def bootstrap(tables: Mapping[str, pd.DataFrame], resamples: int, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """Every measure of every table, (resamples,) each, over photographs drawn anew (Efron & Tibshirani 1993, chapter 6).

    The tables hold the same photographs in the same order, and a resample takes the same ones of all: differences between
    two tables' values are paired. One photograph says nothing of others: nan.
    """
    values = {name: table.select_dtypes("number") for name, table in tables.items()}
    joined = np.concatenate([table.to_numpy() for table in values.values()], axis=1)
    means = np.concatenate([weights @ joined for weights in draws(len(joined), resamples, seed)])
    if len(joined) < 2:
        means[:] = np.nan
    parts = np.split(means, np.cumsum([table.shape[1] for table in values.values()])[:-1], axis=1)
    return {name: _derive(dict(zip(values[name], part.T))) for name, part in zip(values, parts)}


def draws(photographs: int, resamples: int, seed: int, chunk: int = 1000):
    """The share (≤ chunk, photographs) of every photograph in each of `resamples` draws with replacement, in chunks."""
    rng = np.random.default_rng(seed)
    uniform = np.full(photographs, 1 / photographs)
    for start in range(0, resamples, chunk):
        yield rng.multinomial(photographs, uniform, size=min(chunk, resamples - start)) / photographs


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % percentile interval of resampled values (R,) (Efron & Tibshirani 1993, section 13.3); nan are left out."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return math.nan, math.nan
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(finite, [tail, 1 - tail])
    return float(low), float(high)


def differences(values: Mapping[str, Mapping[str, float]], resampled: Mapping[str, Mapping[str, np.ndarray]]):
    """Rows (measure, first, second, difference, low, high) of first minus second, for every two that share a measure.

    values: the measures of every model; resampled: the same on draws that all models share.
    """
    rows = []
    for first, second in combinations(values, 2):
        for measure in values[first]:
            if measure in values[second] and measure not in NOT_COMPARED:
                low, high = interval(resampled[first][measure] - resampled[second][measure])
                difference = values[first][measure] - values[second][measure]
                rows.append((measure, first, second, difference, low, high))
    return pd.DataFrame(rows, columns=["measure", "first", "second", "difference", "low", "high"])


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95 % interval of a proportion: Wilson 1927 (JASA 22, 209–212), without continuity correction."""
    rate, z2 = successes / trials, Z * Z
    center = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z / (1 + z2 / trials) * math.sqrt(rate * (1 - rate) / trials + z2 / (4 * trials**2))
    return max(0.0, center - half), min(1.0, center + half)


def rounded(tree):
    """The same nested dict or list with its floats at DIGITS significant digits."""
    if isinstance(tree, dict):
        return {key: rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [rounded(value) for value in tree]
    return float(f"{tree:.{DIGITS}g}") if isinstance(tree, float) else tree


def _share(part, whole):
    with np.errstate(invalid="ignore", divide="ignore"):  # nothing of nothing is nan
        return np.divide(part, whole)


def _derive(mean) -> dict:
    """The measures whose columns there are, from means that are scalars or arrays."""
    found = {}
    for name, measure in MEASURES.items():
        try:
            found[name] = measure(mean)
        except KeyError:  # the classifier had nothing to recognise, or the network draws no samples
            continue
    return found
