"""16-bit PNG and every TIFF → sRGB, with libvips: Pillow holds no 16-bit colour, and fewer kinds of TIFF."""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.core.errors import InputError
from colorization.imaging import png_gamma
from colorization.imaging.srgb import eight_bits, srgb_transform
from colorization.imaging.tiff import CHANNELS, Page

if TYPE_CHECKING:
    import pyvips

BAND = 2**20  # pixels decoded at a time
FORMATS = {"uchar": np.uint8, "ushort": np.uint16}


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Where pixels lie: a file, or its content, and a TIFF's page; without a page it is a PNG.

    profile: apply the embedded ICC profile. gamma: as `png_gamma.exponent` gives it.
    """

    source: Path | bytes
    page: Page | None = None
    profile: bool = False
    gamma: float | None = None


def reads(page: Page) -> bool:
    """Whether libvips reads a TIFF's page: not CIELab with 8 bits, which Pillow reads."""
    return page.mode != "LAB" or page.bits != 8


def of_tiff(source: Path | bytes, page: Page) -> Stored:
    """A TIFF's page with its profile, if that belongs to its kind of pixels and is not sRGB's."""
    transform = srgb_transform(page.profile, "RGB" if page.mode == "P" else page.mode)
    return Stored(source=source, page=page, profile=transform is not None)


def rows(stored: Stored) -> Iterator[NDArray]:
    """Bands (rows,W,C) of the whole image from top to bottom in sRGB, uint8 or uint16; C as in `srgb.pixels_of`.

    Raises InputError for other kinds of pixels, and pyvips.Error for damaged bytes.
    """
    import pyvips

    image = _in_srgb(stored)
    width, bands = image.width, image.bands
    region = pyvips.Region.new(image)  # reads in order, as a sequential image requires
    for top in range(0, image.height, count := max(1, BAND // width)):
        height = min(count, image.height - top)
        yield np.frombuffer(region.fetch(0, top, width, height), FORMATS[image.format]).reshape(height, width, bands)


def picture(stored: Stored, longest: int) -> Image.Image:
    """The image in sRGB on white, 8 bits, shrunk to sides of about `longest` pixels or a little more."""
    image = _in_srgb(stored)
    white = 2 ** _depth(image) - 1
    if image.bands in (2, 4):
        image = image.flatten(background=[white] * (image.bands - 1), max_alpha=white)
    if step := max(image.width, image.height) // longest:
        image = image.shrink(min(step, image.width), min(step, image.height))
    return _rgb(image)


def opaque(stored: Stored) -> Image.Image:
    """The whole image in sRGB, 8 bits, without its alpha."""
    image = _in_srgb(stored)
    return _rgb(image[: 1 if image.bands < 3 else 3])


def _rgb(image: "pyvips.Image") -> Image.Image:
    """Gray or RGB with 8 or 16 bits → RGB with 8."""
    shape = image.height, image.width, image.bands
    pixels = image.numpy().reshape(shape[:2] if image.bands == 1 else shape)
    return Image.fromarray(eight_bits(pixels)).convert("RGB")


def _in_srgb(stored: Stored) -> "pyvips.Image":
    image = _loaded(stored)
    page = stored.page
    count = CHANNELS[page.mode] if page and page.mode != "P" else 1 if image.bands < 3 else 3
    alpha = page.alpha if page else count if image.bands > count else None
    if page and page.mode == "P" and alpha is not None:
        alpha += count - 1  # libvips has looked the palette up
    colour = image if image.bands == count else image[:count]
    if stored.profile:  # Pillow's own intent
        colour = colour.icc_transform("srgb", embedded=True, intent="perceptual", depth=_depth(image))
    elif count == 4:
        colour = _from_cmyk(colour)
    elif image.interpretation in ("lab", "labs"):
        colour = colour.colourspace("rgb16")
    if stored.gamma is not None:
        colour = colour.maplut(_lut(png_gamma.table(stored.gamma, 2 ** _depth(image))))
    if colour.format not in FORMATS:
        raise InputError(f"{image.bands} channels of type {colour.format}; save it as gray or RGB with 8 or 16 bits")
    return colour if alpha is None else colour.bandjoin(image[alpha])


def _loaded(stored: Stored) -> "pyvips.Image":
    import pyvips  # only these files need it

    logging.getLogger("pyvips").setLevel(logging.CRITICAL)  # callers report damaged files, in one line each
    # new_from_file of Image would take the [1] of "photo[1].png" for an option
    if isinstance(stored.source, bytes):
        source = pyvips.Source.new_from_memory(stored.source)
    else:  # as bytes: a name on Linux need not be UTF-8
        source = pyvips.Source.new_from_file(os.fsencode(stored.source))
    if stored.page is None:
        return pyvips.Image.pngload_source(source, access="sequential", fail_on="truncated")
    number = stored.page.number
    return pyvips.Image.tiffload_source(source, page=number, access="sequential", fail_on="truncated")


def _depth(image: "pyvips.Image") -> int:
    return 8 if image.format == "uchar" else 16


def _from_cmyk(image: "pyvips.Image") -> "pyvips.Image":
    """CMYK without a profile → RGB, by the plain product that Pillow uses for 8 bits."""
    light = image.invert()
    kind = "srgb" if image.format == "uchar" else "rgb16"
    return (light[:3] * light[3] / (2 ** _depth(image) - 1)).rint().cast(image.format).copy(interpretation=kind)


def _lut(table: NDArray) -> "pyvips.Image":
    import pyvips

    return pyvips.Image.new_from_array(table[None])
