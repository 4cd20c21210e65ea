"""Means and intervals against scipy's bootstrap."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from colorization import statistics

RNG = np.random.default_rng(0)
SCORES = pd.DataFrame({name: RNG.gamma(2, 0.01, 300) for name in statistics.AVERAGED})


def test_psnr_is_that_of_the_mean_error():
    scores = SCORES.assign(mse=[1e-9] + [0.01] * 299)
    assert statistics.summarise(scores)["psnr"] == pytest.approx(-10 * np.log10(0.01 * 299 / 300), rel=1e-6)


def test_ratio_is_that_of_the_means():
    scores = SCORES.assign(colorfulness=1.0, colorfulness_original=[1e-9] + [2.0] * 299)
    assert statistics.summarise(scores)["colorfulness_ratio"] == pytest.approx(0.5, rel=0.01)


def test_intervals_agree_with_scipy():
    ours = statistics.intervals(SCORES, resamples=9_999, seed=1)
    for name in ("mse", "ssim", "delta_e"):
        theirs = stats.bootstrap((SCORES[name],), np.mean, method="percentile", rng=2).confidence_interval
        width = theirs.high - theirs.low
        assert ours[name] == pytest.approx(tuple(theirs), abs=0.05 * width)
    low, high = ours["psnr"]
    assert (low, high) == pytest.approx(tuple(sorted(-10 * np.log10(ours["mse"]))), abs=1e-6)


def test_an_interval_covers_the_truth_as_often_as_it_says():
    covered = 0
    for trial in range(200):
        sample = pd.DataFrame({n: np.random.default_rng(trial).normal(1, 0.1, 60) for n in statistics.AVERAGED})
        low, high = statistics.intervals(sample, resamples=500, seed=trial)["mse"]
        covered += low <= 1 <= high
    assert 0.89 <= covered / 200 <= 0.99


def test_the_same_seed_gives_the_same_interval():
    assert statistics.intervals(SCORES, 500, 3) == statistics.intervals(SCORES, 500, 3)


def test_rounded_to_significant_digits():
    assert statistics.rounded({"a": {"b": 0.000123456789, "n": 7}}) == {"a": {"b": 0.00012346, "n": 7}}
