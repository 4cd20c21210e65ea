"""Colours from a photograph: what resembles gets its colours, nothing else changes, and hints keep their say."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from colorization.color import unscaled_lab
from colorization.core.errors import InputError
from colorization.evaluation.metrics import delta_e
from colorization.photo.catalog import BUNDLED
from colorization.photo.colorizer import load
from colorization.photo.likeness import MOST, Cells, Reference, carried, exchanged

MUCH = 0.65  # share of the ΔE that may be left with a reference of the same scene
HARM = 0.2  # ΔE
GAMUT = 3.0  # ab units by which a hinted colour may change on its way to sRGB and back


@pytest.fixture(scope="module")
def colorizer():
    return load(BUNDLED / "ours.onnx", device="cpu", threads=1)


def photo(name, *box) -> Image.Image:
    return Image.fromarray(getattr(data, name)()).crop(box)


CUP, MOVED = photo("coffee", 0, 0, 480, 360), photo("coffee", 60, 20, 540, 380)
CAT = photo("chelsea", 0, 0, 450, 300)


def lab(image: Image.Image) -> torch.Tensor:
    return unscaled_lab(torch.from_numpy(np.asarray(image).transpose(2, 0, 1)[None].astype(np.float32) / 255))


def error(result: Image.Image, true: Image.Image) -> float:
    return delta_e(lab(result), lab(true)).item()


def test_a_photograph_of_the_same_scene_gives_its_colours(colorizer):
    old = MOVED.convert("L")
    with_it = colorizer.colorize(old, like=[CUP])
    assert error(with_it, MOVED) < MUCH * error(colorizer.colorize(old), MOVED)
    assert np.abs(np.asarray(with_it.convert("L"), int) - np.asarray(old, int)).max() < 40
    several = colorizer.colorize(old, like=[CAT, CUP])
    assert error(several, MOVED) < MUCH * error(colorizer.colorize(old), MOVED)


def test_a_prepared_reference_gives_the_same(colorizer):
    prepared = colorizer.references([CUP])
    assert [type(one) for one in prepared] == [Reference]
    expected = colorizer.colorize(np.asarray(MOVED), like=[np.asarray(CUP)])
    assert np.array_equal(colorizer.colorize(np.asarray(MOVED), like=prepared), expected)
    assert np.array_equal(colorizer.colorize([np.asarray(MOVED)], like=CUP)[0], expected)


@pytest.mark.parametrize("old, other", [(MOVED, CAT), (CAT, MOVED)], ids=["cup", "cat"])
def test_a_reference_of_something_else_does_no_harm(colorizer, old, other):
    assert error(colorizer.colorize(old, like=[other]), old) < error(colorizer.colorize(old), old) + HARM


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (64, 48)])
def test_small_and_even_photographs_pass(colorizer, size):
    even = Image.new("RGB", size, (90, 90, 90))
    assert np.ptp(np.asarray(colorizer.colorize(even, like=[CUP]), int), axis=2).max() <= 1


def test_hints_come_before_references(colorizer):
    x, y = 200, 150
    result = colorizer.colorize(MOVED, like=[CUP], hints=[(x, y, "#5a7fa0")])
    found = lab(result)[0, 1:, y, x].numpy()
    wanted = lab(Image.new("RGB", (1, 1), "#5a7fa0"))[0, 1:, 0, 0].numpy()
    assert np.abs(found - wanted).max() < GAMUT


def test_photographs_of_any_size_are_compared_in_bounded_memory():
    eighth, sixteenth = np.zeros((4, 160, 320), np.float32), np.zeros((8, 80, 160), np.float32)
    cells = Cells.of([eighth, sixteenth], np.zeros((1280, 2560), np.float32))
    assert MOST / 2 < cells.L.size <= MOST
    assert {each.shape[1:] for each in cells.features} == {cells.L.shape}


def test_colours_come_from_the_same_places_and_none_from_noise():
    rng = np.random.default_rng(0)
    shape = 20, 30

    def cells():
        return Cells([rng.normal(size=(c, *shape)).astype(np.float32) for c in (40, 112)], np.zeros(shape, np.float32))

    reference = Reference(cells(), rng.uniform(-0.5, 0.5, (2, *shape)).astype(np.float32))
    same = carried(reference.cells, [reference])
    assert (same.weight == 1).all() and np.abs(same.ab - reference.ab).max() < 0.01
    assert not carried(cells(), [reference]).weight.any()
    both = carried(reference.cells, [Reference(cells(), -reference.ab), reference])
    assert np.allclose(both.ab, same.ab, atol=1e-5)


def test_what_cannot_be_is_said_in_one_line(colorizer, tmp_path):
    with pytest.raises(InputError, match="like: a reference is gray"):
        colorizer.colorize(MOVED, like=[CUP.convert("L")])
    with pytest.raises(InputError, match=r"image: expected .* not str"):
        colorizer.colorize(MOVED, like=["cup.jpg"])
    with pytest.raises(InputError, match="like: needs the .onnx file of ours"):
        load(BUNDLED / "gan.onnx", device="cpu", threads=1).colorize(MOVED, like=[CUP])


def test_the_command(quick, tmp_path):
    MOVED.save(tmp_path / "old.png")
    CUP.convert("L").save(tmp_path / "gray.png")
    CUP.save(tmp_path / "cup.png")
    status, _, err = quick("old.png", "--like", "gray.png")
    assert (status, err) == (1, "error: --like gray.png: is gray; name a photograph in colour\n")
    status, _, err = quick("old.png", "--like", "missing.png")
    assert status == 1 and "missing.png" in err and err.count("\n") == 1
    status, _, err = quick("old.png", "--like", "cup.png")
    assert status == 1 and "like: needs the .onnx file" in err
    status, _, err = quick("old.png", "--like", "cup.png", "-o", "cup.png", "--overwrite")
    assert status == 1 and "cup.png" in err
    with Image.open(tmp_path / "cup.png") as kept:
        assert np.array_equal(kept, CUP)


def test_an_exchange_gives_both_what_each_would_carry(colorizer):
    one, other = (colorizer.references([image])[0] for image in (CUP, MOVED))
    for found, (own, given) in zip(exchanged(one, other), ((one, other), (other, one)), strict=True):
        expected = carried(own.cells, [given])
        assert np.allclose(found.ab, expected.ab, atol=1e-3) and np.array_equal(found.weight, expected.weight)
