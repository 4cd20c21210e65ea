"""Photographs of telephones and scanners: HEIC, AVIF, every layout of TIFF, PNG with gAMA, captions."""

import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from archives import params
from photos import encoded, exif, known_profile, linear_gray, photo, tiff
from PIL import Image, ImageCms

from colorization.color import lab_to_rgb
from colorization.command.batch import colorize_all
from colorization.command.finding import find_photos
from colorization.command.look import Look
from colorization.command.messages import passed_over
from colorization.command.one import GAP
from colorization.command.plan import Wishes, plan
from colorization.command.same import Guard
from colorization.core.errors import InputError
from colorization.imaging import heif
from colorization.imaging.curve import gamma
from colorization.imaging.png_gamma import TOLERANCE
from colorization.photo.colorizer import load
from colorization.photo.formats import own_format
from colorization.photo.metadata import Metadata
from colorization.photo.reading import read_header, read_photo, read_picture
from colorization.photo.recolor import lightness_of
from colorization.photo.writing import write_photo
from colorization.preprocessing.packing import decode

LEVEL = 65535 / 255  # lightness levels per step of 1/255
RGB = np.asarray(photo())
CLEAR = np.linspace(30, 255, RGB.shape[0] * RGB.shape[1]).reshape(RGB.shape[:2]).astype(np.uint8)  # alpha, or infrared
CMYK = np.asarray(photo().convert("CMYK"))
PIXELS = {"rgb": RGB, "minisblack": RGB[..., 1], "separated": CMYK}
WHOLE = 10_000  # pixels per side, more than any photograph here has


def put(path, content: bytes):
    path.write_bytes(content)
    return path


def levels(pixels: np.ndarray) -> np.ndarray:
    return lightness_of(pixels).astype(int)


def deepened(pixels: np.ndarray, bits: int) -> np.ndarray:
    return pixels if bits == 8 else pixels.astype(np.uint16) * 257


def apart(path, expected: np.ndarray) -> float:
    """The largest difference in lightness, in 1/255, of a file as it is read, or as it is shown, from the expected."""
    found, shown = read_photo(path), read_picture(path, WHOLE)
    pictures = [found.levels] if found.alpha is not None else [found.levels, levels(np.asarray(shown))]
    return max(np.abs(picture.astype(int) - expected).max() for picture in pictures) / LEVEL


# telephones


def heic(image: Image.Image, **options) -> bytes:
    if "CI" not in os.environ:
        pytest.importorskip("pillow_heif", reason="pip install pillow-heif")
    assert heif.reads_heif()
    return encoded(image, "heif", **options)


def avif(image: Image.Image, **options) -> bytes:
    return encoded(image, "avif", **options)


@pytest.mark.parametrize("make", [avif, heic])
def test_photographs_of_telephones_are_read_as_jpeg_is(make, tmp_path):
    """The turn lies in the container, and EXIF may repeat it: it is made once."""
    options = {"icc_profile": known_profile("p3"), "quality": 98}
    path = put(tmp_path / "a.bin", make(photo(), exif=exif(6).tobytes(), **options))
    same = put(tmp_path / "a.jpg", encoded(photo(), "jpeg", exif=exif(6), subsampling=0, **options))
    found, expected = read_photo(path), read_photo(same)
    assert found.levels.shape == photo().size and read_header(path).bits == found.bits == 8
    assert np.abs(found.levels.astype(int) - expected.levels).mean() < 2 * LEVEL
    assert np.abs(np.asarray(read_picture(path, WHOLE), int) - np.asarray(read_picture(same, WHOLE))).mean() < 6
    tags = Image.Exif()
    tags.load(found.metadata.exif)
    assert tags[0x010F] == "Kodak" and 0x0112 not in tags
    assert found.metadata.icc == expected.metadata.icc and own_format(read_header(path)) == "jpeg"


@pytest.mark.parametrize("make", [avif, heic])
def test_the_library_colorizes_photographs_of_telephones(make, trained, tmp_path):
    path = put(tmp_path / "a.bin", make(photo(), exif=exif(6).tobytes()))
    model = load(trained / "models/vae.safetensors", device="cpu")  # registers HEIC's reader
    assert model.colorize(Image.open(path)).size == photo().size[::-1]


