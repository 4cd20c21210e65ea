"""Which page of a TIFF is the photograph, and how it holds its pixels (TIFF 6.0; Adobe's Technical Notes for 330)."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from colorization.core.errors import InputError
from colorization.imaging.srgb import NO_RANGE, check_size

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the last two: BigTIFF
NEW_SUBFILE_TYPE, SUBFILE_TYPE, BITS_PER_SAMPLE, PHOTOMETRIC, SAMPLES_PER_PIXEL = 254, 255, 258, 262, 277
ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 274, 282, 283, 296
SUB_IFDS, EXTRA_SAMPLES, SAMPLE_FORMAT, XMP, IPTC, ICC = 330, 338, 339, 700, 33723, 34675
READ = (
    BITS_PER_SAMPLE, PHOTOMETRIC, SAMPLES_PER_PIXEL, EXTRA_SAMPLES, SAMPLE_FORMAT, ORIENTATION, X_RESOLUTION,
    Y_RESOLUTION, RESOLUTION_UNIT, XMP, IPTC, ICC,
)  # fmt: skip
REDUCED, OLD_REDUCED = 1, 2  # a bit of NewSubfileType, and a value of SubfileType
ALPHA = (1, 2)  # values of ExtraSamples: associated and unassociated alpha
SIGNED, FLOAT = 2, 3  # values of SampleFormat
DEPTHS = (1, 2, 4, 8, 16)  # bits per channel that libvips reads
MOST = 100  # pages; pyramids have about ten, and each page takes time
CHANNELS = {"L": 1, "P": 1, "RGB": 3, "CMYK": 4, "LAB": 3}
MODES = {0: "L", 1: "L", 2: "RGB", 3: "P", 5: "CMYK", 6: "RGB", 8: "LAB"}  # by PhotometricInterpretation


@dataclass(frozen=True, kw_only=True)
class Page:
    """The page of a TIFF that is its photograph.

    mode: a key of CHANNELS, the channels of colour. extras: a value of ExtraSamples for each further channel, 0 where
    the file says nothing. offset: of its directory, in bytes. tags: code → value, for the codes of READ.
    """

    number: int
    offset: int
    big: bool
    byteorder: str  # "<" or ">"
    width: int
    height: int
    bits: int
    mode: str
    extras: tuple[int, ...]
    tags: dict[int, Any]

    @property
    def alpha(self) -> int | None:
        """The index of the alpha channel. A scanner's infrared and the like are not alpha."""
        found = [i for i, kind in enumerate(self.extras) if kind in ALPHA]
        return CHANNELS[self.mode] + found[0] if found else None

    @property
    def profile(self) -> bytes:
        """The ICC profile, or nothing."""
        profile = self.tags.get(ICC)
        return profile if isinstance(profile, bytes) else b""


def is_tiff(start: bytes) -> bool:
    return start[:4] in MAGIC


def photograph(file: BinaryIO) -> Page:
    """The one page that the file does not call a reduced image.

    Raises InputError for several such pages, for more than MOST of any kind, for too many pixels, and for pixels
    without a fixed black and white; and many kinds of errors on damaged bytes.
    """
    import tifffile  # only TIFFs need it

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # callers report damaged files, in one line each
    with tifffile.TiffFile(file) as tiff:
        number, page = _chosen(list(_pages(tiff)))
        check_size(page.imagewidth, page.imagelength)
        tags = {code: page.tags[code].value for code in READ if code in page.tags}
        mode, extras = _channels(tags)
        return Page(
            number=number,
            offset=page.offset,
            big=tiff.is_bigtiff,
            byteorder=tiff.byteorder,
            width=page.imagewidth,
            height=page.imagelength,
            bits=_bits(tags, mode),
            mode=mode,
            extras=extras,
            tags=tags,
        )


def _pages(tiff) -> Iterator[Any]:
    """At most MOST + 1 pages; the chain of directories may be a loop."""
    seen: set[int] = set()
    for page in islice(tiff.pages, MOST + 1):
        if page.offset in seen:
            return
        seen.add(page.offset)
        yield page


def _chosen(pages: list[Any]) -> tuple[int, Any]:
    """The number of the page that is the photograph, and the page."""
    whole = [i for i, page in enumerate(pages) if not _is_reduced(page.tags)]
    if len(whole) > 1 or len(pages) > MOST:
        count = len(whole) if len(pages) <= MOST else f"more than {MOST}"
        raise InputError(f"has {count} pages; save the picture you want as a separate image")
    number = whole[0] if whole else 0
    if not whole and SUB_IFDS in pages[number].tags:
        raise InputError("its first page is only a preview (a raw photograph?); save it as a plain TIFF or JPEG")
    return number, pages[number]


def _is_reduced(tags) -> bool:
    return bool(tags.valueof(NEW_SUBFILE_TYPE, default=0) & REDUCED) or tags.valueof(SUBFILE_TYPE) == OLD_REDUCED


def _channels(tags: dict[int, Any]) -> tuple[str, tuple[int, ...]]:
    samples = tags.get(SAMPLES_PER_PIXEL, 1)
    kind = int(tags.get(PHOTOMETRIC, 1 if samples < 3 else 2))
    if kind not in MODES:
        raise InputError(f"pixels of kind {kind} (raw, or a mask); save it as gray or RGB")
    mode = "L" if samples < CHANNELS[MODES[kind]] else MODES[kind]
    count = samples - CHANNELS[mode]
    extras = tags.get(EXTRA_SAMPLES, ())
    told = tuple(int(extra) for extra in (extras if isinstance(extras, tuple) else (extras,)))
    return mode, (*told, *(0,) * count)[:count]


def _bits(tags: dict[int, Any], mode: str) -> int:
    """8 or 16. Raises InputError for signed and floating-point pixels, and for other bits than DEPTHS."""
    bits, kinds = (
        value if isinstance(value, tuple) else (value,)
        for value in (tags.get(BITS_PER_SAMPLE, 1), tags.get(SAMPLE_FORMAT, 1))
    )
    if FLOAT in kinds:
        raise InputError(NO_RANGE)
    if SIGNED in kinds and mode != "LAB":
        raise InputError("signed pixels have no fixed black and white; save it with 8 or 16 bits, unsigned")
    if max(bits) not in DEPTHS:
        raise InputError(f"{max(bits)} bits per channel; save it with 8 or 16 bits")
    return 16 if max(bits) > 8 else 8
