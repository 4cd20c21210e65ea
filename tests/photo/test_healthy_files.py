"""Files that are not damaged, and must not be called so."""

import os
import sys

import pytest
from photos import SIZE, SRGB, deep, encoded, photo
from PIL import Image

from colorization.core.errors import InputError
from colorization.photo.pixels import levels_of_image
from colorization.photo.reading import read_photo

TALL = SIZE[::-1]  # height and width


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode")
@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_a_name_need_not_be_utf_8(suffix, tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9." + suffix.encode())
    path.write_bytes(encoded(photo(), "tiff") if suffix == "tif" else deep(3, "png"))
    assert read_photo(path).levels.shape == TALL


def test_a_png_may_have_the_long_profile_of_a_printer(tmp_path):
    profile = SRGB.ljust(1_500_000, b"\0")
    (tmp_path / "a.png").write_bytes(encoded(photo(), "png", icc_profile=profile))
    assert read_photo(tmp_path / "a.png").levels.shape == TALL


def test_lack_of_memory_is_told(quick, tmp_path, monkeypatch):
    def full(image):
        raise MemoryError

    monkeypatch.setattr("colorization.photo.opening.levels_of_image", full)
    (tmp_path / "a.png").write_bytes(encoded(photo(), "png"))
    status, _, errors = quick("a.png", "-o", "b.png")
    assert (status, errors) == (1, "error: a.png: not enough memory for 44×36 pixels; scale it down\n")
    monkeypatch.setattr("colorization.photo.opening.read_metadata", full)
    assert "a.png: not enough memory to read it" in quick("a.png", "-o", "b.png")[2]


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_an_image_without_pixels_is_refused(size):
    with pytest.raises(InputError, match="has no pixels"):
        levels_of_image(Image.new("L", size))
