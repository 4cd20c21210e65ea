"""Any image → sRGB: training and the command read the same colours, for every mode and ICC profile."""

import io

import numpy as np
import pytest
from archives import params
from photos import deep, encoded, exif, known_profile, linear_gray, photo
from PIL import Image, ImageCms, ImageOps

from colorization.color import lab_to_rgb
from colorization.core.errors import InputError
from colorization.imaging.srgb import to_rgb
from colorization.photo.reading import read_photo, read_picture
from colorization.photo.recolor import lightness_of
from colorization.preprocessing.packing import decode

PROFILES = {"RGB": known_profile("p3"), "L": linear_gray(), "CMYK": known_profile("cmyk")}
WHOLE = 10_000  # pixels per side, more than any photograph here has
LEVEL = 65535 / 255  # lightness levels of the command per step of 1/255


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def from_bytes(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def apart(ours: Image.Image, path) -> float:
    """The largest difference in lightness, in 1/255, between our pixels and the command's reader."""
    return np.abs(lightness_of(np.asarray(ours)).astype(int) - read_photo(path).levels).max() / LEVEL


@pytest.mark.parametrize("mode", PROFILES)
def test_training_and_the_command_read_the_same_colours(mode, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(photo().convert(mode), "jpeg", icc_profile=PROFILES[mode], exif=exif(6)))
    ours, shown = to_rgb(ImageOps.exif_transpose(Image.open(path))), read_picture(path, WHOLE)
    assert ours.mode == "RGB" and np.abs(pixels(ours) - pixels(shown)).max() <= 1
    assert apart(ours, path) <= 1
    without = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    assert np.abs(pixels(ours) - pixels(without)).max() > 20, "the profile says something"
    lab = decode(path.read_bytes(), params())[0].astype(np.float32)
    packed = np.round(lab_to_rgb(lab[:1], lab[1:]) * 255).transpose(1, 2, 0)
    left, top = ((side - 32) // 2 for side in shown.size)
    assert np.abs(packed - pixels(shown)[top : top + 32, left : left + 32]).max() <= 1


@pytest.mark.parametrize("mode", PROFILES)
def test_a_profile_is_applied_as_littlecms_does(mode):
    image = photo().convert(mode)
    expected = ImageCms.profileToProfile(
        image, io.BytesIO(PROFILES[mode]), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    image.info["icc_profile"] = PROFILES[mode]
    assert np.abs(pixels(to_rgb(image)) - pixels(expected)).max() <= 1


@pytest.mark.parametrize("mode, other", [("RGB", ""), ("RGB", "CMYK"), ("L", "RGB")])
def test_a_profile_for_other_pixels_is_ignored(mode, other):
    image = photo().convert(mode)
    before = pixels(to_rgb(image))
    image.info["icc_profile"] = PROFILES.get(other, b"no profile at all")
    assert (pixels(to_rgb(image)) == before).all()


@pytest.mark.parametrize("mode, alpha", [("RGB", "RGBA"), ("L", "LA")])
@pytest.mark.parametrize("with_profile", [False, True])
def test_alpha_is_dropped(mode, alpha, with_profile):
    options = {"icc_profile": PROFILES[mode]} if with_profile else {}
    opaque = photo().convert(mode)
    clear = opaque.convert(alpha)
    clear.putalpha(photo().convert("L").point(lambda value: 255 - value))
    ours = to_rgb(from_bytes(encoded(clear, "png", **options)))
    assert (ours.mode, ours.size) == ("RGB", opaque.size)
    assert (pixels(ours) == pixels(to_rgb(from_bytes(encoded(opaque, "png", **options))))).all()


def test_a_transparent_colour_of_a_palette_is_dropped_too():
    image = photo().quantize(20)
    ours = to_rgb(from_bytes(encoded(image, "png", transparency=3)))
    assert (pixels(ours) == pixels(image.convert("RGB"))).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA", "CMYK", "I", "YCbCr", "HSV"])
def test_every_mode_becomes_rgb(mode):
    image = Image.new("RGB", (4, 4), (255, 128, 0)).convert("L").convert("I").convert(mode) if mode == "I;16" else None
    image = image or Image.new("RGB", (4, 4), (255, 128, 0)).convert(
        "L" if mode in ("LA", "I", "1") else "RGB"
    ).convert(mode)
    assert to_rgb(image).mode == "RGB"


@pytest.mark.parametrize(
    "image, told",
    [
        (Image.new("F", (4, 4)), "no fixed black and white"),
        (Image.new("I", (4, 4), 65_536), "outside 0..65535"),
        (Image.new("I", (4, 4), -1), "outside 0..65535"),
    ],
)
def test_pixels_without_a_fixed_range_are_refused(image, told):
    with pytest.raises(InputError, match=told):
        to_rgb(image)


def test_sixteen_bit_gray_is_scaled_not_clipped():
    wide = Image.fromarray(np.full((4, 4), 128 * 256, np.uint16))
    assert to_rgb(wide).getpixel((0, 0)) == (128, 128, 128)


@pytest.mark.parametrize("name, channels", [("png", 1), ("png", 2), ("png", 3), ("png", 4), ("tiff", 1), ("tiff", 3)])
def test_sixteen_bits_are_scaled_as_the_command_does(name, channels, tmp_path):
    path = tmp_path / f"deep.{name}"
    path.write_bytes(deep(channels, name))
    assert apart(to_rgb(Image.open(path)), path) <= 1


@pytest.mark.parametrize("name", ["png", "tiff"])
def test_the_profile_of_sixteen_bit_gray_is_applied_as_the_command_does(name, tmp_path):
    path = tmp_path / f"deep.{name}"
    levels = np.linspace(16384, 65535, 48 * 40).reshape(48, 40).astype(np.uint16)
    Image.fromarray(levels).save(path, icc_profile=linear_gray())
    assert Image.open(path).mode.startswith("I") and read_photo(path).bits == 16
    assert apart(to_rgb(Image.open(path)), path) <= 2  # it is reduced to 8 bits first, with coarse steps in the darks
    plain = (levels >> 8).astype(int)
    assert np.abs(pixels(to_rgb(Image.open(path)))[..., 0] - plain).max() > 20, "the profile says something"
