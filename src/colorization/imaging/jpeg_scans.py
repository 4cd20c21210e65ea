"""How often a JPEG goes over its pixels: a progressive one of a megabyte can ask for an hour of decoding."""

import re

from PIL import Image

from colorization.core.errors import InputError

MOST = 100  # encoders write about 10
MARKER = re.compile(rb"\xff([^\x00\xff])", re.DOTALL)  # within a scan FF stands for itself as FF 00
START_OF_SCAN, END = 0xDA, 0xD9
BARE = {0x01, *range(0xD0, 0xD9)}  # markers without a segment: restarts within a scan, the start of the image


def check_scans(image: Image.Image, content: bytes) -> None:
    """Raise InputError for an opened image file whose `content` has too many scans. (ITU-T T.81, annex B)"""
    if image.info.get("progressive") and count_scans(content) > MOST:
        raise InputError(f"more than {MOST} progressive scans, as no camera writes; save it anew")


def count_scans(content: bytes) -> int:
    """The scans of a JPEG, of its first picture where it holds several; it stops counting past MOST."""
    at = count = 0
    while count <= MOST and (found := MARKER.search(content, at)):
        kind, at = found[1][0], found.end()
        if kind == END:
            break
        if kind not in BARE:
            count += kind == START_OF_SCAN
            at += int.from_bytes(content[at : at + 2])
    return count
