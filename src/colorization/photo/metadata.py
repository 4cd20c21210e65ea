"""The metadata of a photograph's file."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageCms

from colorization.imaging import tiff
from colorization.imaging.srgb import SRGB, is_srgb
from colorization.photo.exif import written
from colorization.photo.regions import turned
from colorization.photo.xmp import upright

ORIENTATION = ExifTags.Base.Orientation
IPTC_START = b"\x1c"  # of every dataset (IPTC-IIM 4.2, section 1.5)
IPTC_RESOURCE = 0x0404  # of Photoshop, whose other resources are layers, thumbnails and settings of the old picture
# PNG texts that Metadata holds in fields of its own, and ImageMagick's copies of what is only true of the old file.
OTHER_TEXTS = re.compile(
    r"XML:com\.adobe\.xmp|Raw profile type (exif|APP1|xmp)|Thumb::.*|date:(modify|timestamp)"
    r"|exif:(Orientation|.*Dimension|ExifImage.*|ColorSpace|ImageUniqueID)"
)
CENTIMETRES = 3  # a value of TIFF's ResolutionUnit
OTHER_FIELDS = (tiff.ORIENTATION, tiff.XMP, tiff.IPTC, tiff.ICC)  # in Metadata they have fields of their own
TIFF_LAYOUT = (  # tags that describe the stored pixels, not the photograph; Photoshop's resources and layers
    *range(254, 260), 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, 288, 289, 290, 291, 292, 293, 297,
    300, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 330, 332, 333, 334, 336, 337, 338, 339, 340, 341, 342, 347,
    *range(512, 522), 529, 530, 531, 532, 559, 34377, 37724,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """EXIF (starting with "Exif"), ICC profile, XMP, IPTC, dots per inch, JPEG comment, PNG texts; missing: empty.

    orientation: the EXIF orientation 1..8 of the stored pixels; `exif` and `xmp` no longer contain it.
    """

    orientation: int = 1
    exif: bytes = b""
    icc: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    dpi: tuple[float, float] | None = None
    comment: bytes = b""
    texts: dict[str, str] = field(default_factory=dict)

    def in_srgb(self) -> "Metadata":
        """The metadata of a result in sRGB: an sRGB profile replaces any other profile."""
        own = not self.icc or is_srgb(self.icc)
        return self if own else replace(self, icc=ImageCms.ImageCmsProfile(SRGB).tobytes())


def read_metadata(image: Image.Image) -> Metadata:
    """The metadata of an open image file. Damaged parts are left out: the photograph matters more."""
    orientation, exif = _read_exif(image.getexif)
    info = image.info
    xmp = info.get("xmp", b"")
    xmp = xmp.encode() if isinstance(xmp, str) else xmp
    texts = (
        {k: v for k, v in info.items() if isinstance(k, str) and isinstance(v, str)} if image.format == "PNG" else {}
    )
    return Metadata(
        orientation=orientation,
        exif=exif,
        icc=info["icc_profile"] if isinstance(info.get("icc_profile"), bytes) else b"",
        xmp=_upright_xmp(xmp, orientation, image.size),
        iptc=_iptc(info["photoshop"].get(IPTC_RESOURCE)) if "photoshop" in info else b"",
        dpi=_dpi(info["dpi"]) if "dpi" in info else None,
        comment=info["comment"] if image.format == "JPEG" and isinstance(info.get("comment"), bytes) else b"",
        texts={key: text for key, text in texts.items() if not OTHER_TEXTS.fullmatch(key)},
    )


def tiff_metadata(file: BinaryIO, page: tiff.Page) -> Metadata:
    """The metadata of a TIFF's page. Damaged parts are left out."""

    def load() -> Image.Exif:
        exif = Image.Exif()
        exif.bigtiff, exif.endian = page.big, page.byteorder
        exif.load_from_fp(file, page.offset)
        return exif

    tags = page.tags
    orientation, exif = _read_exif(load)
    return Metadata(
        orientation=orientation,
        exif=exif,
        icc=page.profile,
        xmp=_upright_xmp(tags.get(tiff.XMP), orientation, (page.width, page.height)),
        iptc=_iptc(tags.get(tiff.IPTC)),
        dpi=_tiff_dpi(tags),
    )


def _read_exif(load: Callable[[], Image.Exif]) -> tuple[int, bytes]:
    """The orientation, and EXIF without what Metadata holds in fields of its own."""
    try:
        exif = load()
        orientation = exif.get(tiff.ORIENTATION, 1)
        for tag in (*OTHER_FIELDS, *TIFF_LAYOUT):
            if tag in exif:
                del exif[tag]
        exif.bigtiff = False  # only BigTIFF has 64-bit offsets; results are written with 32-bit offsets
        return (orientation if orientation in range(1, 9) else 1), written(exif)
    except Exception:  # Pillow's EXIF reader raises many kinds of errors on damaged bytes
        return 1, b""


def _upright_xmp(xmp: Any, orientation: int, stored: tuple[int, int]) -> bytes:
    return turned(upright(xmp), orientation, stored) if isinstance(xmp, bytes) else b""


def _iptc(value: Any) -> bytes:
    """IPTC, or nothing. Some programs store it in TIFF as 32-bit numbers of the wrong byte order."""
    if not isinstance(value, bytes):
        return b""
    swapped = np.frombuffer(value[: len(value) // 4 * 4], "<u4").astype(">u4").tobytes()
    return next((part for part in (value, swapped) if part.startswith(IPTC_START)), b"")


def _tiff_dpi(tags: dict[int, Any]) -> tuple[float, float] | None:
    try:
        unit = {1: None, CENTIMETRES: 2.54}.get(int(tags.get(tiff.RESOLUTION_UNIT, 2)), 1.0)
        x, y = (tags[code][0] / tags[code][1] for code in (tiff.X_RESOLUTION, tiff.Y_RESOLUTION))
        return _dpi((x * unit, y * unit)) if unit else None
    except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError):
        return None


def _dpi(value) -> tuple[float, float] | None:
    try:
        dpi = tuple(float(v) for v in value)
        return dpi if len(dpi) == 2 and all(0 < v < 65536 for v in dpi) else None
    except (TypeError, ValueError, ZeroDivisionError):
        return None
