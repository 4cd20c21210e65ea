"""What `tools.diff` refuses to compare, and what it leaves out."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from colorization.core.errors import InputError
from colorization.core.params import load_config
from tools.diff import compared

CONFIG = load_config(ROOT / "params.yaml")
RNG = np.random.default_rng(0)
MEASURES = ("mse", "mse_gray", "psnr", "ssim", "colorfulness", "colorfulness_original", "delta_e", "ab_mse", "auc",
            "auc_weighted", "weight", "histogram_distance", "ab_mse_gray", "recognised")  # fmt: skip
SCORES = pd.DataFrame(RNG.uniform(0.1, 1, (40, len(MEASURES))), columns=list(MEASURES)).assign(
    name=[f"{n}.jpg" for n in range(40)], category="sea"
)
FEATURES = RNG.normal(size=(40, 4))


def revision(name, **changes):
    scores = SCORES.assign(**{column: SCORES[column] * factor for column, factor in changes.items()})
    return SimpleNamespace(name=name, scores=lambda model: scores, features=lambda row: FEATURES)


def test_other_weights_of_colours_leave_the_rebalanced_measure_out(capsys):
    same = compared("vae", revision("main"), revision("trial", delta_e=0.9), CONFIG)
    assert {"auc_rebalanced", "delta_e"} <= set(same.measure) and not capsys.readouterr().out
    other = compared("vae", revision("main"), revision("trial", weight=1.3, auc_weighted=1.3), CONFIG)
    assert "auc_rebalanced" not in set(other.measure)
    assert "auc_rebalanced is left out" in capsys.readouterr().out


def test_another_size_of_the_same_photographs_is_refused():
    with pytest.raises(InputError, match="vae: scored at different sizes; use the same data.image_size"):
        compared("vae", revision("main"), revision("trial", mse_gray=1.1), CONFIG)
