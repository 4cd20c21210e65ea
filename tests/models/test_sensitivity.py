"""What old film saw, beside scikit-image one pixel at a time."""

import numpy as np
import pytest
import torch
from drawing import draws
from skimage import color, data

from colorization.models.common.sensitivity import EMULSIONS, filmed


def scripted(rows):
    """`draw` that gives prepared numbers: a row for each photograph, of which every call takes the next ones."""
    left = torch.tensor(rows, dtype=torch.float32)

    def draw(*shape):
        nonlocal left
        taken, left = left[:, : shape[0]], left[:, shape[0] :]
        return taken.reshape(-1, *shape)

    return draw


def photographs(count):
    """L (B,1,12,12) and ab (B,2,12,12), normalised, of a photograph with vivid colours."""
    places = [(40 * i, 60 * i) for i in range(count)]
    lab = np.stack([color.rgb2lab(data.coffee()[y : y + 96 : 8, x : x + 96 : 8]) for y, x in places])
    lab = torch.from_numpy(lab.transpose(0, 3, 1, 2)).float()
    return lab[:, :1] / 50 - 1, lab[:, 1:] / 110


def seen(L, a, b, emulsion, between, exposure, contrast):
    """The lightness in [-1, 1] of one pixel on the print, by the definition."""
    rgb = color.lab2rgb([[[(L + 1) * 50, a * 110, b * 110]]])[0, 0]
    light = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    low, high = map(np.array, EMULSIONS[emulsion])
    shares = low + (high - low) * between
    Y = float(light @ shares / shares.sum())
    x = color.xyz2lab(Y * color.xyz_tristimulus_values(illuminant="D65", observer="2"))[0] / 100
    x = x ** np.exp(exposure - 0.5)
    return 2 * ((1 - contrast) * x + contrast * (3 * x**2 - 2 * x**3)) - 1


def test_film_sees_what_the_definition_says_at_every_pixel():
    L, ab = photographs(4)
    numbers = np.random.default_rng(0).uniform(size=(4, 7))
    numbers[:, 0] = 0.1, 0.3, 0.2, 0.9  # the last photograph is not chosen
    numbers[:, 1] = 0.2, 0.5, 1.0, 0.5  # one of each emulsion
    film = filmed(L, ab, 0.5, scripted(numbers))
    assert torch.equal(film[3], L[3])
    for i in range(3):
        pixels = torch.cat([L[i], ab[i]]).flatten(1).T.double().numpy()
        expected = [seen(*pixel, i, numbers[i, 2:5], *numbers[i, 5:]) for pixel in pixels]
        np.testing.assert_allclose(film[i].flatten(), expected, atol=2e-4)


def test_a_share_of_the_photographs_is_filmed_and_the_numbers_are_those_of_the_seed():
    L, ab = photographs(1)
    L, ab = L.expand(512, -1, -1, -1), ab.expand(512, -1, -1, -1)
    film = filmed(L, ab, 0.3, draws(512))
    changed = (film != L).flatten(1).any(dim=1)
    assert 0.24 < changed.float().mean() < 0.36 and film.min() >= -1 and film.max() <= 1
    assert torch.equal(film, filmed(L, ab, 0.3, draws(512))) and torch.equal(filmed(L, ab, 0.0, draws(512)), L)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(film, filmed(L, ab, 0.3, draws(512)))


@pytest.mark.parametrize(
    "emulsion, sky, lips",
    [(0.0, (0.9, 1.0), (0.0, 0.45)), (0.5, (0.75, 1.0), (0.0, 0.5)), (1.0, (0.4, 1.0), (0.3, 0.9))],
)
def test_a_blue_sky_is_white_and_lips_are_dark_to_old_film(emulsion, sky, lips):
    """Values are shares of the lightness of white; a panchromatic film sees about what the eye does."""
    rgb = np.array([[[120, 170, 250], [190, 80, 80], [128, 128, 128]]]) / 255
    lab = torch.from_numpy(color.rgb2lab(rgb).transpose(2, 0, 1)[None]).float()
    L, ab = lab[:, :1] / 50 - 1, lab[:, 1:] / 110
    for between in (0.0, 0.5, 1.0):
        film = filmed(L, ab, 1.0, scripted([[0, emulsion, between, between, between, 0.5, 0.0]]))
        of_sky, of_lips, of_gray = (film.flatten() + 1) / 2
        assert sky[0] < of_sky <= sky[1] and lips[0] < of_lips < lips[1]
        torch.testing.assert_close(of_gray, (L.flatten()[2] + 1) / 2, atol=2e-3, rtol=0)
