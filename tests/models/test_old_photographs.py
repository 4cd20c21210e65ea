"""The faults of old photographs, which training gives to new ones."""

from io import BytesIO

import numpy as np
import pytest
import torch
from drawing import draws
from PIL import Image
from skimage import data
from test_models import batch

from colorization.models.common import old_photographs


def test_the_faults_of_old_photographs_keep_colour_where_there_is_one():
    L, ab = batch(256, size=48)
    old, colours = old_photographs.aged(L, ab, 1.0, draws(256))
    assert old.shape == L.shape and old.min() >= -1 and old.max() <= 1
    border = (colours != ab).any(dim=1, keepdim=True)
    assert (colours[border.expand_as(ab)] == 0).all() and 0.05 < border.float().mean() < 0.4
    empty = border.all(dim=(1, 2, 3))
    assert 0.04 < empty.float().mean() < 0.2 and not border[~empty][:, :, 16:32, 16:32].any(), "a free middle, or none"
    assert (old[empty].std(dim=(1, 2, 3)) == 0).all()
    assert ((old != L).float().mean(dim=(1, 2, 3)) > 0.9).all()
    same = old_photographs.aged(L, ab, 0.0, draws(256))
    torch.testing.assert_close(same, (L, ab))


def test_a_share_of_the_photographs_is_worn_by_several_faults_at_once():
    L, _ = batch(512, size=24)
    assert torch.equal(old_photographs.worn(L, 0.0, draws(512)), L)
    old = old_photographs.worn(L, 0.5, draws(512))
    assert old.shape == L.shape and old.min() >= -1 and old.max() <= 1
    changed = (old - L).abs().amax(dim=(1, 2, 3)) > 0.001
    assert 0.43 < changed.float().mean() < 0.57
    whole = (old_photographs.worn(L, 1.0, draws(512)) - L).abs().amax(dim=(1, 2, 3)) > 0.001
    assert 0.97 < whole.float().mean() < 1, "0.3⁴ of them have none of the four faults"


def jpeg(levels, quality):
    file = BytesIO()
    Image.fromarray(levels).save(file, "jpeg", quality=quality)
    return np.asarray(Image.open(file), np.float32)


def rounded(levels, side, strength):
    x = torch.from_numpy(levels.astype(np.float32) / 255)[None, None]
    return old_photographs._rounded(x, side, torch.full((1, 1, 1, 1), strength))[0, 0].numpy() * 255


@pytest.mark.parametrize("quality, strength", [(50, 1.0), (25, 2.0)])
def test_rounded_frequencies_are_those_of_a_jpeg(quality, strength):
    levels = data.camera()[:256, :248]
    file = jpeg(levels, quality)
    fault, difference = np.abs(file - levels).mean(), np.abs(rounded(levels, 8, strength).clip(0, 255) - file).mean()
    assert fault > 2 and difference < 0.12 * fault


def test_smaller_blocks_are_those_of_a_reduced_jpeg():
    def halved(pixels):
        return pixels.astype(np.float32).reshape(128, 2, 124, 2).mean(axis=(1, 3))

    levels = data.camera()[:256, :248]
    small = halved(levels)
    expected, found = halved(jpeg(levels, 25)) - small, rounded(small, 4, 2.0) - small
    assert 0.9 < found.std() / expected.std() < 1.1
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.5


@pytest.mark.parametrize("side", old_photographs.BLOCKS)
def test_blocks_cover_photographs_of_any_side(side):
    assert np.abs(rounded(np.full((29, 41), 100), side, 0.1) - 100).max() < 1
    flat = rounded(data.camera()[:29, :41], side, 1000.0)
    assert (flat == flat[0, 0]).all(), "so strong that nothing is left"


@pytest.mark.parametrize(
    "fault, low, high", [(old_photographs._faded, 0.3, 0.99), (old_photographs._grainy, 0.99, 1.2)]
)
def test_fading_lowers_the_contrast_and_grain_raises_it(fault, low, high):
    x = torch.rand(256, 1, 32, 32)
    assert low < fault(x, draws(256)).std() / x.std() < high


def test_a_blur_keeps_the_mean_and_an_exposure_keeps_black_and_white():
    x = torch.rand(256, 1, 32, 32)
    blurred = old_photographs._blurred(x, draws(256))
    torch.testing.assert_close(blurred.mean(), x.mean(), atol=0.005, rtol=0)
    left = blurred.std(dim=(1, 2, 3)) / x.std(dim=(1, 2, 3))
    assert (left < 1).all() and left.max() > 0.9 and left.min() < 0.15, "from sharp to a standard deviation of 2.6"
    ends = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).expand(8, 1, 1, 2)
    torch.testing.assert_close(old_photographs.exposed(ends, draws(8)), ends, atol=0.01, rtol=0)
