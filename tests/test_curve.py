"""The curve of vividness: monotone, continuous, hue kept, invertible; a factor is the curve without a knee."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from colorization.color import AB_SCALE
from colorization.vividness import OWN, Curve, inverse, vivid

CURVES = st.builds(Curve, st.floats(0.05, 10), st.floats(0, 100))


def plane(chroma, angle):
    """Normalised ab (2,1,N) of chroma in ab units and angle."""
    return np.stack([chroma * np.cos(angle), chroma * np.sin(angle)])[:, None] / AB_SCALE


def chroma_of(ab):
    return np.hypot(*ab[:, 0]) * AB_SCALE


@given(CURVES)
def test_more_chroma_stays_more_and_gray_stays_gray_without_a_step(curve):
    before = np.concatenate([[0.0], np.geomspace(1e-9, 150, 400)])
    after = chroma_of(vivid(plane(before, np.linspace(0, 6, 401)), curve))
    assert (np.diff(after) > 0).all() and after[0] == 0
    assert after[1] < 1e-6, "continuous at 0"
    assert after == pytest.approx(curve.gain * before**2 / np.maximum(before + curve.knee, 1e-12))
    assert (after <= curve.gain * before * (1 + 1e-9)).all()


@given(CURVES)
def test_the_hue_stays(curve):
    angle = np.linspace(-3.1, 3.1, 200)
    a, b = vivid(plane(np.geomspace(0.01, 150, 200), angle), curve)[:, 0]
    assert np.arctan2(b, a) == pytest.approx(angle)


@given(CURVES)
def test_the_inverse_undoes_it(curve):
    ab = plane(np.concatenate([[0.0], np.geomspace(0.001, 150, 200)]), np.linspace(0, 6, 201))
    assert vivid(inverse(ab, curve), curve) == pytest.approx(ab, abs=1e-9)
    single = ab.astype(np.float32)
    assert vivid(inverse(single, curve), curve) == pytest.approx(single, abs=1e-5)
    assert inverse(single * 0, curve).tolist() == (single * 0).tolist(), "gray comes from gray"


def test_without_a_knee_it_is_a_factor_and_a_factor_scales_its_results():
    ab = np.random.default_rng(0).uniform(-1, 1, (3, 2, 5, 7)).astype(np.float32)
    assert np.array_equal(vivid(ab, OWN), ab) and np.array_equal(inverse(ab, OWN), ab)
    assert np.array_equal(vivid(ab, Curve(1.3)), ab * np.float32(1.3))
    curve = Curve(2.5, 10.0)
    assert vivid(ab, curve.times(0.4)) == pytest.approx(0.4 * vivid(ab, curve), rel=1e-5)
    assert not vivid(ab, curve.times(0.0)).any()
    assert str(curve) == "2.5 · C² / (C + 10)" and str(Curve(1.3)) == "1.3 · C"


def test_a_chroma_of_the_knee_gets_half_of_the_gain():
    assert chroma_of(vivid(plane(np.array([10.0]), np.array([1.0])), Curve(2.4, 10.0))) == pytest.approx(12.0)


@pytest.mark.parametrize("curve", [Curve(1.3), Curve(2.0, 10.0)])
@pytest.mark.parametrize("turned", [vivid, inverse])
def test_arrays_and_tensors_agree(turned, curve):
    ab = np.random.default_rng(0).uniform(-0.5, 0.5, (3, 2, 5, 7)).astype(np.float32)
    found = turned(torch.from_numpy(ab), curve)
    assert found.dtype == torch.float32 and turned(ab, curve).dtype == np.float32
    assert found.numpy() == pytest.approx(turned(ab, curve), abs=1e-6)
