"""The counts and places of hints, and a network that paints exactly what it is told, beside floor and bounds."""

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from colorization.core.params import Hints
from colorization.evaluation import hinted
from colorization.evaluation.hinted import Condition
from colorization.evaluation.scoring import Judges, evaluate
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common import ab_bins
from colorization.models.common.blocks import resized
from colorization.models.common.contract import Colorizer

RNG = np.random.default_rng(0)
PHOTOS = RNG.uniform(-0.5, 0.5, (70, 3, 16, 16)).astype(np.float16)  # a batch of 64 and six more
PARAMS = Hints(models=("ours",), counts=(20, 0, 1, 5), radius=1, floor_side=8, photographs=0)
INDEX = pd.DataFrame({"source": "here", "category": ["sea", "street"] * 35})


class Told(Colorizer):
    """Paints at a quarter of the side: the known colours, and its own guess elsewhere."""

    takes_hints = True

    def __init__(self):
        super().__init__(predicts="ab")

    def colorize(self, L, known=None):
        guess = torch.cat([L, -L], dim=1) / 4
        ab = guess if known is None else known[:, :1] * known[:, 1:] + (1 - known[:, :1]) * guess
        return resized(F.avg_pool2d(ab, 4), L.shape[-2:])


@pytest.fixture(scope="module")
def measured():
    return hinted.measure(Told(), PHOTOS, PARAMS, 1, "cpu")


@pytest.fixture(scope="module")
def table(measured):
    return hinted.table(measured, INDEX, resamples=200, seed=1)


def test_photographs_are_evenly_chosen():
    assert hinted.evenly(10, 4).tolist() == [0, 2, 5, 7] and hinted.evenly(3, 0).tolist() == [0, 1, 2]
    assert hinted.evenly(3, 200).tolist() == [0, 1, 2]


def test_places_are_different_uniform_and_repeatable():
    drawn = hinted.places(300, 16, 50, seed=1)
    assert drawn.shape == (300, 50) and all(len(set(row)) == 50 for row in drawn.tolist())
    assert (drawn == hinted.places(300, 16, 60, seed=1)[:, :50]).all(), "more hints begin with the same places"
    assert (drawn != hinted.places(300, 16, 50, seed=2)).any() and (drawn[0] != drawn[1]).any()
    shares = np.bincount(drawn.ravel(), minlength=256) / 300
    assert abs(shares - 50 / 256).max() < 5 * np.sqrt(50 / 256 / 300), "no place is drawn more often than by chance"


def test_each_hint_reveals_the_mean_colour_of_its_square():
    ab = torch.from_numpy(PHOTOS[:2, 1:].astype(np.float32))
    known = hinted.revealed(ab, torch.tensor([[5 * 16 + 7], [0]]), radius=1)
    assert known[:, 0].sum(dim=(1, 2)).tolist() == [9, 4], "a square of 3×3 pixels; a quarter of it in the corner"
    torch.testing.assert_close(known[0, 1:, 6, 8], ab[0, :, 4:7, 6:9].mean(dim=(1, 2)))
    assert (hinted.revealed(ab, torch.empty(2, 0, dtype=torch.int64), radius=1) == 0).all()


def test_every_count_is_measured_and_without_hints_it_is_the_evaluation(measured):
    counts = [0, 1, 5, 20]
    told = {Condition(who, count) for who in ("network", "spread", "floor") for count in counts}
    assert measured.keys() == told | {Condition("known"), Condition("bound")}
    classifier = SceneClassifier(width=2, dropout=0.0, categories=[]).eval()
    judges = Judges(classifier=classifier, colour_weights=ab_bins.colour_weights(PHOTOS))
    whole = evaluate(Told(), PHOTOS, INDEX.category, judges, samples=0, device="cpu")
    scores = measured[Condition("network", 0)]
    pd.testing.assert_frame_equal(scores, whole.scores[list(scores)])


def test_without_hints_nothing_is_spread(measured):
    pd.testing.assert_frame_equal(measured[Condition("spread", 0)], measured[Condition("network", 0)])


def test_a_network_that_knows_all_reaches_the_bound_and_the_floor_without_hints_is_gray(measured):
    pd.testing.assert_frame_equal(measured[Condition("known")], measured[Condition("bound")], rtol=1e-4)
    gray = measured[Condition("floor", 0)]
    np.testing.assert_allclose(gray.mse, gray.mse_gray, rtol=1e-6)


def test_the_table_has_intervals_categories_and_paired_differences(table):
    assert list(table) == list(hinted.COLUMNS)
    whole = table[table.category == ""]
    assert (whole.photographs == 70).all() and set(table.category) == {"", "sea", "street"}
    assert (table[table.category == "sea"].photographs == 35).all()
    assert (table.low <= table.value).all() and (table.value <= table.high).all()
    assert table["count"].isna().equals(table.who.isin(["known", "bound"]))
    for measure, rows in whole.groupby("measure"):
        value = rows.set_index(["who", "count"]).value
        difference = value["spread", 5] - value["floor", 5]
        assert value[hinted.DIFFERENCE, 5] == pytest.approx(difference), measure
    errors = whole[(whole.who == "network") & (whole.measure == "delta_e")].set_index("count").value
    assert errors[0] > errors[5] > errors[20]
    floor = whole[(whole.who == "floor") & (whole["count"] == 0)].set_index("measure").value
    assert floor.skill == pytest.approx(0, abs=1e-6)


def test_the_scores_do_not_depend_on_the_batches(measured):
    alone = hinted.measure(Told(), PHOTOS[:1], PARAMS, 1, "cpu")
    for condition, scores in alone.items():
        pd.testing.assert_frame_equal(scores, measured[condition][:1], rtol=1e-4)
