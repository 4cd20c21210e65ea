"""How each format of results stores metadata, and what it cannot hold."""

import math
import struct
from dataclasses import replace
from numbers import Rational
from typing import Any

from PIL import ExifTags, PngImagePlugin

from colorization.imaging import tiff
from colorization.photo import exif, xmp
from colorization.photo.mark import program
from colorization.photo.metadata import IPTC_RESOURCE, Metadata

SEGMENT = 65_533  # bytes that a JPEG's segment holds (ITU-T T.81, B.1.1.4)
XMP_SEGMENT = SEGMENT - len(b"http://ns.adobe.com/xap/1.0/\0")
APP13_SEGMENT = SEGMENT - len(b"Photoshop 3.0\x008BIM") - 9  # and IPTC's place in it, with one byte of padding

TEXTS = (269, 270, 271, 272, 285, 305, 306, 315, 316, 33432)  # tags of TIFF 6.0 with a text, but for ink names
RESOLUTIONS = (tiff.X_RESOLUTION, tiff.Y_RESOLUTION)


def for_result(metadata: Metadata, size: tuple[int, int], *, mark: bool) -> Metadata:
    """What is true of a photograph's result of `size` (width, height); mark: it says that its colours are invented."""
    told = program() if mark else None
    turned = metadata.orientation != 1
    return replace(
        metadata,
        exif=exif.revised(metadata.exif, size, turned=turned, program=told),
        xmp=xmp.revised(metadata.xmp, told),
    )


def fitted(metadata: Metadata, name: str, before: Metadata, *, bits: int, mark: bool) -> tuple[Metadata, list[str]]:
    """What a format holds of a result's metadata, and one line about what it does not.

    before: the photograph's own metadata, whose loss is told.
    """
    left_out: list[str] = []
    if name == "jpeg":
        metadata, left_out = _in_segments(metadata, mark=mark)
    elif name == "bmp":
        known = {"EXIF": before.exif, "XMP": before.xmp, "captions (IPTC)": before.iptc}
        left_out = [f"its {part}" for part, content in known.items() if content]
    elif name == "tiff" and bits == 16:  # `sixteen_bit` writes no further directories
        folders = ((ExifTags.IFD.Exif, "the exposure"), (ExifTags.IFD.GPSInfo, "the place (GPS)"))
        tags = exif.opened(before.exif)
        left_out = [f"{what} of its EXIF" for folder, what in folders if folder in tags]
    held = "TIFF of 16 bits" if name == "tiff" else name.upper()
    return metadata, [f"{held} cannot hold {' and '.join(left_out)}; left out"] if left_out else []


def _in_segments(metadata: Metadata, *, mark: bool) -> tuple[Metadata, list[str]]:
    """Metadata for a JPEG, each part of which is one segment."""
    short, left_out = exif.shortened(metadata.exif, SEGMENT)
    parts: dict[str, Any] = {"exif": short}
    limits = (("xmp", XMP_SEGMENT, "XMP"), ("iptc", APP13_SEGMENT, "captions (IPTC)"), ("comment", SEGMENT, "comment"))
    for key, most, what in limits:
        if len(content := getattr(metadata, key)) > most:
            left_out.append(f"its {what} ({len(content):,} bytes)")
            parts[key] = xmp.packet(program()) if key == "xmp" and mark else b""
    return replace(metadata, **parts), left_out


def save_arguments(metadata: Metadata, name: str) -> dict:
    """Keyword arguments for Pillow's save that keep the metadata; name: a format of FORMATS."""
    kept: dict[str, Any] = {
        "exif": metadata.exif,
        "icc_profile": metadata.icc,
        "xmp": metadata.xmp,
        "dpi": metadata.dpi,
    }
    if name == "jpeg":
        kept["extra"] = _app13(metadata.iptc) + _segment(b"\xfe", metadata.comment)
    if name == "png":
        kept.pop("xmp")
        kept["pnginfo"] = png_texts(metadata)
    if name == "tiff":
        kept |= _tiff_arguments(metadata)
    if name == "bmp":
        kept = {"dpi": metadata.dpi}
    return {key: value for key, value in kept.items() if value}


def _app13(iptc: bytes) -> bytes:
    """A JPEG's segment APP13 with IPTC, or b"" without any."""
    resource = b"8BIM" + struct.pack(">HHI", IPTC_RESOURCE, 0, len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    return _segment(b"\xed", b"Photoshop 3.0\0" + resource) if iptc else b""


def _segment(kind: bytes, content: bytes) -> bytes:
    """A JPEG's segment, or b"" without content. Pillow has no room for a comment of full length."""
    return b"\xff" + kind + struct.pack(">H", len(content) + 2) + content if content else b""


def _tiff_arguments(metadata: Metadata) -> dict:
    """EXIF that contains XMP and IPTC. Compressed, if libtiff can write all tags; Pillow's own writer is the other."""
    tags = exif.with_own_bytes(exif.opened(metadata.exif))
    safe = all(_is_safe(code, value) for code, value in tags.items())
    for code, part in ((tiff.XMP, metadata.xmp), (tiff.IPTC, metadata.iptc)):
        if part:
            tags[code] = part
    return {"xmp": b"", "exif": tags, "compression": "tiff_adobe_deflate" if safe else ""}


def _is_safe(code: int, value: Any) -> bool:
    """Whether libtiff writes a tag: it drops directories, and a value of another kind than it expects ends the process.

    It knows several hundred tags, such as DNG's, some of them as arrays, and Pillow does not tell it how long they are.
    """
    if code in RESOLUTIONS:
        fraction = isinstance(value, float | Rational) and not isinstance(value, int)
        return fraction and 0 < value < math.inf
    if isinstance(value, str):
        return code in TEXTS and "\0" not in value.rstrip("\0")  # libtiff would end the text there
    return code == tiff.RESOLUTION_UNIT and value in (1, 2, 3)


def png_texts(metadata: Metadata) -> PngImagePlugin.PngInfo:
    """The PNG chunks of texts and XMP."""
    chunks = PngImagePlugin.PngInfo()
    for key, value in metadata.texts.items():
        chunks.add_itxt(key, value) if not (key + value).isascii() else chunks.add_text(key, value)
    if metadata.xmp:
        chunks.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode("utf-8", "replace"))
    return chunks