@pytest.mark.parametrize("make", [avif, heic])
def test_transparent_photographs_of_telephones_become_png(make, tmp_path):
    image = photo().convert("RGBA")
    image.putalpha(Image.fromarray(CLEAR))
    path = put(tmp_path / "a.bin", make(image, quality=98))
    assert own_format(read_header(path)) == "png" and np.abs(read_photo(path).alpha.astype(int) - CLEAR).max() <= 8


def test_ten_bits_of_a_telephone_are_read(tmp_path):
    image = pyvips.Image.new_from_array(RGB).copy(interpretation="srgb")
    path = put(tmp_path / "a.avif", image.write_to_buffer(".avif", bitdepth=10, Q=98))
    assert np.abs(read_photo(path).levels.astype(int) - levels(RGB)).mean() < 2 * LEVEL


def test_without_its_package_heic_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    heif.reads_heif.cache_clear()
    path = put(tmp_path / "a.heic", struct.pack(">I", 24) + b"ftypheic" + bytes(99))
    with pytest.raises(InputError, match=r"a\.heic: HEIC needs one more package; pip install pillow-heif"):
        read_photo(path)
    found = find_photos([str(tmp_path)], "out")
    assert not found.photos
    assert passed_over(found.passed_over) == ["passed over 1 .heic: pip install pillow-heif, and they are read"]
    heif.reads_heif.cache_clear()


def test_a_training_reads_avif(tmp_path):
    lab, width, height, *_ = decode(avif(photo((80, 60)), exif=exif(6), quality=98), params())
    assert (width, height) == (60, 80) and lab.shape[0] == 3


# channels beyond colour


SAID = {"unspecified": False, "unassalpha": True, "assocalpha": True, "": False}
EXTRAS = [(kind, said) for kind in PIXELS for said in SAID if (kind, said) != ("separated", "assocalpha")]  # no light


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind, said", EXTRAS)
def test_only_a_channel_that_the_file_calls_alpha_is_alpha(bits, kind, said, tmp_path):
    alpha = SAID[said]
    colour = deepened(PIXELS[kind], bits)
    stored = np.round(colour * (np.atleast_3d(CLEAR) / 255).reshape(*CLEAR.shape, *(1,) * (colour.ndim - 2)))
    planes = np.dstack([stored.astype(colour.dtype) if said == "assocalpha" else colour, deepened(CLEAR, bits)])
    content = tiff(planes, photometric=kind, planarconfig="contig", extrasamples=[said or "unspecified"])
    path = put(tmp_path / "a.tif", content if said else without_tag(content, 338))
    plain = put(tmp_path / "plain.tif", tiff(colour, photometric=kind))
    found = read_photo(path)
    assert read_header(path).alpha == alpha and (found.alpha is not None) == alpha and found.bits == bits
    assert apart(path, read_photo(plain).levels.astype(int)) <= (6 if said == "assocalpha" and bits == 8 else 1)
    if alpha:
        assert (found.alpha == deepened(CLEAR, bits)).all()


def without_tag(content: bytes, code: int) -> bytes:
    """A little-endian TIFF in which one tag's code is changed to a private one, the last in order."""
    start = int.from_bytes(content[4:8], "little")
    count = int.from_bytes(content[start : start + 2], "little")
    entries = [content[start + 2 + 12 * i : start + 14 + 12 * i] for i in range(count)]
    kept = [entry for entry in entries if entry[:2] != struct.pack("<H", code)]
    assert len(kept) == count - 1
    kept.append(struct.pack("<HHII", 65_000, 3, 1, 0))
    return content[: start + 2] + b"".join(kept) + content[start + 2 + 12 * count :]


