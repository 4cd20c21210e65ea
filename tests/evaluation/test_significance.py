"""p-values and Holm's correction: golden values, the definition written out, and error rates on noise."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from colorization.evaluation import comparison, intervals, measures
from colorization.evaluation.significance import holm, p_value

RNG = np.random.default_rng(0)


def test_holm_equals_worked_examples():
    """By hand: 4 · 0.005, 3 · 0.01, 2 · 0.03, then 0.04 is raised to keep the order. R: p.adjust(p, "holm")."""
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.6, 0.7])) == pytest.approx([1.0, 1.0])
    assert holm(np.array([0.02])) == pytest.approx([0.02])
    assert holm(np.array([])).shape == (0,)


def test_an_unknown_p_value_is_not_in_the_family():
    found = holm(np.array([0.02, np.nan, 0.01]))
    assert found[[0, 2]] == pytest.approx([0.02, 0.02]) and np.isnan(found[1])


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.3])
def test_holm_rejects_what_the_step_down_procedure_rejects(alpha):
    for _ in range(50):
        p = RNG.beta(0.3, 2, size=12)
        rejected = set()
        for k, test in enumerate(sorted(range(12), key=lambda i: p[i])):
            if p[test] > alpha / (12 - k):
                break
            rejected.add(test)
        assert set(np.flatnonzero(holm(p) <= alpha)) == rejected


def test_the_p_value_agrees_with_the_paired_t_test():
    ours, theirs = RNG.normal(0.15, 1, 400), np.zeros(400)
    drawn = np.concatenate([w @ ours for w in intervals.draws(400, 5000, 1)])
    assert p_value(ours.mean(), drawn) == pytest.approx(stats.ttest_rel(ours, theirs).pvalue, rel=0.15)


def test_p_values_at_the_edges():
    assert p_value(0.0, np.zeros(9)) == 1 and p_value(0.3, np.full(9, 0.3)) == 0
    assert np.isnan(p_value(1.0, np.full(9, np.nan)))
    assert p_value(5.0, RNG.normal(5, 0.1, 1000)) < 2 / 1000 / 36, "36 pairs can be told apart by 1,000 resamples"


def test_models_without_a_difference_are_rarely_told_apart():
    """Eight equal models, 28 pairs: some plain interval misses zero in most studies, some p_holm in 5 %."""
    plain, corrected = 0, 0
    for study in range(100):
        rng = np.random.default_rng(study)
        tables = {str(i): pd.DataFrame({"mse": rng.normal(1, 0.1, 100)}) for i in range(8)}
        values = {name: measures.summarise(table) for name, table in tables.items()}
        found = comparison.differences(values, intervals.bootstrap(tables, 400, study))
        found = found[found.measure == "mse"]
        assert len(found) == 28 and (found.p_holm >= found.p).all()
        plain += bool(((found.low > 0) | (found.high < 0)).any())
        corrected += bool((found.p_holm < 0.05).any())
    assert plain >= 30 and corrected <= 10


def test_the_family_is_the_pairs_of_one_measure():
    rng = np.random.default_rng(3)
    tables = {n: pd.DataFrame({"mse": rng.normal(m, 0.1, 50), "ssim": rng.normal(m, 0.5, 50)})
              for n, m in (("a", 1.0), ("b", 1.06), ("c", 1.3))}  # fmt: skip
    values = {name: measures.summarise(table) for name, table in tables.items()}
    found = comparison.differences(values, intervals.bootstrap(tables, 2000, 1))
    for _, family in found.groupby("measure"):
        assert family.p_holm.to_list() == pytest.approx(holm(family.p.to_numpy()).tolist())
