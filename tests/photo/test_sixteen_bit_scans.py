"""Colour with 16 bits per channel that Pillow reads with 8: PNM and SGI keep them, JPEG 2000 says what it lost."""

import struct

import numpy as np
import pytest
from photos import encoded, photo
from PIL import Image

from colorization.core.errors import InputError
from colorization.imaging import deep
from colorization.photo.reading import read_header, read_photo, read_picture
from colorization.photo.recolor import lightness_of

SIZE = (45, 31)
RGB = np.asarray(photo(SIZE)).astype(np.uint16) * 257 + np.arange(SIZE[0], dtype=np.uint16)[None, :, None]


def pnm(pixels: np.ndarray, largest: int, header: bytes = b"P6\n%d %d\n%d\n") -> bytes:
    return header % (pixels.shape[1], pixels.shape[0], largest) + pixels.astype(">u2").tobytes()


def plain(pixels: np.ndarray, largest: int) -> bytes:
    words = b"\n".join(b" ".join(b"%d" % value for value in row.ravel()) for row in pixels)
    return b"P3\n# a scanner\n%d %d %d\n" % (pixels.shape[1], pixels.shape[0], largest) + words


def sgi(pixels: np.ndarray, *, packed: bool = False) -> bytes:
    """SGI Image File Format Specification, 1.00."""
    planes = np.moveaxis(np.atleast_3d(pixels), 2, 0)[:, ::-1].astype(">u2")
    channels, height, width = planes.shape
    head = struct.pack(">hBBHHHHII4x80sI404x", 474, packed, 2, 2 if channels == 1 else 3, width, height, channels,
                       0, 65535, b"", 0)  # fmt: skip
    if not packed:
        return head + planes.tobytes()
    rows = [run(row) for plane in planes for row in plane]
    starts = np.cumsum([512 + 8 * len(rows), *(len(row) for row in rows[:-1])])
    return (
        head + starts.astype(">u4").tobytes() + np.array([len(row) for row in rows], ">u4").tobytes() + b"".join(rows)
    )


def run(row: np.ndarray) -> bytes:
    """Half as literal words, the rest as repeated ones."""
    half, words = len(row) // 2, []
    words += [0x80 | half, *row[:half].tolist()]
    for value in row[half:].tolist():
        words += [1, value]
    return np.array([*words, 0], ">u2").tobytes()


SCANS = {
    "a.ppm": pnm(RGB, 65535),
    "comment.pnm": pnm(RGB, 65535, b"P6 # made by\n# scanimage\n%d\t%d # size\n%d\n"),
    "plain.ppm": plain(RGB, 65535),
    "a.sgi": sgi(RGB),
    "packed.sgi": sgi(RGB, packed=True),
}


@pytest.mark.parametrize("name", SCANS)
def test_sixteen_bits_of_colour_are_kept(name, quick, tmp_path):
    (tmp_path / name).write_bytes(SCANS[name])
    assert quick(name, "-o", "out/") == (0, "1 photograph colorized with ours: out\n", "")
    assert read_header(tmp_path / name).bits == 16
    found, expected = read_photo(tmp_path / name).levels, lightness_of(RGB)
    assert (found == expected).all()
    (result,) = (tmp_path / "out").iterdir()
    assert result.suffix == ".png" and read_header(result).bits == 16
    assert np.abs(read_photo(result).levels.astype(int) - expected).max() < 200
    shown = np.asarray(read_picture(tmp_path / name, 1000)).astype(int)
    assert np.abs(shown - (RGB >> 8)).max() <= 1


@pytest.mark.parametrize("packed", [False, True])
def test_gray_sgi_keeps_16_bits(packed, tmp_path):
    (tmp_path / "a.sgi").write_bytes(sgi(RGB[..., 0], packed=packed))
    assert read_header(tmp_path / "a.sgi").bits == 16
    assert (read_photo(tmp_path / "a.sgi").levels == lightness_of(RGB[..., 0])).all()


