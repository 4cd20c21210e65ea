"""Hints joined to a network's answer: kept at their places, spread nearby; what is far and unlike stays."""

import numpy as np
import pytest

from colorization.hinting.joining import Hinted

RNG = np.random.default_rng(0)


def known_at(shape, *places):
    known = np.zeros(shape, bool)
    known[tuple(np.transpose(places))] = True
    return known


@pytest.mark.parametrize("shape", [(24, 36), (36, 24), (20, 20)])
def test_the_hinted_places_have_their_colours(shape):
    L, known = RNG.uniform(-1, 1, shape), known_at(shape, (2, 3), (2, 4), (17, 19))
    plain, answer, colours = RNG.uniform(-0.5, 0.5, (3, 2, *shape))
    found = plain + Hinted(L, known).change(plain, answer, colours)
    np.testing.assert_allclose(found[:, known], colours[:, known])


def test_an_answer_that_keeps_the_hints_and_is_smooth_stays():
    L, known = RNG.uniform(-1, 1, (24, 24)), known_at((24, 24), (2, 3), (20, 19))
    hinted = Hinted(L, known)
    answer = hinted.spread(RNG.uniform(-0.5, 0.5, (2, 24, 24)))
    hinted.influence = np.ones((24, 24))
    np.testing.assert_allclose(hinted.change(np.zeros_like(answer), answer, answer), answer, atol=1e-9)


def test_what_is_far_and_unlike_keeps_its_colours_and_the_rest_takes_the_difference():
    L = np.where(np.arange(48) < 24, -0.4, 0.4) + RNG.uniform(-0.01, 0.01, (32, 48))
    hinted = Hinted(L, known_at(L.shape, (5, 5)))
    change = hinted.change(np.zeros((2, 32, 48)), np.zeros((2, 32, 48)), np.full((2, 32, 48), 0.3))
    np.testing.assert_allclose(change[:, :, :22], 0.3, atol=0.01)
    assert (change[:, :, 24:] == 0).all()


def test_influence_is_that_of_the_most_influential_hint():
    L = np.zeros((64, 96))
    L[:, 48:] = 0.8
    L[:, 30:34] = 0.8
    one, two = Hinted(L, known_at(L.shape, (20, 20))), Hinted(L, known_at(L.shape, (20, 20), (60, 90)))
    alike = L == 0
    assert (one.influence[alike] == 1).all() and one.influence[20, 60] == 0 and one.influence[60, 90] == 0
    assert one.influence[20, 32] == 1, "near, though unlike"
    assert (two.influence == 1).all()


def test_a_network_keeps_its_own_detail_far_from_the_hints_only():
    L = RNG.uniform(-0.05, 0.05, (64, 64))
    hinted = Hinted(L, known_at(L.shape, (32, 4)))
    answer = RNG.uniform(-0.1, 0.1, (2, 64, 64))
    detail = np.abs(hinted.change(np.zeros_like(answer), answer, answer) - hinted.spread(answer))
    assert detail[:, 30:35, 2:7].mean() < 0.3 * detail[:, :, 56:].mean()
