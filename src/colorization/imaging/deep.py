"""PNM and SGI with 16 bits per channel, which Pillow reads with 8: what scanners write (`scanimage --depth 16`)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorization.core.errors import InputError
from colorization.imaging.srgb import check_size

BITS = 16
MOST = 2**BITS - 1
BAND = 2**20  # pixels that are read at a time
# P6 or P3, width, height and largest value, between them spaces and comments (netpbm.sourceforge.net/doc/ppm.html).
PNM = re.compile(rb"P([36])" + rb"(?:\s|#[^\n\r]*[\n\r])+(\d{1,9})" * 3 + rb"(?:\s|(?=#))")
SGI_MAGIC, SGI_HEADER = b"\x01\xda", 512  # bytes (SGI Image File Format Specification, 1.00)
JPEG2000 = b"\xff\x4f\xff\x51"  # the codestream's first two markers (ITU-T T.800, A.5.1)
JPEG2000_BITS = 42  # offset of the first component's bits from there
START = 2**16  # bytes of a file in which its header lies
CUT = "damaged, its end is missing"


@dataclass(frozen=True, kw_only=True)
class Deep:
    """An image with 16 bits per channel. bands: its rows (rows,W,C), uint16, from top to bottom; alpha comes last."""

    width: int
    height: int
    alpha: bool = False
    bands: Callable[[], Iterator[NDArray]]


def deep_colour(path: Path) -> Deep | None:
    """A PNM in colour or an SGI, if it has more than 8 bits per channel. Raises InputError for too many pixels."""
    with open(path, "rb") as file:
        start = file.read(START)
    if (found := PNM.match(start)) and 255 < int(found[4]) <= MOST:
        return _pnm(path, found)
    if start[:2] == SGI_MAGIC and start[3] == 2:
        return _sgi(path, start)
    return None


def stored_bits(path: Path) -> int:
    """Bits per channel of a JPEG 2000; 8 if they cannot be found."""
    with open(path, "rb") as file:
        start = file.read(START)
    at = start.find(JPEG2000)
    return (start[at + JPEG2000_BITS] & 0x7F) + 1 if 0 <= at < len(start) - JPEG2000_BITS else 8


def _pnm(path: Path, header: re.Match[bytes]) -> Deep:
    width, height, largest = (int(header[i]) for i in (2, 3, 4))
    check_size(width, height)

    def bands() -> Iterator[NDArray]:
        with open(path, "rb") as file:
            file.seek(header.end())
            words = iter(file.read().split()) if header[1] == b"3" else None
            for count in _counts(height, width):
                size = count * width * 3
                if words is None:
                    found = np.frombuffer(file.read(2 * size), ">u2")
                else:
                    found = np.array([int(word) for word in islice(words, size)])
                yield _scaled(found, largest).reshape(_shape(found, (count, width, 3)))

    return Deep(width=width, height=height, bands=bands)


def _counts(height: int, width: int) -> Iterator[int]:
    rows = max(1, BAND // max(1, width))
    for top in range(0, height, rows):
        yield min(rows, height - top)


def _shape(values: NDArray, shape: tuple[int, ...]) -> tuple[int, ...]:
    if values.size != np.prod(shape):
        raise InputError(CUT)
    return shape


def _scaled(values: NDArray, largest: int) -> NDArray[np.uint16]:
    values = np.minimum(values, largest).astype(np.uint32)
    return ((values * MOST + largest // 2) // largest).astype(np.uint16)


def _sgi(path: Path, start: bytes) -> Deep:
    packed = start[2] == 1
    width, height, channels = (int.from_bytes(start[at : at + 2]) for at in (6, 8, 10))
    check_size(width, height)
    if channels not in (1, 3, 4):
        raise InputError(f"SGI with {channels} channels of 16 bits; save it as gray or RGB")

    def bands() -> Iterator[NDArray]:
        content = np.fromfile(path, np.uint8)
        planes = _unpacked(content, height, width, channels) if packed else _planes(content, height, width, channels)
        top = 0
        for count in _counts(height, width):
            rows = planes[:, ::-1][:, top : top + count].astype(np.uint16)  # the file's first row is the lowest
            yield np.moveaxis(rows, 0, -1)
            top += count

    return Deep(width=width, height=height, alpha=channels == 4, bands=bands)


def _planes(content: NDArray[np.uint8], height: int, width: int, channels: int) -> NDArray:
    shape = channels, height, width
    values = content[SGI_HEADER : SGI_HEADER + 2 * channels * height * width]
    return values[: len(values) // 2 * 2].view(">u2").reshape(_shape(values[::2], shape))


def _unpacked(content: NDArray[np.uint8], height: int, width: int, channels: int) -> NDArray:
    """Run lengths: of each row of each channel, where it starts, how long it is, and its words."""
    count = height * channels
    tables = content[SGI_HEADER : SGI_HEADER + 8 * count]
    if len(tables) < 8 * count:
        raise InputError(CUT)
    starts, lengths = tables.view(">u4").astype(np.int64).reshape(2, count)
    planes = np.empty((count, width), np.uint16)
    for row, start, length in zip(planes, starts, lengths):
        words = content[start : start + length // 2 * 2]
        _run(words[: len(words) // 2 * 2].view(">u2"), row)
    return planes.reshape(channels, height, width)


def _run(words: NDArray, row: NDArray[np.uint16]) -> None:
    """Fill a row: a count with bit 7 precedes so many words, a count without it one word to repeat, 0 the end."""
    at = left = 0
    while at < len(words) and (count := int(words[at]) & 0x7F):
        literal = bool(words[at] & 0x80)
        told = words[at + 1 : at + 1 + (count if literal else 1)]
        if left + count > len(row) or len(told) < (count if literal else 1):
            raise InputError("damaged, a row has a wrong length")
        row[left : left + count] = told
        at, left = at + 1 + len(told), left + count
    if left != len(row):
        raise InputError(CUT)
