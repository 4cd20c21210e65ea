"""Image files: what one holds, its lightness and what must survive, and writing the coloured result."""

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.errors import InputError
from colorization.files import replacing
from colorization.photo import deep
from colorization.photo.metadata import Metadata, read_metadata, save_arguments
from colorization.photo.pixels import NO_RANGE, has_alpha, levels_of_image, srgb_transform
from colorization.scans import check_scans

MAX_PIXELS = 128_000_000  # above it a file is taken for a decompression bomb
READ = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "DIB", "GIF", "PPM", "JPEG2000", "AVIF", "TGA", "PCX", "SGI")
PNG_LEVEL = 3  # of zlib: three times as fast as Pillow's default, a few per cent larger
MANY = ("GIF", "PNG", "WEBP", "AVIF", "TIFF")  # formats with frames or pages (MPO's other pictures are previews)
BITS_PER_SAMPLE = 258  # a TIFF tag
PNG_DEPTH, PNG_COLOUR_TYPE = 24, 25  # offsets in a PNG file of two bytes of its header chunk


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format that results are written in; `sides` is its largest width and height."""

    suffixes: tuple[str, ...]
    alpha: bool
    deep: bool = False  # can hold 16 bits
    lossy: bool = False  # takes a quality
    sides: int = 2**31 - 1


FORMATS = {
    "jpeg": Format(suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"), alpha=False, lossy=True, sides=65_500),
    "png": Format(suffixes=(".png",), alpha=True, deep=True),
    "tiff": Format(suffixes=(".tif", ".tiff"), alpha=True, deep=True),
    "webp": Format(suffixes=(".webp",), alpha=True, lossy=True, sides=16_383),
    "bmp": Format(suffixes=(".bmp", ".dib"), alpha=False),
}


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a file's first bytes say: its format (of FORMATS, or another), size, depth, and whether it has alpha."""

    format: str
    width: int
    height: int
    bits: int
    alpha: bool


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photograph, upright: lightness levels (H,W), alpha (H,W) of `bits` or None, and what its result keeps."""

    levels: NDArray[np.uint16]
    alpha: NDArray | None
    bits: int
    metadata: Metadata = field(default_factory=Metadata)


def read_header(path: Path) -> Header:
    """What a file holds, without decoding it. Raises InputError for what cannot be colorized."""
    with _opened(path) as image:
        return _header(path, image)


def read_photo(path: Path) -> Photo:
    """A photograph of any format of READ. Raises InputError (one line) for a file that is none, damaged or too large."""
    with _opened(path) as image:
        header, metadata = _header(path, image), read_metadata(image)
        if header.bits == 16 and image.format in ("PNG", "TIFF"):
            levels, alpha = deep.read_levels(
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


def write_photo(path: Path, photo: Photo, bands: Iterator[NDArray], *, name: str, quality: int) -> None:
    """Write sRGB bands (rows,W,3), of `depth` bits and together the photograph, as a format of FORMATS, or nothing.

    quality: 1..100, of JPEG and WebP. Raises InputError when the format cannot hold it.
    """
    height, width = photo.levels.shape
    if max(height, width) > FORMATS[name].sides:
        raise InputError(f"{path}: {name} holds at most {FORMATS[name].sides} pixels a side; use --format png")
    if photo.alpha is not None:
        bands = _with_alpha(bands, photo.alpha)
    with _writing(path, name) as file:
        if depth(photo, name) == 16:
            write = deep.write_png if name == "png" else deep.write_tiff
            write(file, bands, (height, width, 3 if photo.alpha is None else 4), photo.metadata)
        else:
            image = assembled(bands, (width, height), alpha=photo.alpha is not None)
            _save(image, file, name, quality, photo.metadata)


def depth(photo: Photo, name: str) -> int:
    """Bits a channel of a photograph's result in a format of FORMATS."""
    return 16 if photo.bits == 16 and FORMATS[name].deep else 8


def assembled(bands: Iterator[NDArray], size: tuple[int, int], *, alpha: bool = False) -> Image.Image:
    """Bands of rows, uint8, from top to bottom → an image of that width and height."""
    image, top = Image.new("RGBA" if alpha else "RGB", size), 0
    for band in bands:
        image.paste(Image.fromarray(band), (0, top))
        top += len(band)
    return image