LAYOUTS = {
    "planar": {"photometric": "rgb", "planarconfig": "separate"},
    "tiled, big-endian": {"photometric": "rgb", "tile": (16, 16), "byteorder": ">"},
    "BigTIFF, big-endian": {"photometric": "rgb", "bigtiff": True, "byteorder": ">"},
    "deflate": {"photometric": "rgb", "compression": "deflate", "predictor": True},
    "infrared, planar": {"photometric": "rgb", "planarconfig": "separate", "extrasamples": ["unspecified"]},
    "min is white": {"photometric": "miniswhite"},
}


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_of_tiff_is_read_and_shown_alike(bits, name, tmp_path):
    colour = deepened(RGB if "white" not in name else RGB[..., 1], bits)
    stored = np.dstack([colour, deepened(CLEAR, bits)]) if "infrared" in name else colour
    stored = np.moveaxis(stored, 2, 0) if "planar" in name else stored
    stored = np.iinfo(stored.dtype).max - stored if "white" in name else stored
    path = put(tmp_path / "a.tif", tiff(stored, **LAYOUTS[name]))
    assert apart(path, levels(colour)) <= 1
    lab = decode(path.read_bytes(), params())[0].astype(np.float32)
    packed = levels(np.round(lab_to_rgb(lab[:1], lab[1:]) * 255).transpose(1, 2, 0).astype(np.uint8))
    left, top = ((side - 32) // 2 for side in (colour.shape[1], colour.shape[0]))
    seen = levels(colour)[top : top + 32, left : left + 32]
    assert np.abs(packed - seen).max() / LEVEL <= 2, "a training sees what the command sees"


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg"])
def test_every_compression_of_tiff_is_read(compression, tmp_path):
    path = put(tmp_path / "a.tif", encoded(photo(), "tiff", compression=compression))
    assert apart(path, levels(RGB)) <= (0 if compression != "jpeg" else 20)


def test_cielab_tiffs_are_read(tmp_path):
    lab = ImageCms.profileToProfile(
        photo(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert apart(put(tmp_path / "8.tif", encoded(lab, "tiff")), levels(RGB)) <= 3
    deep = pyvips.Image.new_from_array(RGB).copy(interpretation="srgb").colourspace("labs")
    assert apart(put(tmp_path / "16.tif", deep.write_to_buffer(".tif")), levels(RGB)) <= 1


@pytest.mark.parametrize(
    "dtype, told",
    [(np.float32, "floating-point"), (np.float16, "floating-point"), (np.int16, "signed"), (np.uint32, "32 bits")],
)
def test_tiffs_without_a_fixed_range_are_refused_before_a_run(dtype, told, tmp_path):
    path = put(tmp_path / "a.tif", tiff((RGB[..., 0] / 255).astype(dtype)))
    with pytest.raises(InputError, match=told):
        read_header(path)


# pages


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("first", [False, True])
def test_reduced_pages_are_passed_over(bits, first, tmp_path):
    pages = [(deepened(RGB, bits), 0), (deepened(RGB[::4, ::4], bits), 1)]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for pixels, kind in reversed(pages) if first else pages:
            name = "small" if kind else "whole"
            file.write(pixels, photometric="rgb", subfiletype=kind, description=name, metadata=None)
    assert apart(tmp_path / "a.tif", levels(RGB)) <= 1
    assert b"whole" in read_photo(tmp_path / "a.tif").metadata.exif


@pytest.mark.parametrize("subifd", [False, True])
def test_a_pyramid_is_one_photograph(subifd, tmp_path):
    image = pyvips.Image.new_from_array(RGB).copy(interpretation="srgb")
    content = image.write_to_buffer(".tif", pyramid=True, tile=True, tile_width=16, tile_height=16, subifd=subifd)
    assert apart(put(tmp_path / "a.tif", content), levels(RGB)) == 0


def test_several_pages_and_previews_alone_are_refused(tmp_path):
    with tifffile.TiffWriter(tmp_path / "pages.tif") as file:
        for kind in (0, 1, 0):
            file.write(RGB, photometric="rgb", subfiletype=kind)
    with tifffile.TiffWriter(tmp_path / "many.tif") as file:
        for _ in range(102):
            file.write(RGB[:8, :8], photometric="rgb", subfiletype=1)
    with tifffile.TiffWriter(tmp_path / "raw.tif") as file:
        file.write(RGB[::4, ::4], photometric="rgb", subfiletype=1, subifds=1)
        file.write(RGB, photometric="rgb")
    for name, told in (("pages", "has 2 pages"), ("many", "more than 100 pages"), ("raw", "only a preview")):
        with pytest.raises(InputError, match=told):
            read_header(tmp_path / f"{name}.tif")


# gAMA


def png(pixels: np.ndarray, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of gray, gray and alpha, RGB or RGBA, uint8 or uint16, with chunks before its pixels."""
    planes = np.atleast_3d(pixels)
    height, width, channels = planes.shape
    bits = 8 * planes.dtype.itemsize
    rows = planes.astype(planes.dtype.newbyteorder(">")).reshape(height, -1)
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    head = struct.pack(">IIBBBBB", width, height, bits, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", body), (b"IEND", b"")]
    packed = (struct.pack(">I", len(c)) + kind + c + struct.pack(">I", zlib.crc32(kind + c)) for kind, c in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def gama(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("value", [1.0, 1 / 1.8])
def test_the_gamma_of_png_is_applied(bits, channels, value, tmp_path):
    colour = RGB[..., 1] if channels < 3 else RGB
    light = (colour / 255) ** (1 / value)
    expected = levels((gamma(light) * 65535 + 0.5).astype(np.uint16))
    stored = deepened(colour if channels % 2 else np.dstack([colour, CLEAR]), bits)
    path = put(tmp_path / "a.png", png(stored, gama(value)))
    assert apart(path, expected) <= 1
    assert np.abs(expected - levels(colour)).max() > 15 * LEVEL, "the chunk says something"
    if not channels % 2:
        assert (read_photo(path).alpha == deepened(CLEAR, bits)).all()
    elif bits == 8:
        lab = decode(path.read_bytes(), params())[0].astype(np.float32)
        assert lab[0].mean() > levels(colour).mean() / 32767.5 - 1 + 0.05, "a training sees it, too"


PROFILE = b"iCCP", b"ICC profile\0\0" + zlib.compress(linear_gray())


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(
    "chunks",
    [
        [gama(0.45455)],
        [gama(1 / 2.2 * (1 + TOLERANCE * 0.9))],
        [gama(0)],
        [(b"sRGB", b"\0"), gama(1)],
        [(b"cICP", bytes([1, 13, 0, 1])), gama(1)],
        [PROFILE, gama(0.2)],
    ],
    ids=["sRGB's own", "within libpng's tolerance", "damaged", "sRGB", "cICP", "iCCP"],
)
def test_the_gamma_of_png_gives_way(bits, chunks, tmp_path):
    stored = deepened(RGB[..., 1], bits)
    plain = put(tmp_path / "plain.png", png(stored, *(chunk for chunk in chunks if chunk[0] == b"iCCP")))
    assert apart(put(tmp_path / "a.png", png(stored, *chunks)), read_photo(plain).levels.astype(int)) <= 1


# captions


CAPTION = b"\x1c\x02\x78\0\x0eThe pier, 1936"  # IPTC-IIM 4.2, dataset 2:120
THUMBNAIL = b"\xff\xd8 the gray one"


def resources(*parts: tuple[int, bytes]) -> bytes:
    """Photoshop's image resources."""
    packed = (
        b"8BIM" + struct.pack(">HHI", code, 0, len(part)) + part + b"\0" * (len(part) % 2) for code, part in parts
    )
    return b"".join(packed)


def with_caption(name: str) -> bytes:
    irb = resources((0x040C, THUMBNAIL), (0x0404, CAPTION))
    if name == "jpeg":
        content = b"Photoshop 3.0\0" + irb
        return encoded(photo(), "jpeg", extra=b"\xff\xed" + struct.pack(">H", len(content) + 2) + content)
    padded = CAPTION + b"\0" * (-len(CAPTION) % 4)
    kinds = {"bytes": ("B", CAPTION), "numbers": ("I", padded), "swapped": ("I", padded)}
    kind, value = kinds[name.split()[1]]
    if kind == "I":
        value = np.frombuffer(value, "<u4" if "numbers" in name else ">u4").tolist()
    tags = [(33723, kind, len(value), value, True), (34377, "B", len(irb), irb, True)]
    return tiff(deepened(RGB, int(name.split()[0])), photometric="rgb", extratags=tags)


@pytest.mark.parametrize("target", ["jpeg", "tiff"])
@pytest.mark.parametrize("name", ["jpeg", "8 bytes", "16 bytes", "16 numbers", "8 swapped"])
def test_captions_survive_and_thumbnails_do_not(name, target, tmp_path):
    found = read_photo(put(tmp_path / "a.bin", with_caption(name)))
    assert found.metadata.iptc.rstrip(b"\0") == CAPTION  # 32-bit numbers end with padding
    out = tmp_path / f"out.{target}"
    pixels = np.zeros((*found.levels.shape, 3), np.uint16 if found.bits == 16 and target == "tiff" else np.uint8)
    write_photo(out, found, iter([pixels]), name=target, quality=90)
    assert read_photo(out).metadata.iptc == found.metadata.iptc and THUMBNAIL not in out.read_bytes()
    with Image.open(out) as image:
        assert image.getexif().get(33723) == (found.metadata.iptc if target == "tiff" else None)
        assert target == "tiff" or image.info["photoshop"] == {0x0404: found.metadata.iptc}


@pytest.mark.parametrize("damaged", [b"no caption", (2**31, 5), 7, "text"])
def test_a_damaged_caption_is_left_out(damaged, tmp_path):
    values = damaged if isinstance(damaged, (bytes, str, tuple)) else (damaged,)
    kind = {bytes: "B", str: "s", tuple: "I"}[type(values)]
    content = tiff(RGB, photometric="rgb", extratags=[(33723, kind, len(values), values, True)])
    assert read_photo(put(tmp_path / "a.tif", content)).metadata.iptc == Metadata().iptc


# inks


@pytest.mark.parametrize("profile", [b"", known_profile("cmyk")], ids=["plain", "profile"])
def test_inks_with_16_bits_look_as_with_8(profile, tmp_path):
    eight, sixteen = (
        put(tmp_path / f"{bits}.tif", tiff(deepened(CMYK, bits), photometric="separated", iccprofile=profile or None))
        for bits in (8, 16)
    )
    pillow = put(tmp_path / "a.jpg", encoded(Image.fromarray(CMYK, "CMYK"), "jpeg", quality=100, icc_profile=profile))
    assert read_photo(sixteen).bits == 16
    assert apart(sixteen, read_photo(eight).levels.astype(int)) <= 2
    assert np.abs(read_photo(eight).levels.astype(int) - read_photo(pillow).levels).mean() < LEVEL


# transparency


@pytest.mark.parametrize("bits", [8, 16])
def test_both_sides_of_a_comparison_stand_on_white(bits, trained, tmp_path):
    half = RGB.shape[1] // 2
    clear = np.full(RGB.shape[:2], 255, np.uint8)
    clear[:, :half] = 0
    path = put(tmp_path / "a.png", png(deepened(np.dstack([RGB // 2, clear]), bits)))
    guard = Guard([path], overwrite=False)
    jobs = list(plan([(path, Path(path.name))], Wishes(out=tmp_path / "out", compare=True), guard))
    look = Look(saturation=None, samples=0, prepare=True, hints=[], film_hints=[], quality=90)
    done = colorize_all(jobs, lambda: load(trained / "models/vae.safetensors", device="cpu"), look, guard)
    assert [(one.failure, one.warnings) for one in done] == [("", [])]
    with Image.open(jobs[0].comparison) as sheet:
        before, after = (np.asarray(sheet)[:, left:][:, : RGB.shape[1]] for left in (0, RGB.shape[1] + GAP))
    for side in (before, after):
        assert (side[:, :half] == 255).all() and side[:, half:].max() < 200
