"""JPEGs whose end is missing: what is there is coloured, with a warning; what holds no pixels is an error."""

import os
import random

import numpy as np
import pytest
from conftest import jpeg
from photos import encoded, exif, photo
from PIL import Image

from colorization.core.errors import InputError
from colorization.imaging.jpeg_end import with_end
from colorization.photo.opening import CUT
from colorization.photo.reading import read_photo, read_picture

SIZE = (320, 240)
KINDS = {
    "baseline": {"quality": 90},
    "gray": {"quality": 90},
    "progressive": {"quality": 90, "progressive": True},
    "restarts": {"quality": 90, "restart_marker_rows": 1},
}


def whole(kind: str) -> bytes:
    image = photo(SIZE)
    noise = np.random.default_rng(0).integers(-20, 20, (*SIZE[::-1], 3))
    image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    return encoded(image.convert("L") if kind == "gray" else image, "jpeg", exif=exif(), **KINDS[kind])


CUTS = {
    "no end": lambda d: d[:-2],
    "half an end": lambda d: d[:-1],
    "20 bytes less": lambda d: d[:-20],
    "a twentieth less": lambda d: d[: int(len(d) * 0.95)],
    "half": lambda d: d[: len(d) // 2],
    "zeros": lambda d: d[:-2000] + bytes(2000),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", CUTS)
def test_what_is_there_is_coloured(kind, cut, quick, tmp_path):
    content = whole(kind)
    (tmp_path / "whole.jpg").write_bytes(content)
    (tmp_path / "a.jpg").write_bytes(CUTS[cut](content))
    status, _, errors = quick("a.jpg", "-o", "b.png", "--compare")
    assert status == 0 and errors.splitlines() == [f"warning: a.jpg: {CUT}"]
    before, after = read_photo(tmp_path / "whole.jpg").levels, read_photo(tmp_path / "b.png").levels
    top = slice(0, 80)  # a third
    assert np.abs(before[top].astype(int) - after[top]).mean() < (3000 if kind == "progressive" else 300)
    with Image.open("b.png") as image:
        assert image.getexif()[0x010F] == "Kodak"


def test_a_cut_photograph_is_shown_as_it_is_coloured(tmp_path):
    (tmp_path / "a.jpg").write_bytes(whole("baseline")[:-3000])
    shown, levels = read_picture(tmp_path / "a.jpg", 1000), read_photo(tmp_path / "a.jpg").levels
    assert shown.size == SIZE and levels.shape == SIZE[::-1]


def test_whole_photographs_are_not_warned_of(tmp_path):
    for tail in (b"", os.urandom(4000), bytes(4000)):
        (tmp_path / "a.jpg").write_bytes(whole("baseline") + tail)
        assert not read_photo(tmp_path / "a.jpg").warnings


def test_what_holds_no_pixels_stays_an_error(quick, tmp_path):
    content = whole("baseline")
    start = content.index(b"\xff\xda")
    for length in (start - 30, start, start + 2, start + 14):  # before the scan, at it, in its header, behind that
        (tmp_path / "a.jpg").write_bytes(content[:length])
        status, _, errors = quick("a.jpg", "-o", "out/")
        assert status == 1 and len(errors.splitlines()) == 1 and "a.jpg" in errors, length
    (tmp_path / "a.jpg").write_bytes(content[: start + 14] + bytes(len(content) - start - 14))
    assert quick("a.jpg", "-o", "out/")[0] == 1, "zeros are no photograph"
    assert not (tmp_path / "out").exists()


def test_damage_inside_is_refused_or_read_but_never_worse(tmp_path):
    """Any length and any damage: pixels, or an InputError."""
    chance = random.Random(3)
    for kind in KINDS:
        content = whole(kind)
        for _ in range(12):
            part = bytearray(content[: chance.randrange(1, len(content))])
            for _ in range(chance.choice((0, 0, 3))):
                part[chance.randrange(len(part))] ^= 1 << chance.randrange(8)
            (tmp_path / "a.jpg").write_bytes(part)
            try:
                assert read_photo(tmp_path / "a.jpg").levels.size
            except InputError as error:
                assert "a.jpg" in str(error)


def test_only_a_file_without_an_end_gets_one():
    content = jpeg(1)
    assert with_end(content) is None and with_end(b"") is None and with_end(content[:300]) is None
    assert with_end(content[:-2]) == content
    marker = content.index(b"\xff\xda")
    assert with_end(content[: marker + 5]) is None  # cut within the scan's header
