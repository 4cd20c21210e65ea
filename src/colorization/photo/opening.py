"""Open image files: which decoder reads which, and what their headers say."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

from colorization.core.errors import InputError, one_line
from colorization.imaging.deep import BITS, Deep, deep_colour, stored_bits
from colorization.imaging.heif import INSTALL, is_heif, reads_heif
from colorization.imaging.jpeg_end import decoded
from colorization.imaging.jpeg_scans import check_scans
from colorization.imaging.png_gamma import drop_overruled_gamma, exponent
from colorization.imaging.srgb import (
    MAX_PIXELS,
    NO_RANGE,
    check_size,
    eight_bits,
    has_alpha,
    is_gray,
    on_white,
    pixels_of,
    srgb_transform,
)
from colorization.imaging.tiff import Page, is_tiff, photograph
from colorization.imaging.vips import Stored, of_tiff, picture, reads, rows
from colorization.photo.metadata import Metadata, read_metadata, tiff_metadata
from colorization.photo.pixels import Planes, levels_of_image, levels_of_rows

READ_ALWAYS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "DIB", "GIF", "PPM", "JPEG2000", "AVIF", "TGA", "PCX", "SGI")
READ = (*READ_ALWAYS, "HEIF")
MANY = ("GIF", "PNG", "WEBP", "AVIF")  # formats with frames (the other pictures of MPO and HEIF are not the photograph)
CUT = "damaged, its end is missing; what is there was colorized"
PngImagePlugin.MAX_TEXT_CHUNK = 16 * 2**20  # bytes of an ICC profile, too: those of printers exceed 1 MB
PNG_DEPTH, PNG_COLOUR_TYPE = 24, 25  # byte offsets of two header fields in a PNG file


@dataclass(frozen=True, kw_only=True)
class Header:
    """A file's format (of READ, in lower case), size in pixels, bits per channel, and whether it has alpha."""

    format: str
    width: int
    height: int
    bits: int
    alpha: bool


@dataclass(frozen=True, kw_only=True)
class ImageFile:
    """An open image file. picture: on white, not yet upright, its sides `longest` pixels or a little more.

    colour: whether its pixels may have colours. warnings: a line for each part of the file that is missing or was not
    kept; known after the pixels were read.
    """

    header: Header
    metadata: Metadata
    planes: Callable[[], Planes]
    picture: Callable[[int], Image.Image]
    colour: bool = True
    warnings: list[str] = field(default_factory=list)


@contextmanager
def opened(path: Path) -> Iterator[ImageFile]:
    """An image file open for reading; any error of a decoder becomes an InputError that names the file."""
    try:
        if not path.is_file():  # reading a pipe would wait for ever
            raise InputError(missing(path))
        with warnings.catch_warnings(), open(path, "rb") as file:
            warnings.simplefilter("ignore")  # Pillow warns of large images and odd metadata
            start = file.read(12)
            file.seek(0)
            page = photograph(file) if is_tiff(start) else None
            if page and reads(page):
                yield _tiff(path, file, page)
                return
            with Image.open(file, formats=READ if is_heif(start) and reads_heif() else READ_ALWAYS) as image:
                yield _image(path, image)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except Image.UnidentifiedImageError:
        raise InputError(f"{path}: {_foreign(path)}") from None
    except Image.DecompressionBombError:
        raise InputError(f"{path}: larger than {MAX_PIXELS / 1e6:.0f} megapixels; scale it down") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{path}: cannot be read ({one_line(reason)})") from None
    except MemoryError:
        raise
    except Exception as error:  # decoders raise many kinds of errors on damaged bytes, and Pillow passes them on
        raise InputError(f"{path}: damaged ({one_line(f'{type(error).__name__}: {error}')})") from None


def missing(path: Path) -> str:
    """Why a path that is no file cannot be read."""
    if path.exists():
        return "not a file"
    return "a link to a file that is missing" if path.is_symlink() else "file not found"


def _foreign(path: Path) -> str:
    """Why Pillow does not know a file, and what to do."""
    with open(path, "rb") as file:
        start = file.read(12)
    if is_heif(start) and not reads_heif():
        return f"HEIC needs one more package; {INSTALL}"
    return (
        f"{'not an image of a known format' if start else 'empty'}; JPEG, PNG, TIFF, WebP, AVIF, HEIC and BMP are read"
    )