def _with_alpha(bands: Iterator[NDArray], alpha: NDArray) -> Iterator[NDArray]:
    top = 0
    for band in bands:
        part = alpha[top : top + len(band)]
        if part.dtype != band.dtype:  # 16 bits written as 8, by wish
            part = (part >> 8).astype(np.uint8)
        yield np.dstack([band, part])
        top += len(band)


def save(image: Image.Image, path: Path, *, name: str, quality: int, metadata: Metadata) -> None:
    """Write an 8-bit image as a format of FORMATS, whole or not at all."""
    with _writing(path, name) as file:
        _save(image, file, name, quality, metadata)


def _save(image: Image.Image, file: BinaryIO, name: str, quality: int, metadata: Metadata) -> None:
    arguments = save_arguments(metadata, name)
    if FORMATS[name].lossy:
        arguments["quality"] = quality
    if name == "png":
        arguments["compress_level"] = PNG_LEVEL
    image.save(file, name, **arguments)


@contextmanager
def _writing(path: Path, name: str) -> Iterator[BinaryIO]:
    """A file to write; what the format cannot hold, metadata included, becomes an InputError that names the file."""
    try:
        with replacing(path) as file:
            yield file
    except (OSError, ValueError, TypeError, RuntimeError, LookupError, ArithmeticError, struct.error) as error:
        if isinstance(error, OSError) and error.errno:  # the disk's own
            raise
        reason = _line(str(error))
        raise InputError(f"{path}: cannot be written as {name} ({reason}); choose another --format") from None


def read_picture(path: Path, longest: int) -> Image.Image:
    """The file as it looks, upright, RGB with 8 bits, sides of at most `longest`: for showing, not for keeping."""
    with _opened(path) as image:
        _header(path, image)
        _load(path, image)
        to_srgb = srgb_transform(image.info.get("icc_profile"), image.mode)
        turn = read_metadata(image).orientation
        step = max(1, max(image.size) // longest)  # smaller before anything is copied: memory
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
    """A view of pixels (H,W,...) turned as the EXIF orientation 1..8 says."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """An image file open for reading; anything that a decoder raises becomes an InputError that names the file."""
    try:
        if not path.is_file():  # a pipe would wait for ever
            raise InputError("no such file" if not path.exists() else "not a file")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's on bombs below its own limit, and on odd metadata
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
        raise InputError(f"{path}: cannot be read ({_line(reason)})") from None
    except Exception as error:  # decoders raise all kinds on damaged bytes, and Pillow lets them through
        raise InputError(f"{path}: damaged ({_line(f'{type(error).__name__}: {error}')})") from None


def _header(path: Path, image: Image.Image) -> Header:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InputError(f"{width}×{height} is more than {MAX_PIXELS / 1e6:.0f} megapixels; scale it down")
    frames = getattr(image, "n_frames", 1) if image.format in MANY else 1
    if frames > 1:
        kind = f"has {frames} pages" if image.format == "TIFF" else f"animated, {frames} frames"
        raise InputError(f"{kind}; save the one you want as an image of its own")
    bits, alpha = _depth(path, image)
    name = {"MPO": "jpeg", "DIB": "bmp"}.get(image.format or "", (image.format or "").lower())
    return Header(format=name, width=width, height=height, bits=bits, alpha=alpha)


def _load(path: Path, image: Image.Image) -> None:
    if image.info.get("progressive"):
        check_scans(image, path.read_bytes())
    image.load()


def _depth(path: Path, image: Image.Image) -> tuple[int, bool]:
    """Bits a channel, 8 or 16, and whether there is alpha: Pillow opens 16-bit colour as if it had 8."""
    alpha = has_alpha(image)
    if image.mode == "F":
        raise InputError(NO_RANGE)
    if image.format == "PNG":
        with open(path, "rb") as file:
            start = file.read(PNG_COLOUR_TYPE + 1)
        return (16 if start[PNG_DEPTH] == 16 else 8), alpha or start[PNG_COLOUR_TYPE] in (4, 6)
    if image.format == "TIFF":
        return (16 if 16 in image.tag_v2.get(BITS_PER_SAMPLE, ()) else 8), alpha
    return (16 if image.mode.startswith("I") else 8), alpha


def _line(text: str) -> str:
    return " ".join(text.split())[:160]
