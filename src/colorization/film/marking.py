"""What a coloured film says of itself: tags that players and ffprobe show, and XMP, as photographs have it."""

import struct
from collections.abc import Mapping

from colorization.photo import xmp
from colorization.photo.mark import SOURCE, joined, program

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # of XMP's box in MP4, XMP Specification Part 3, 1.1.5
XMP_KEY = "xmp"  # ffmpeg's name of that box's text among the tags of a film
OF_CONTAINER = ("major_brand", "minor_version", "compatible_brands", "encoder", XMP_KEY)  # not of the content
TOLD = "Colours invented by "  # the mark's line in the description


def tags(own: Mapping[str, str], *, mark: bool) -> dict[str, str]:
    """The tags of a film → those of its result; a second mark replaces the first.

    The program comes behind those that made the film, and a line behind its description.
    """
    kept = {key: value for key, value in own.items() if key.lower() not in OF_CONTAINER}
    if not mark:
        return kept
    encoder = next((value for key, value in own.items() if key.lower() == "encoder"), "")
    key = next((key for key in kept if key.lower() == "description"), "description")
    lines = [line for line in kept.pop(key, "").splitlines() if not line.startswith(TOLD)]
    told = f"{TOLD}{program()}: {SOURCE}"
    return {**kept, key: "\n".join([*lines, told]), "encoding_tool": joined(encoder, program())}


def box(own: Mapping[str, str], *, mark: bool) -> bytes:
    """The film's XMP, revised, as a box to add to the end of an MP4 file; b"" if there is none."""
    text = xmp.revised(own.get(XMP_KEY, "").encode(), program() if mark else None)
    return struct.pack(">I", 8 + len(XMP_UUID) + len(text)) + b"uuid" + XMP_UUID + text if text else b""
