"""Levin et al.'s colours: constant hints give one colour, colours stop at an edge, and the equations hold."""

import numpy as np
import pytest

from colorization.hinting.levin import STEPS, Spread, neighbours, of_tone

RNG = np.random.default_rng(0)


def hinted(shape, places):
    """A map (3,H,W) from {(row, column): (a, b)}."""
    found = np.zeros((3, *shape))
    for place, colour in places.items():
        found[(slice(None), *place)] = 1, *colour
    return found


def spread(L, hints):
    return Spread(L, hints[0] > 0)(hints[1:])


def test_one_colour_everywhere_stays_one_colour():
    L = RNG.uniform(-1, 1, (17, 12))
    found = spread(L, hinted(L.shape, {(0, 0): (0.3, -0.2), (9, 7): (0.3, -0.2)}))
    np.testing.assert_allclose(found, np.broadcast_to([[[0.3]], [[-0.2]]], found.shape), atol=1e-6)


@pytest.mark.parametrize("step", [0.4, 2.0])
def test_colours_stop_at_an_edge_of_lightness(step):
    L = RNG.uniform(-0.01, 0.01, (16, 20))
    L[:, 10:] += step / 2
    L[:, :10] -= step / 2
    found = spread(L, hinted(L.shape, {(3, 3): (0.5, 0.0), (12, 16): (0.0, -0.5)}))
    assert (found[0, :, :9] > 0.45).all() and (found[0, :, 11:] < 0.05).all()
    assert (found[1, :, 11:] < -0.45).all() and (found[1, :, :9] > -0.05).all()


def test_a_flat_region_without_a_hint_takes_the_colour_around_it():
    L = np.full((15, 15), -0.5)
    L[4:11, 4:11] = 0.5
    found = spread(L, hinted(L.shape, {(0, 0): (0.2, 0.1), (14, 14): (0.2, 0.1)}))
    np.testing.assert_allclose(found[:, 7, 7], [0.2, 0.1], atol=1e-4)


def test_hinted_places_are_kept_and_the_others_are_the_mean_of_their_neighbours():
    L, hints = RNG.uniform(-1, 1, (8, 11)), np.zeros((3, 8, 11))
    places = RNG.permutation(88)[:9]
    hints.reshape(3, -1)[:, places] = np.concatenate([np.ones((1, 9)), RNG.uniform(-0.5, 0.5, (2, 9))])
    found = spread(L, hints).reshape(2, -1)
    np.testing.assert_allclose(found[:, places], hints.reshape(3, -1)[1:, places])
    others = np.delete(np.arange(88), places)
    means = np.zeros((2, 8, 11))
    for (i, j), weights in zip(STEPS, neighbours(L)):
        means += weights * np.roll(found.reshape(2, 8, 11), (-i, -j), axis=(1, 2))  # outside, the weight is 0
    np.testing.assert_allclose(found[:, others], means.reshape(2, -1)[:, others], atol=1e-9)
    everywhere = np.concatenate([np.ones((1, 8, 11)), RNG.uniform(-1, 1, (2, 8, 11))])
    np.testing.assert_allclose(spread(L, everywhere), everywhere[1:])


@pytest.mark.parametrize("loss", [0.0, 0.2])
@pytest.mark.parametrize("tone", [False, True])
@pytest.mark.parametrize("shape", [(7, 9), (9, 7), (1, 5), (5, 1)])
def test_the_elimination_agrees_with_a_dense_solution(shape, tone, loss):
    L, known = RNG.uniform(-1, 1, shape), np.zeros(shape, bool)
    known.ravel()[RNG.permutation(known.size)[:3]] = True
    ab = RNG.uniform(-0.1, 0.1, (2, *shape)) if tone else None
    values, matrix = RNG.uniform(-1, 1, (2, *shape)), np.diag(np.where(known, 1, 1 + loss).ravel())
    place = np.arange(known.size).reshape(shape)
    weights = of_tone(neighbours(L), ab) if tone else neighbours(L)
    for (i, j), one in zip(STEPS, weights):
        for y, x in np.argwhere((one > 0) & ~known):
            matrix[place[y, x], place[y + i, x + j]] -= one[y, x]
    expected = np.linalg.solve(matrix, np.where(known, values, 0).reshape(2, -1).T).T.reshape(values.shape)
    np.testing.assert_allclose(Spread(L, known, ab, loss)(values), expected, atol=1e-10)


def test_neighbours_of_another_colour_weigh_less():
    """A Gaussian of the distance in ab, times the weight by lightness; a step of TONE has 0.6 of the weight."""
    L, ab = np.zeros((3, 3)), np.zeros((2, 3, 3))
    ab[1, 0, 0] = 0.05
    weights = of_tone(neighbours(L), ab)[:, 1, 1]
    np.testing.assert_allclose(weights, np.array([np.exp(-0.5), *[1.0] * 7]) / (7 + np.exp(-0.5)))


def test_weights_are_those_of_a_slow_loop():
    L = RNG.uniform(-1, 1, (4, 5))
    Y, found = (L + 1) / 2, neighbours(L)
    for y, x in np.ndindex(4, 5):
        window = [(i, j) for i in range(max(0, y - 1), min(4, y + 2)) for j in range(max(0, x - 1), min(5, x + 2))]
        near = [place for place in window if place != (y, x)]
        steps = np.array([Y[place] - Y[y, x] for place in near])
        variance = max(0.6 * np.var([Y[place] for place in window]), -(steps**2).min() / np.log(0.01), 2e-6)
        weights = np.maximum(np.exp(-(steps**2) / variance), 1e-6)
        expected = dict(zip(near, weights / weights.sum()))
        for (i, j), weight in zip(STEPS, found[:, y, x]):
            assert weight == pytest.approx(expected.get((y + i, x + j), 0))