@pytest.mark.parametrize("packed", [False, True])
def test_sgi_keeps_16_bits_of_alpha(packed, tmp_path):
    alpha = RGB[..., 1]
    (tmp_path / "a.sgi").write_bytes(sgi(np.dstack([RGB, alpha]), packed=packed))
    header, found = read_header(tmp_path / "a.sgi"), read_photo(tmp_path / "a.sgi")
    assert header.bits == found.bits == 16 and header.alpha
    assert (found.levels == lightness_of(RGB)).all() and (found.alpha == alpha).all()
    assert np.asarray(read_picture(tmp_path / "a.sgi", 1000)).shape[:2] == alpha.shape


@pytest.mark.parametrize("largest", [256, 1023, 4095, 40000])
def test_other_largest_values_are_white(largest, tmp_path):
    (tmp_path / "a.ppm").write_bytes(pnm(np.full((4, 6, 3), largest), largest))
    assert (read_photo(tmp_path / "a.ppm").levels == 65535).all()
    (tmp_path / "b.ppm").write_bytes(pnm(np.full((4, 6, 3), largest // 2), largest))
    middle = np.uint16(65535 * (largest // 2) / largest + 0.5)
    expected = lightness_of(np.full((1, 1), middle)).item()
    assert np.abs(read_photo(tmp_path / "b.ppm").levels.astype(int) - expected).max() <= 2


def test_eight_bits_are_read_as_before(tmp_path):
    (tmp_path / "a.ppm").write_bytes(encoded(photo(SIZE), "ppm"))
    (tmp_path / "a.sgi").write_bytes(encoded(photo(SIZE), "sgi"))
    assert read_header(tmp_path / "a.ppm").bits == read_header(tmp_path / "a.sgi").bits == 8


def test_a_large_file_is_read_in_bands(tmp_path, monkeypatch):
    for name, content in (("a.ppm", pnm(RGB, 65535)), ("b.ppm", plain(RGB, 65535)), ("a.sgi", sgi(RGB))):
        (tmp_path / name).write_bytes(content)
        monkeypatch.setattr(deep, "BAND", 100)
        assert (read_photo(tmp_path / name).levels == lightness_of(RGB)).all()


@pytest.mark.parametrize("name", ["a.ppm", "plain.ppm", "a.sgi", "packed.sgi"])
def test_cut_scans_are_refused_in_one_line(name, tmp_path):
    content = SCANS[name]
    for length in (len(content) - 8, len(content) // 2, 600, 20):
        (tmp_path / name).write_bytes(content[:length])
        with pytest.raises(InputError, match=name):
            read_photo(tmp_path / name)


def test_a_bomb_is_refused_before_it_is_read(tmp_path):
    (tmp_path / "a.ppm").write_bytes(b"P6\n999999 999999\n65535\n")
    with pytest.raises(InputError, match="larger than|more than"):
        read_header(tmp_path / "a.ppm")


def test_jpeg_2000_says_that_it_becomes_8_bits(quick, tmp_path):
    (tmp_path / "rgb.jp2").write_bytes(encoded(photo(SIZE), "jpeg2000"))
    assert quick("rgb.jp2", "-o", "out/")[2] == ""
    content = bytearray(encoded(photo(SIZE), "jpeg2000"))
    at = content.index(b"\xff\x4f\xff\x51") + 42
    assert content[at] == 7
    (tmp_path / "g16.jp2").write_bytes(encoded(Image.fromarray(RGB[..., 0]), "jpeg2000"))
    assert quick("g16.jp2", "-o", "out/") == (0, "1 photograph colorized with ours: out\n", "")
    assert read_header(tmp_path / "out/g16.png").bits == 16
    content[at] = content[at + 3] = content[at + 6] = 11  # says 12 bits
    (tmp_path / "deep.jp2").write_bytes(content)
    assert deep.stored_bits(tmp_path / "deep.jp2") == 12
    status, _, errors = quick("deep.jp2", "-o", "out/")
    assert status == 0 and "warning: deep.jp2: of its 12 bits per channel 8 are kept" in errors
