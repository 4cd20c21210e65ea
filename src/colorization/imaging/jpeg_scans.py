"""Count the scans of a JPEG: a progressive file of one megabyte can take an hour to decode."""

import re

from PIL import Image

from colorization.core.errors import InputError

MOST = 100  # scans; encoders write about 10
MARKER = re.compile(rb"\xff([^\x00\xff])", re.DOTALL)  # within a scan a byte FF is written as FF 00
START_OF_SCAN, END = 0xDA, 0xD9
BARE = {0x01, *range(0xD0, 0xD9)}  # markers without a segment: TEM, restarts, start of image


def check_scans(image: Image.Image, content: bytes) -> None:
    """Raise InputError if an opened image file, with the bytes `content`, has too many scans (ITU-T T.81, annex B)."""
    if image.info.get("progressive") and count_scans(content) > MOST:
        raise InputError(f"more than {MOST} progressive scans (cameras write about 10); save it again")


def count_scans(content: bytes) -> int:
    """The number of scans of a JPEG, of its first picture if it has several. Counting stops above MOST."""
    at = count = 0
    while count <= MOST and (found := MARKER.search(content, at)):
        kind, at = found[1][0], found.end()
        if kind == END:
            break
        if kind not in BARE:
            count += kind == START_OF_SCAN
            at += int.from_bytes(content[at : at + 2])
    return count
