"""Our colour conversions equal those of scikit-image, which are slow and independent."""

import warnings

import numpy as np
import pytest
import torch
from skimage.color import lab2rgb, rgb2lab

from colorization.color import chroma, denormalise, lab_to_rgb, rgb_to_lab

# all corners and many colours of the RGB cube, in a picture of odd size
RGB = np.random.default_rng(0).random((15, 12, 3))
RGB[:8, 0] = [[i & 1, i >> 1 & 1, i >> 2] for i in range(8)]
RGB[8, 0] = 0.003
PLANES = RGB.transpose(2, 0, 1)


@pytest.mark.parametrize("asarray", [np.asarray, torch.as_tensor])
def test_rgb_to_lab_equals_scikit_image(asarray):
    L, ab = denormalise(*rgb_to_lab(asarray(PLANES)))
    expected = rgb2lab(RGB).transpose(2, 0, 1)
    np.testing.assert_allclose(L, expected[:1], atol=1e-4)
    np.testing.assert_allclose(ab, expected[1:], atol=1e-3)


@pytest.mark.parametrize("asarray", [np.asarray, torch.as_tensor])
def test_lab_to_rgb_equals_scikit_image_also_outside_the_gamut(asarray):
    rng = np.random.default_rng(1)
    lab = np.stack([rng.uniform(0, 100, (9, 7)), *rng.uniform(-110, 110, (2, 9, 7))])
    result = lab_to_rgb(asarray(lab[:1] / 50 - 1), asarray(lab[1:] / 110))
    with warnings.catch_warnings(action="ignore"):  # scikit-image warns of colours outside the gamut
        expected = lab2rgb(lab.transpose(1, 2, 0)).transpose(2, 0, 1)
    np.testing.assert_allclose(result, expected, atol=1e-3)


def test_the_gamut_fits_the_normalisation():
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 33)] * 3)).reshape(3, 33, -1)
    L, ab = rgb_to_lab(grid)
    assert L.min() >= -1.0001 and L.max() <= 1.0001
    assert ab.min() >= -1 and ab.max() <= 1


def test_eight_bit_colours_survive_packing_in_half_precision():
    rgb = np.random.default_rng(2).integers(0, 256, (3, 200, 200)).astype(np.float32) / 255
    L, ab = (x.astype(np.float16).astype(np.float32) for x in rgb_to_lab(rgb))
    levels = np.abs(np.round(lab_to_rgb(L, ab) * 255) - np.round(rgb * 255))
    assert levels.max() <= 1
    assert levels.mean() < 0.003, "of 8-bit levels, over the whole cube"


def test_chroma_is_zero_for_gray_only():
    assert chroma(np.full((3, 4, 5), 0.3)) == pytest.approx(0)
    assert chroma(np.stack([np.ones((4, 5)), np.zeros((4, 5)), np.zeros((4, 5))])) == pytest.approx(4 / 9)
