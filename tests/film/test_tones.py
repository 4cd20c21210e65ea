"""Even tones: what flickers is evened, by little, and nothing crosses a cut or a picture that passes."""

from types import SimpleNamespace

import numpy as np
import pytest

from colorization.film import tones
from colorization.film.tones import MOST, REACH, evened

SHAPE = (30, 40)
RANDOM = np.random.default_rng(0)
LIGHT = RANDOM.uniform(-1, 1, SHAPE).astype(np.float32)
STILL = SimpleNamespace(back=lambda planes: planes, trust_back=np.ones(SHAPE, np.float32))


def pictures(colours, begins=(0,), passing=(), lights=None):
    """Moments of one lightness, or of several, with colours (2,h,w) each."""
    for i, ab in enumerate(colours):
        seen = SimpleNamespace(L=LIGHT if lights is None else lights[i])
        yield SimpleNamespace(link=None if i in begins else STILL, passes=i in passing, seen=seen, number=i), ab


def colours_of(*args, **kwargs):
    found = list(evened(pictures(*args, **kwargs)))
    assert [moment.number for moment, _ in found] == list(range(len(found)))
    return np.stack([ab for _, ab in found])


def plain(values):
    """A picture of one colour for each value."""
    return [np.full((2, *SHAPE), value, np.float32) for value in values]


def test_a_flicker_of_the_mean_is_evened():
    flicker = np.array(plain(10 + RANDOM.uniform(-1, 1, 60)))
    found = colours_of(flicker)
    assert np.abs(np.diff(found, axis=0)).mean() < 0.1 * np.abs(np.diff(flicker, axis=0)).mean()
    assert found.mean() == pytest.approx(flicker.mean(), abs=0.1)


def test_a_flicker_of_one_tone_is_evened_there_and_others_stay():
    dark = np.where(LIGHT < -0.5, 1, 0)
    flicker = np.array([[10 + dark * each, 0 * dark] for each in RANDOM.uniform(-1, 1, 60)], np.float32)
    found = colours_of(flicker)
    assert np.abs(np.diff(found[:, 0, LIGHT < -0.6], axis=0)).max() < 0.3
    assert np.allclose(found[:, :, LIGHT > -0.4], flicker[:, :, LIGHT > -0.4], atol=1e-3)


def test_a_flicker_of_the_spread_is_evened():
    pattern = RANDOM.normal(0, 5, (2, *SHAPE)).astype(np.float32)
    flicker = np.stack([pattern * each for each in RANDOM.uniform(0.8, 1.2, 60)])
    spreads = [each.std(axis=(1, 2, 3)) for each in (flicker, colours_of(flicker))]
    assert np.ptp(spreads[1]) < 0.4 * np.ptp(spreads[0]), "but for colours that would change by more than MOST"


def test_no_colour_changes_by_more_than_the_most():
    jumps = np.array(plain(np.where(np.arange(50) % 2, 40, -40)))
    assert np.abs(colours_of(jumps) - jumps).max() == pytest.approx(MOST)


def test_nothing_crosses_a_cut():
    scenes = np.array(plain([10] * 5 + [-10] * 40 + [30]))
    assert np.allclose(colours_of(scenes, begins=(0, 5, 45)), scenes, atol=1e-4)
    assert np.abs(colours_of(scenes) - scenes).max() > 1, "without the cuts it would"


def test_where_the_light_jumps_a_thing_keeps_its_tone(monkeypatch):
    """Dark things are red, light ones blue; every other picture is lighter."""
    scene = np.stack([np.stack([np.where(LIGHT < 0, 3, -3), 0 * LIGHT]).astype(np.float32)] * 30)

    def change(step):
        lights = [0.6 * LIGHT + 0.3 * (i % 2) * step for i in range(30)]
        return np.abs(colours_of(scene, lights=lights) - scene)[:, :, np.abs(LIGHT) > 0.2].max()

    assert change(step=0) == pytest.approx(0, abs=1e-4) and change(step=1) < 0.3
    monkeypatch.setattr(tones, "JUMP", 9)
    assert change(step=1) > 1, "if no jump were seen"


def test_what_passes_stays_and_gives_nothing():
    scene = np.array(plain([10, 10, 90, 10, 10]))
    assert np.array_equal(colours_of(scene, passing=(2,)), scene)
    assert np.array_equal(colours_of(scene[2:3], passing=(0,)), scene[2:3])


def test_a_picture_waits_for_its_neighbours_and_for_no_more():
    given = []
    counted = (given.append(1) or each for each in pictures(plain([1.0] * 100)))
    for finished, _ in enumerate(evened(counted), 1):
        assert len(given) - finished <= REACH
    whole = np.array(plain(RANDOM.uniform(0, 2, 100)))
    middle = slice(50 - REACH, 51 + REACH)
    assert np.allclose(colours_of(whole)[50], colours_of(whole[middle])[REACH], atol=1e-4)


def test_a_flat_picture_gets_no_spread_from_the_others():
    pattern = RANDOM.normal(0, 20, (2, *SHAPE)).astype(np.float32)
    scene = np.stack([5 + pattern] * 4 + [0 * pattern + 5] + [5 - pattern] * 4)
    assert np.allclose(colours_of(scene)[4], 5, atol=1e-3)
