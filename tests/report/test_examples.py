"""Which photographs stand for a model's best, typical and worst results."""

import numpy as np
import pandas as pd

from colorization.report.examples import ALIKE, COLOURFUL, extremes, spread, thumbnail

COUNT = 30
RNG = np.random.default_rng(0)
CELLS = RNG.integers(0, 256, (COUNT, 8, 8, 3), dtype=np.uint8)
ORIGINALS = CELLS.repeat(4, axis=1).repeat(4, axis=2)  # (N,32,32,3)
ERRORS = pd.Series(np.arange(COUNT, dtype=float))
GRAY = pd.Series(np.full(COUNT, 12.0))


def test_the_most_extreme_stand_first_and_each_row_has_one_kind():
    found = extremes(ERRORS, GRAY, ORIGINALS, 4)
    assert found["best"] == [0, 1, 2, 3] and found["worst"] == [29, 28, 27, 26]
    assert sorted(found["typical"]) == [13, 14, 15, 16]
    few = extremes(ERRORS[:5], GRAY[:5], ORIGINALS[:5], 4)
    assert sorted(sum(few.values(), [])) == [0, 1, 2, 3, 4]


def test_near_duplicates_are_shown_once_even_in_two_kinds():
    alike = ORIGINALS.copy()
    alike[1] = np.clip(alike[0].astype(int) + 5, 0, 255)
    alike[29] = alike[0]
    found = extremes(ERRORS, GRAY, alike, 4)
    assert found["best"] == [0, 2, 3, 4] and found["worst"] == [28, 27, 26, 25]
    flat = np.full_like(ORIGINALS, 40)
    assert extremes(ERRORS, GRAY, flat, 4) == {"best": [0], "typical": [], "worst": []}


def test_photographs_with_hardly_a_colour_are_passed_over():
    gray = GRAY.copy()
    gray[[0, 2]] = COLOURFUL - 0.1
    assert extremes(ERRORS, gray, ORIGINALS, 3)["best"] == [1, 3, 4]
    assert extremes(ERRORS, gray * 0, ORIGINALS, 3) == {"best": [], "typical": [], "worst": []}


def test_a_thumbnail_is_the_mean_of_its_cells():
    assert np.array_equal(thumbnail(ORIGINALS[0]), CELLS[0])
    odd = np.pad(ORIGINALS[0], ((0, 3), (0, 3), (0, 0)))
    assert np.array_equal(thumbnail(odd), CELLS[0]), "what is left of a side is cropped"
    assert np.sqrt(np.mean((thumbnail(ORIGINALS[0]) - thumbnail(ORIGINALS[1])) ** 2)) > ALIKE


def test_examples_are_spread_over_the_categories():
    assert spread(pd.Series(["b", "a", "b", "a", "c"]), 4) == [1, 0, 4, 3]