def _tiff(path: Path, file: BinaryIO, page: Page) -> ImageFile:
    header = Header(format="tiff", width=page.width, height=page.height, bits=page.bits, alpha=page.alpha is not None)
    return _by_libvips(header, tiff_metadata(file, page), of_tiff(path, page))


def _image(path: Path, image: Image.Image) -> ImageFile:
    check_size(*image.size)
    frames = getattr(image, "n_frames", 1) if image.format in MANY else 1
    if frames > 1:
        raise InputError(f"animated, {frames} frames; save the picture you want as a separate image")
    if image.mode == "F":
        raise InputError(NO_RANGE)
    drop_overruled_gamma(image)
    if deep := deep_colour(path) if image.format in ("PPM", "SGI") else None:
        return _by_rows(deep, image)
    bits, alpha = _depth(path, image)
    name = {"MPO": "jpeg", "DIB": "bmp"}.get(image.format or "", (image.format or "").lower())
    header = Header(format=name, width=image.width, height=image.height, bits=bits, alpha=alpha)
    metadata = read_metadata(image)
    if bits == 16 and image.format == "PNG":
        profile = srgb_transform(metadata.icc, image.mode) is not None
        return _by_libvips(header, metadata, Stored(source=path, profile=profile, gamma=exponent(image.info)))
    warnings = _shallow(path, image) if bits == 8 else []
    return ImageFile(
        header=header,
        metadata=metadata,
        planes=lambda: levels_of_image(_loaded(path, image, warnings)),
        picture=lambda longest: _small(_loaded(path, image, warnings), longest),
        colour=not is_gray(image.mode),
        warnings=warnings,
    )


def _shallow(path: Path, image: Image.Image) -> list[str]:
    """A line about JPEG 2000 with colours of more than 8 bits, which Pillow reads with 8."""
    bits = stored_bits(path) if image.format == "JPEG2000" else 8
    return [f"of its {bits} bits per channel 8 are kept; save it as a 16-bit TIFF to keep 16"] if bits > 8 else []


def _by_rows(deep: Deep, image: Image.Image) -> ImageFile:
    size = deep.height, deep.width
    name, (height, width) = (image.format or "").lower(), size
    header = Header(format=name, width=width, height=height, bits=BITS, alpha=deep.alpha)

    def whole() -> Image.Image:
        pixels = np.concatenate([eight_bits(band) for band in deep.bands()])
        return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)

    return ImageFile(
        header=header,
        metadata=read_metadata(image),
        planes=lambda: levels_of_rows(deep.bands(), size),
        picture=lambda longest: _small(whole(), longest),
    )


def _by_libvips(header: Header, metadata: Metadata, stored: Stored) -> ImageFile:
    return ImageFile(
        header=header,
        metadata=metadata,
        planes=lambda: levels_of_rows(rows(stored), (header.height, header.width)),
        picture=partial(picture, stored),
    )


def _loaded(path: Path, image: Image.Image, warnings: list[str]) -> Image.Image:
    """The decoded image. A JPEG whose end is missing is decoded as far as it goes, with a warning."""
    if image.format not in ("JPEG", "MPO"):
        image.load()
        return image
    content = path.read_bytes()
    if image.info.get("progressive"):
        check_scans(image, content)
    image, whole = decoded(image, content)
    if not whole and CUT not in warnings:
        warnings.append(CUT)
    return image


def _small(image: Image.Image, longest: int) -> Image.Image:
    to_srgb = srgb_transform(image.info.get("icc_profile"), image.mode)
    step = max(1, max(image.size) // longest)  # shrink before the first copy, to save memory
    filtering = Image.Resampling.BOX if image.mode in ("L", "RGB", "RGBA", "CMYK") else Image.Resampling.NEAREST
    image = image.resize((max(1, image.width // step), max(1, image.height // step)), filtering)
    return on_white(eight_bits(pixels_of(image, to_srgb)))


def _depth(path: Path, image: Image.Image) -> tuple[int, bool]:
    """Bits per channel (8 or 16) and whether there is alpha, from the file: Pillow opens 16-bit colour as 8-bit."""
    alpha = has_alpha(image)
    if image.format != "PNG":
        return (16 if image.mode.startswith("I") else 8), alpha
    with open(path, "rb") as file:
        start = file.read(PNG_COLOUR_TYPE + 1)
    return (16 if start[PNG_DEPTH] == 16 else 8), alpha or start[PNG_COLOUR_TYPE] in (4, 6)
