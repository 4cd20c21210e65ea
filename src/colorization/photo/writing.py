"""Write a coloured result completely or not at all."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.core.errors import InputError, one_line
from colorization.core.files import replacing
from colorization.imaging.srgb import eight_bits
from colorization.photo import sixteen_bit
from colorization.photo.formats import FORMATS
from colorization.photo.metadata import Metadata
from colorization.photo.reading import Photo
from colorization.photo.storing import fitted, for_result, save_arguments

PNG_LEVEL = 3  # zlib's compression level: three times as fast as Pillow's default, files a few per cent larger


def _always() -> None:
    """Nothing forbids to write a file."""


def write_photo(
    path: Path,
    photo: Photo,
    bands: Iterator[NDArray],
    *,
    name: str,
    quality: int,
    mark: bool = True,
    allowed: Callable[[], None] = _always,
) -> list[str]:
    """Write the whole result from its sRGB bands (rows,W,3) with `depth` bits; name: a format of FORMATS.

    quality: 1..100, for JPEG and WebP. mark: the file says that its colours are invented. allowed: called right before
    `path` is replaced; it may raise InputError. Returns a line about metadata that the format cannot hold, if any.
    Raises InputError if the format cannot hold the result.
    """
    height, width = photo.levels.shape
    if max(height, width) > FORMATS[name].sides:
        raise InputError(f"{path}: {name} holds at most {FORMATS[name].sides} pixels per side; use --format png")
    if photo.alpha is not None:
        bands = _with_alpha(bands, photo.alpha)
    bits = depth(photo, name)
    metadata = for_result(photo.metadata, (width, height), mark=mark)
    metadata, told = fitted(metadata, name, photo.metadata, bits=bits, mark=mark)
    with _writing(path, name, allowed) as file:
        if bits == 16:
            write = sixteen_bit.write_png if name == "png" else sixteen_bit.write_tiff
            write(file, bands, (height, width, 3 if photo.alpha is None else 4), metadata)
        else:
            image = assembled(bands, (width, height))
            _save(image, file, name, quality, metadata)
    return told


def depth(photo: Photo, name: str) -> int:
    """Bits per channel of a photograph's result; name: a format of FORMATS."""
    return 16 if photo.bits == 16 and FORMATS[name].deep else 8


def assembled(bands: Iterator[NDArray], size: tuple[int, int]) -> Image.Image:
    """Bands of rows, uint8, from top to bottom → one image of `size` (width, height)."""
    parts = map(_image, bands)
    first = next(parts)
    if first.size == size:
        return first
    image, top = Image.new(first.mode, size), 0
    for part in chain([first], parts):
        image.paste(part, (0, top))
        top += part.height
    return image


def _image(band: NDArray[np.uint8]) -> Image.Image:
    """A band (rows,W,3) or (rows,W,4) as an image; fastest if its planes lie one after the other."""
    planes = [Image.fromarray(np.ascontiguousarray(band[..., channel])) for channel in range(band.shape[2])]
    return Image.merge("RGB" if len(planes) == 3 else "RGBA", planes)


def _with_alpha(bands: Iterator[NDArray], alpha: NDArray) -> Iterator[NDArray]:
    top = 0
    for band in bands:
        part = alpha[top : top + len(band)]
        if part.dtype != band.dtype:  # the user asked for an 8-bit format
            part = eight_bits(part)
        yield np.dstack([band, part])
        top += len(band)


def save(
    image: Image.Image, path: Path, *, name: str, quality: int, mark: bool = True, allowed: Callable[[], None] = _always
) -> None:
    """Write an 8-bit image with invented colours completely or not at all; arguments as of `write_photo`."""
    with _writing(path, name, allowed) as file:
        _save(image, file, name, quality, for_result(Metadata(), image.size, mark=mark))


def _save(image: Image.Image, file: BinaryIO, name: str, quality: int, metadata: Metadata) -> None:
    arguments = save_arguments(metadata, name)
    if FORMATS[name].lossy:
        arguments["quality"] = quality
    if name == "png":
        arguments["compress_level"] = PNG_LEVEL
    target: Any = _Undescribed(file)
    image.save(target, name, **arguments)


class _Undescribed:
    """A file that hides its descriptor: Pillow's encoders would write there themselves, and take a full disk for none.

    They miss it if a disk takes only a part of their last bytes; Python does not.
    """

    def __init__(self, file: BinaryIO):
        self.write, self.seek, self.tell, self.flush = file.write, file.seek, file.tell, file.flush


@contextmanager
def _writing(path: Path, name: str, allowed: Callable[[], None]) -> Iterator[BinaryIO]:
    """A file to write. Raises InputError, naming the file, if the format cannot hold the image or its metadata."""
    try:
        with replacing(path) as file:
            yield file
            allowed()
    except (OSError, ValueError, TypeError, RuntimeError, LookupError, ArithmeticError, struct.error) as error:
        if isinstance(error, OSError) and error.errno:  # an error of the disk, not of the format
            raise
        raise InputError(f"{path}: cannot be written as {name} ({one_line(error)}); choose another --format") from None
