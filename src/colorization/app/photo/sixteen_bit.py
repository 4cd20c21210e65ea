"""16-bit PNG and TIFF: read with libvips, written row by row. Pillow cannot hold 16-bit colour."""

import struct
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.app.photo.metadata import XMP_TAG, Metadata, png_texts
from colorization.app.photo.recolor import lightness_of
from colorization.core.errors import InputError

BAND = 2**20  # pixels decoded at a time
STRIP = 16  # rows in one strip of a TIFF
LEVEL = 3  # zlib's compression level: three times as fast as its default, files a few per cent larger


def read_levels(path: Path, name: str, *, to_srgb: bool) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None]:
    """A 16-bit PNG or TIFF → lightness levels and alpha, both (H,W); to_srgb: apply the embedded ICC profile.

    Raises InputError for other than 1 to 4 channels of 16 bits, and pyvips.Error for damaged bytes.
    """
    import pyvips  # only 16-bit files need it

    source = pyvips.Source.new_from_file(str(path))  # an Image would take the [1] of "photo[1].png" for an option
    load = pyvips.Image.pngload_source if name == "PNG" else pyvips.Image.tiffload_source
    image = load(source, access="sequential", fail_on="truncated")
    if to_srgb:
        image = image.icc_transform("srgb", embedded=True, depth=16)
    elif image.interpretation == "cmyk":
        image = image.colourspace("rgb16")
    height, width, bands = image.height, image.width, image.bands
    if image.format != "ushort" or bands > 4:
        raise InputError(f"{bands} channels of type {image.format}; save it as gray or RGB with 8 or 16 bits")
    levels = np.empty((height, width), np.uint16)
    alpha = np.empty((height, width), np.uint16) if bands in (2, 4) else None
    region = pyvips.Region.new(image)  # reads in order, as a sequential image requires
    for top in range(0, height, rows := max(1, BAND // width)):
        count = min(rows, height - top)
        pixels = np.frombuffer(region.fetch(0, top, width, count), np.uint16).reshape(count, width, bands)
        levels[top : top + count] = lightness_of(pixels[..., 0] if bands < 3 else pixels[..., :3])
        if alpha is not None:
            alpha[top : top + count] = pixels[..., -1]
    return levels, alpha


def write_png(file: BinaryIO, rows: Iterator[NDArray], shape: tuple[int, int, int], metadata: Metadata) -> None:
    """Write bands (rows,W,C) of sRGB or RGBA, uint16, as a PNG of `shape` (H,W,C)."""
    height, width, channels = shape
    file.write(b"\x89PNG\r\n\x1a\n")
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2 if channels == 3 else 6, 0, 0, 0))
    if metadata.icc:
        _chunk(file, b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc))
    if metadata.exif:
        _chunk(file, b"eXIf", metadata.exif.removeprefix(b"Exif\0\0"))
    if metadata.dpi:
        _chunk(file, b"pHYs", struct.pack(">IIB", *(round(dpi / 0.0254) for dpi in metadata.dpi), 1))
    for kind, content, *_ in png_texts(metadata).chunks:
        _chunk(file, kind, content)
    stream = zlib.compressobj(LEVEL)
    for band in rows:
        pixels = band.astype(">u2").reshape(len(band), width, channels).view(np.uint8).reshape(len(band), width, -1)
        filtered = np.empty((len(band), 1 + width * 2 * channels), np.uint8)
        filtered[:, 0] = 1  # PNG's filter "Sub": subtract the same byte of the left pixel
        differences = filtered[:, 1:].reshape(pixels.shape)
        differences[:, 0] = pixels[:, 0]
        np.subtract(pixels[:, 1:], pixels[:, :-1], out=differences[:, 1:])
        _chunk(file, b"IDAT", stream.compress(filtered.tobytes()))
    _chunk(file, b"IDAT", stream.flush())
    _chunk(file, b"IEND", b"")


def _chunk(file: BinaryIO, kind: bytes, content: bytes) -> None:
    if content or kind != b"IDAT":
        file.write(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)))


def write_tiff(file: BinaryIO, rows: Iterator[NDArray], shape: tuple[int, int, int], metadata: Metadata) -> None:
    """As `write_png`, for TIFF. Of EXIF it keeps the texts (camera, date, author and the like), not the exposure."""
    import tifffile  # only 16-bit results need it

    first = next(rows)
    strip = STRIP if len(first) % STRIP == 0 else len(first)
    strips = (band[top : top + strip] for band in chain([first], rows) for top in range(0, len(band), strip))
    with tifffile.TiffWriter(file) as tiff:
        tiff.write(
            (_packed(pixels) for pixels in strips),
            shape=shape,
            dtype=np.uint16,
            photometric="rgb",
            extrasamples=["unassalpha"] if shape[2] == 4 else None,
            compression="adobe_deflate",
            predictor="horizontal",
            rowsperstrip=strip,
            iccprofile=metadata.icc or None,
            resolution=metadata.dpi,
            resolutionunit="inch" if metadata.dpi else None,
            extratags=_tiff_tags(metadata),
            metadata=None,
            software=False,
        )


def _packed(pixels: NDArray) -> bytes:
    """A strip (rows,W,C) uint16 → bytes, with TIFF's horizontal predictor and deflate."""
    differences = pixels.copy()
    np.subtract(pixels[:, 1:], pixels[:, :-1], out=differences[:, 1:])
    return zlib.compress(differences.astype("<u2").tobytes(), LEVEL)


def _tiff_tags(metadata: Metadata) -> list[tuple]:
    """The texts of EXIF, and XMP, as tifffile's tuples (code, type, count, value, once)."""
    exif = Image.Exif()
    exif.load(metadata.exif)
    tags = [(code, "s", 0, value, True) for code, value in exif.items() if isinstance(value, str)]
    return [*tags, (XMP_TAG, "B", len(metadata.xmp), metadata.xmp, True)] if metadata.xmp else tags
