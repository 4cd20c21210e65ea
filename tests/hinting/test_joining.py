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
    found = plain + Hinted(L, known, plain).change(answer, colours)
    np.testing.assert_allclose(found[:, known], colours[:, known])


def test_what_is_far_and_unlike_keeps_its_colours_and_the_rest_takes_the_difference():
    L = np.where(np.arange(48) < 24, -0.4, 0.4) + RNG.uniform(-0.01, 0.01, (32, 48))
    black, red = np.zeros((2, 32, 48)), np.full((2, 32, 48), 0.3)
    for answer in (black, red):  # a network's attention may reach everything
        change = Hinted(L, known_at(L.shape, (5, 12)), black).change(answer, red)
        np.testing.assert_allclose(change[:, :, :10], 0.3, atol=0.01)
        assert (change[:, :, 24:] == 0).all()


@pytest.mark.parametrize("of_lightness", [True, False])
def test_a_hint_does_not_reach_what_is_alike_behind_a_wall(of_lightness):
    L, plain = np.full((32, 64), 0.2), np.zeros((2, 32, 64))
    (L if of_lightness else plain)[..., 30:33] = -0.8
    change = Hinted(L, known_at(L.shape, (16, 8)), plain).change(plain, np.full((2, 32, 64), 0.3))
    assert change[:, :, :28].min() > 0.25 and change[:, :, 36:].max() < 0.03


def test_influence_is_that_of_the_most_influential_hint():
    L, black = np.zeros((64, 96)), np.zeros((2, 64, 96))
    L[:, 48:] = 0.8
    L[:, 30:34] = 0.8
    one = Hinted(L, known_at(L.shape, (20, 20)), black)
    two = Hinted(L, known_at(L.shape, (20, 20), (60, 90)), black)
    alike = L == 0
    assert (one.influence[alike] == 1).all() and one.influence[20, 60] == 0 and one.influence[60, 90] == 0
    assert one.influence[20, 32] == 1, "near, though unlike"
    assert (two.influence == 1).all()


def test_many_hints_leave_their_own_spreading_and_few_leave_the_networks_detail():
    L, plain = RNG.uniform(-0.05, 0.05, (48, 48)), np.zeros((2, 48, 48))
    answer, colours = RNG.uniform(-0.1, 0.1, (2, 2, 48, 48))
    detail = {}
    for apart in (24, 4):
        known = np.zeros((48, 48), bool)
        known[2::apart, 2::apart] = True
        hinted = Hinted(L, known, plain)
        expected = hinted.spread(colours)
        own = answer - hinted.spread(answer)
        found = (plain + hinted.change(answer, colours) - expected)[:, ~known]
        detail[apart] = (found * own[:, ~known]).sum() / (own**2).sum()
    assert detail[24] > 0.3 and detail[4] < 0.05, "shares of the answer's own deviations"


def test_colours_of_a_network_stop_a_hint_where_lightness_does_not():
    L, plain = RNG.uniform(-0.01, 0.01, (16, 20)), np.zeros((2, 16, 20))
    plain[0, :, 10:] = 0.3
    colours, known = np.zeros((2, 16, 20)), known_at((16, 20), (8, 4), (8, 15))
    colours[1, 8, 15] = -0.5
    found = plain + Hinted(L, known, plain).change(plain, colours)
    assert (found[1, :, 2:8] > -0.05).all() and (found[1, :, 12:18] < -0.45).all()
