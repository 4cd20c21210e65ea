"""Read image files: their headers, lightness, alpha and metadata."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.app.photo import sixteen_bit
from colorization.app.photo.metadata import Metadata, read_metadata
from colorization.app.photo.pixels import levels_of_image
from colorization.core.errors import InputError, one_line
from colorization.imaging.jpeg_scans import check_scans
from colorization.imaging.srgb import NO_RANGE, has_alpha, srgb_transform

MAX_PIXELS = 128_000_000  # a larger image is refused: it may be a decompression bomb
READ = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "DIB", "GIF", "PPM", "JPEG2000", "AVIF", "TGA", "PCX", "SGI")
MANY = ("GIF", "PNG", "WEBP", "AVIF", "TIFF")  # formats with frames or pages (the other pictures of MPO are previews)
BITS_PER_SAMPLE = 258  # the TIFF tag for the bit depth
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
class Photo:
    """An upright photograph: lightness levels (H,W), alpha (H,W) with `bits` bits or None, metadata for its result."""

    levels: NDArray[np.uint16]
    alpha: NDArray | None
    bits: int
    metadata: Metadata = field(default_factory=Metadata)


def read_header(path: Path) -> Header:
    """A file's header, without decoding its pixels. Raises InputError for a file that cannot be colorized."""
    with _opened(path) as image:
        return _header(path, image)


def read_photo(path: Path) -> Photo:
    """A photograph in a format of READ. Raises InputError (one line) if the file is foreign, damaged or too large."""
    with _opened(path) as image:
        header, metadata = _header(path, image), read_metadata(image)
        if header.bits == 16 and image.format in ("PNG", "TIFF"):
            levels, alpha = sixteen_bit.read_levels(
                path, image.format, to_srgb=srgb_transform(metadata.icc, image.mode) is not None
            )
        else:
            _load(path, image)
            levels, alpha = levels_of_image(image)
    turn = metadata.orientation
    return Photo(
        levels=upright(levels, turn),
        alpha=None if alpha is None else upright(alpha, turn),
        bits=header.bits,
        metadata=metadata.in_srgb(),
    )


def read_picture(path: Path, longest: int) -> Image.Image:
    """The photograph as a small upright RGB image for display; its sides are at most `longest` pixels."""
    with _opened(path) as image:
        _header(path, image)
        _load(path, image)
        to_srgb = srgb_transform(image.info.get("icc_profile"), image.mode)
        turn = read_metadata(image).orientation
        step = max(1, max(image.size) // longest)  # shrink before the first copy, to save memory
        plain = image.mode in ("L", "RGB", "RGBA", "CMYK")
        filtering = Image.Resampling.BOX if plain else Image.Resampling.NEAREST
        image = image.resize((max(1, image.width // step), max(1, image.height // step)), filtering)
        if image.mode.startswith("I"):
            image = Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
        elif to_srgb:
            image = to_srgb(image)
        if has_alpha(image):
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
        picture = Image.fromarray(upright(np.asarray(image.convert("RGB")), turn))
        picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        return picture


def upright(pixels: NDArray, orientation: int) -> NDArray:
    """A view of pixels (H,W,...), turned upright by the EXIF orientation 1..8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """An image file open for reading; any error of a decoder becomes an InputError that names the file."""
    try:
        if not path.is_file():  # reading a pipe would wait for ever
            raise InputError("file not found" if not path.exists() else "not a file")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large images and odd metadata
            with open(path, "rb") as file, Image.open(file, formats=READ) as image:
                yield image
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except Image.UnidentifiedImageError:
        reason = "empty" if path.is_file() and not path.stat().st_size else "not an image of a known format"
        raise InputError(f"{path}: {reason}; JPEG, PNG, TIFF, WebP and BMP are read") from None
    except Image.DecompressionBombError:
        raise InputError(f"{path}: larger than {MAX_PIXELS / 1e6:.0f} megapixels; scale it down") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{path}: cannot be read ({one_line(reason)})") from None
    except Exception as error:  # decoders raise many kinds of errors on damaged bytes, and Pillow passes them on
        raise InputError(f"{path}: damaged ({one_line(f'{type(error).__name__}: {error}')})") from None


def _header(path: Path, image: Image.Image) -> Header:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InputError(f"{width}×{height} is more than {MAX_PIXELS / 1e6:.0f} megapixels; scale it down")
    frames = getattr(image, "n_frames", 1) if image.format in MANY else 1
    if frames > 1:
        kind = f"has {frames} pages" if image.format == "TIFF" else f"animated, {frames} frames"
        raise InputError(f"{kind}; save the picture you want as a separate image")
    bits, alpha = _depth(path, image)
    name = {"MPO": "jpeg", "DIB": "bmp"}.get(image.format or "", (image.format or "").lower())
    return Header(format=name, width=width, height=height, bits=bits, alpha=alpha)


def _load(path: Path, image: Image.Image) -> None:
    if image.info.get("progressive"):
        check_scans(image, path.read_bytes())
    image.load()


def _depth(path: Path, image: Image.Image) -> tuple[int, bool]:
    """Bits per channel (8 or 16) and whether there is alpha, from the file: Pillow opens 16-bit colour as 8-bit."""
    alpha = has_alpha(image)
    if image.mode == "F":
        raise InputError(NO_RANGE)
    if image.format == "PNG":
        with open(path, "rb") as file:
            start = file.read(PNG_COLOUR_TYPE + 1)
        return (16 if start[PNG_DEPTH] == 16 else 8), alpha or start[PNG_COLOUR_TYPE] in (4, 6)
    if image.format == "TIFF":
        from PIL.TiffImagePlugin import TiffImageFile  # Pillow has loaded it by now

        assert isinstance(image, TiffImageFile)
        return (16 if 16 in image.tag_v2.get(BITS_PER_SAMPLE, ()) else 8), alpha
    return (16 if image.mode.startswith("I") else 8), alpha
