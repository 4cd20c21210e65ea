"""95 % intervals: bootstrap intervals of measures over the test photographs, and intervals of proportions."""

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import TypeVar

import numpy as np
import pandas as pd

from colorization.evaluation.measures import derive

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)

Name = TypeVar("Name")


def bootstrap(tables: Mapping[Name, pd.DataFrame], resamples: int, seed: int) -> dict[Name, dict[str, np.ndarray]]:
    """Every measure of every table on resampled photographs, (resamples,) each.

    After Efron & Tibshirani 1993, chapter 6. All tables hold the same photographs in the same order, and each resample
    draws the same photographs from all tables: differences between tables are paired. A single photograph gives nan.
    """
    values = {name: table.select_dtypes("number") for name, table in tables.items()}
    joined = np.concatenate([table.to_numpy() for table in values.values()], axis=1)
    means = np.concatenate([weights @ joined for weights in draws(len(joined), resamples, seed)])
    if len(joined) < 2:
        means[:] = np.nan
    parts = np.split(means, np.cumsum([table.shape[1] for table in values.values()])[:-1], axis=1)
    return {name: derive(dict(zip(values[name], part.T))) for name, part in zip(values, parts)}


def draws(photographs: int, resamples: int, seed: int, chunk: int = 1000):
    """Chunks (≤ chunk, photographs): the share of each photograph in each of `resamples` draws with replacement."""
    rng = np.random.default_rng(seed)
    uniform = np.full(photographs, 1 / photographs)
    for start in range(0, resamples, chunk):
        yield rng.multinomial(photographs, uniform, size=min(chunk, resamples - start)) / photographs


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % percentile interval of resampled values (R,) (Efron & Tibshirani 1993, section 13.3); nan is ignored."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return math.nan, math.nan
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(finite, [tail, 1 - tail])
    return float(low), float(high)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95 % interval of a proportion after Wilson 1927 (JASA 22, 209–212), without continuity correction."""
    rate, z2 = successes / trials, Z * Z
    center = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z / (1 + z2 / trials) * math.sqrt(rate * (1 - rate) / trials + z2 / (4 * trials**2))
    return max(0.0, center - half), min(1.0, center + half)
