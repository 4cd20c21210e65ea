"""The lines contain the evaluation's measures and each model's default; the settings are restored afterwards."""

import numpy as np
import pandas as pd
import pytest
import torch

from colorization.evaluation import tradeoff
from colorization.evaluation.scoring import Judges, evaluate
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common import ab_bins as rarity
from colorization.models.common.contract import Colorizer
from colorization.vividness import OWN, Curve

RNG = np.random.default_rng(0)
PHOTOS = RNG.uniform(-0.5, 0.5, (130, 3, 16, 16)).astype(np.float16)  # two batches of 64 and two more; 64 features
CATEGORIES = pd.Series(["sea", "street"] * 65)


class Plain(Colorizer):
    """A model whose colours follow the luminance."""

    def __init__(self):
        super().__init__(predicts="ab")

    def forward(self, L):
        return torch.cat([L, -L], dim=1) / 2


class Warm(Plain):
    """The same, but paler at higher temperatures; counts its calls."""

    def __init__(self):
        super().__init__()
        self.register_buffer("temperature", torch.tensor(0.38))
        self.asked = 0

    def forward(self, L):
        self.asked += 1
        return super().forward(L) * (1 - self.temperature)


@pytest.fixture(scope="module")
def classifier():
    torch.manual_seed(0)
    return SceneClassifier(width=2, dropout=0.0, categories=["sea", "street"]).eval()


CURVES = [Curve(2.0, 10.0), Curve(1.5, 10.0)]


def lines_of(model, classifier, saturations=(0.5, 2.0), temperatures=(0.1, 0.38)):
    start = tradeoff.default(model)
    rows = tradeoff.lines(start, saturations, CURVES, temperatures)
    points = {point for *_, point in rows}
    return start, rows, tradeoff.measure(model, PHOTOS, CATEGORIES, classifier, points, "cpu")


def table_of(model, classifier):
    start, rows, measured = lines_of(model, classifier)
    originals = next(iter(measured.values()))[1] + 0.1
    values = tradeoff.summarise(measured, originals, resamples=200, frechet_resamples=100, seed=1)
    return tradeoff.table(rows, start, *values)


def test_the_default_is_what_the_evaluation_measures(classifier):
    judges = Judges(classifier=classifier, colour_weights=rarity.colour_weights(PHOTOS))
    whole = evaluate(Warm(), PHOTOS, CATEGORIES, judges, samples=0, device="cpu")
    start, _, measured = lines_of(Warm(), classifier)
    scores, features = measured[start]
    pd.testing.assert_frame_equal(scores, whole.scores[list(scores)])
    assert (features == whole.features).all()


def test_every_line_of_a_factor_and_a_temperature_contains_the_default_once_and_the_model_is_restored(classifier):
    model = Warm()
    start, rows, measured = lines_of(model, classifier)
    assert start == (0.38, OWN) and model.temperature == torch.tensor(0.38)
    assert [(knob, setting) for knob, setting, _ in rows] == [
        ("saturation", 0.5), ("saturation", 1.0), ("saturation", 2.0), ("curve", 1.5), ("curve", 2.0),
        ("temperature", 0.1), ("temperature", 0.38),
    ]  # fmt: skip
    assert len(measured) == 6 and model.asked == 2 * 3, "once a temperature and batch"
    assert {knob for knob, *_ in lines_of(Plain(), classifier)[1]} == {"saturation", "curve"}


def test_more_saturation_and_less_temperature_are_more_colour(classifier):
    table = table_of(Warm(), classifier)
    colour = {knob: line.colorfulness_ratio for knob, line in table.groupby("knob")}
    assert colour["saturation"].is_monotonic_increasing and colour["curve"].is_monotonic_increasing
    assert colour["temperature"].is_monotonic_decreasing
    assert table.default.tolist() == [False, True, False, False, False, False, True]
    assert (table.scene_frechet_low <= table.scene_frechet_high).all() and table.recognised.between(0, 1).all()


def test_differences_are_paired(classifier):
    table = table_of(Plain(), classifier)
    own = table[table.default].iloc[0]
    assert own.delta_e_minus_default == own.delta_e_minus_default_low == own.delta_e_minus_default_high == 0
    other = table[~table.default].iloc[0]
    assert other.delta_e_minus_default == pytest.approx(other.delta_e - own.delta_e)
    assert other.delta_e_minus_default_low < other.delta_e_minus_default < other.delta_e_minus_default_high
    assert other.delta_e_high - other.delta_e_low > other.delta_e_minus_default_high - other.delta_e_minus_default_low


def test_without_categories_nothing_is_recognised():
    blind = SceneClassifier(width=2, dropout=0.0, categories=[]).eval()
    table = table_of(Plain(), blind)
    assert "delta_e" in table and not {"recognised", "scene_frechet"} & set(table)
