"""Means, intervals and differences against scipy; the Fréchet distance against its formula."""

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, stats

from colorization.evaluation import comparison, frechet, intervals, measures

RNG = np.random.default_rng(0)
COLUMNS = ("mse", "mse_gray", "ssim", "delta_e", "ab_mse", "auc", "auc_weighted", "weight", "histogram_distance",
           "colorfulness", "colorfulness_original", "recognised", "recognised_original", "judged")  # fmt: skip


def scores(seed, count=300):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"name": "x", "category": "y"} | {name: rng.gamma(2, 0.01, count) for name in COLUMNS})


SCORES = scores(0)


def test_ratios_are_ratios_of_the_means():
    odd = SCORES.assign(colorfulness=1.0, colorfulness_original=[1e-9] + [2.0] * 299, mse=[1e-9] + [0.01] * 299)
    means = measures.summarise(odd)
    assert means["colorfulness_ratio"] == pytest.approx(0.5, rel=0.01)
    assert means["psnr"] == pytest.approx(-10 * np.log10(0.01 * 299 / 300), rel=1e-6)
    assert means["skill"] == pytest.approx(1 - odd.mse.mean() / odd.mse_gray.mean())
    assert means["ab_rmse"] == pytest.approx(odd.ab_mse.mean() ** 0.5)
    assert means["auc_rebalanced"] == pytest.approx(odd.auc_weighted.mean() / odd.weight.mean())


def test_missing_measures_are_left_out():
    found = measures.summarise(SCORES.drop(columns=["recognised", "recognised_original", "judged"]))
    assert not {"recognised", "recognised_original", "lpips", "diversity"} & set(found)
    assert measures.summarise(SCORES.assign(lpips=0.5))["lpips"] == 0.5
    assert "recognised" not in measures.summarise(SCORES.assign(recognised=0.0, judged=0.0)), (
        "nothing was to be recognised"
    )


def test_intervals_agree_with_scipy():
    ours = intervals.bootstrap({"a": SCORES}, resamples=9_999, seed=1)["a"]
    for name in ("mse", "ssim", "delta_e"):
        theirs = stats.bootstrap((SCORES[name],), np.mean, method="percentile", rng=2).confidence_interval
        width = theirs.high - theirs.low
        assert intervals.interval(ours[name]) == pytest.approx(tuple(theirs), abs=0.05 * width)
    skill = stats.bootstrap(
        (SCORES.mse, SCORES.mse_gray), lambda a, b, axis: 1 - a.mean(axis) / b.mean(axis), paired=True,
        vectorized=True, method="percentile", rng=3,
    ).confidence_interval  # fmt: skip
    assert intervals.interval(ours["skill"]) == pytest.approx(tuple(skill), abs=0.05 * (skill.high - skill.low))


def test_differences_are_paired():
    other = SCORES.assign(delta_e=SCORES.delta_e + 0.001, mse=SCORES.mse.to_numpy()[::-1])
    tables = {"a": SCORES, "b": other, "c": scores(5)}
    values = {name: measures.summarise(table) for name, table in tables.items()}
    table = comparison.differences(values, intervals.bootstrap(tables, 9_999, 1)).set_index(
        ["measure", "first", "second"]
    )
    row = table.loc[("delta_e", "a", "b"), ["difference", "low", "high"]]
    assert row.to_list() == pytest.approx([-0.001] * 3), "the same photographs are drawn from both"
    theirs = stats.bootstrap((SCORES.mse - tables["c"].mse,), np.mean, method="percentile", rng=2).confidence_interval
    ours = table.loc[("mse", "a", "c")]
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=0.05 * (theirs.high - theirs.low))
    assert set(table.index.droplevel(0)) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert "recognised_original" not in table.index.levels[0]


def test_intervals_cover_the_truth_at_their_stated_rate():
    covered = 0
    for trial in range(200):
        sample = pd.DataFrame({"mse": np.random.default_rng(trial).normal(1, 0.1, 60)})
        low, high = intervals.interval(intervals.bootstrap({"a": sample}, 500, trial)["a"]["mse"])
        covered += low <= 1 <= high
    assert 0.89 <= covered / 200 <= 0.99


def test_the_same_seed_gives_the_same_draws():
    one, two = (intervals.bootstrap({"a": SCORES}, 1500, 3)["a"] for _ in range(2))
    assert all(np.array_equal(one[name], two[name]) and len(one[name]) == 1500 for name in one)


def test_values_are_rounded_to_significant_digits():
    tree = {"a": {"b": 0.000123456789, "n": 7}, "c": [1.23456789, None]}
    assert measures.rounded(tree) == {"a": {"b": 0.00012346, "n": 7}, "c": [1.2346, None]}


def features(seed, count=400, shift=0.0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(count, 6)) @ np.random.default_rng(9).normal(size=(6, 6)) + shift).astype(np.float32)


def test_frechet_distance_equals_its_formula():
    one, two = features(1).astype(np.float64), features(2, shift=0.5).astype(np.float64) * 1.3
    (m1, s1), (m2, s2) = ((x.mean(0), np.cov(x.T, bias=True)) for x in (one, two))
    expected = ((m1 - m2) ** 2).sum() + np.trace(s1 + s2 - 2 * linalg.sqrtm(s1 @ s2).real)
    assert frechet.frechet_distance(one, two) == pytest.approx(expected, rel=1e-4)
    assert frechet.frechet_distance(two, one) == pytest.approx(expected, rel=1e-4)
    assert frechet.frechet_distance(one, one) == pytest.approx(0, abs=1e-4)


def test_frechet_distance_with_fewer_photographs_than_features():
    one, two = features(1, count=4), features(2, count=4, shift=2.0)
    assert 0 < frechet.frechet_distance(one, two) < np.inf
    assert frechet.frechet_distance(np.zeros((3, 6)), np.zeros((3, 6))) == pytest.approx(0, abs=1e-6)


def test_frechet_estimates_are_right_on_average_and_their_intervals_hold_the_truth():
    """Of normal features the distributions' distance is known. Plain distances of few photographs are too large."""
    size, count = 24, 120
    truth = 0.25 + size * (1 - np.sqrt(1.04)) ** 2
    plain, corrected, held = [], [], 0
    for trial in range(40):
        rng = np.random.default_rng(trial)
        original = rng.normal(size=(count, size))
        result = original + rng.normal(0, 0.2, (count, size))
        result[:, 0] += 0.5
        value, drawn = frechet.estimates({"a": result}, original, 200, trial)["a"]
        low, high = intervals.interval(drawn)
        held += low <= truth <= high
        plain.append(frechet.frechet_distance(result, original))
        corrected.append(value)
    assert np.mean(plain) > 1.2 * truth
    assert np.mean(corrected) == pytest.approx(truth, rel=0.1)
    assert held >= 33


def test_frechet_resamples_are_paired():
    original, one = features(1), features(2, shift=0.3)
    found = frechet.estimates({"a": one, "b": one.copy()}, original, 150, 1)
    assert np.array_equal(found["a"][1], found["b"][1]) and len(found["a"][1]) == 150
    assert frechet.estimates({"a": one[:11]}, original[:11], 150, 1) == {}, "too few photographs for 6 features"


def test_one_photograph_has_no_interval():
    drawn = intervals.bootstrap({"a": SCORES[:1]}, 100, 1)["a"]
    assert np.isnan(intervals.interval(drawn["mse"])).all()
