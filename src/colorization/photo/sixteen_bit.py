"""16-bit PNG and TIFF, written row by row. Pillow cannot hold 16-bit colour."""

import struct
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.imaging.tiff import IPTC, XMP
from colorization.photo.metadata import Metadata
from colorization.photo.storing import png_texts

STRIP = 16  # rows in one strip of a TIFF
LEVEL = 3  # zlib's compression level: three times as fast as its default, files a few per cent larger


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
    """The texts of EXIF, XMP and IPTC, as tifffile's tuples (code, type, count, value, once)."""
    exif = Image.Exif()
    exif.load(metadata.exif)
    texts = {code: value for code, value in exif.items() if isinstance(value, str)}
    tags = [(code, "s", 0, value.encode("latin-1", "replace"), True) for code, value in texts.items()]
    parts = ((XMP, metadata.xmp), (IPTC, metadata.iptc))
    return [*tags, *((code, "B", len(part), part, True) for code, part in parts if part)]
