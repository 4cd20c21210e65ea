"""JPEGs whose end is missing, as after a broken download or on a recovered card: what is there is a photograph."""

from io import BytesIO

from PIL import Image

from colorization.core.errors import InputError
from colorization.imaging.jpeg_scans import BARE, END, MARKER, START_OF_SCAN

FORMATS = ("JPEG", "MPO")
MARK_OF_END = b"\xff\xd9"


def decoded(image: Image.Image, content: bytes) -> tuple[Image.Image, bool]:
    """An opened JPEG with its pixels, and whether its file, with the bytes `content`, is whole.

    Zeros at the end, as recovered files have them, are no pixels. Raises OSError, as Pillow does, if it is damaged
    otherwise, and InputError if no pixels are left.
    """
    ended = None if content.rstrip(b"\0").endswith(MARK_OF_END) else with_end(content)
    if ended is None:
        image.load()
        return image, True
    found = Image.open(BytesIO(ended), formats=FORMATS)
    found.load()
    extrema = found.getextrema()
    ranges = extrema if isinstance(extrema[0], tuple) else (extrema,)
    if all(low == high for low, high in ranges):  # decoders fill what is missing with one colour
        raise InputError("damaged, only its start is there, and no pixels")
    return found, False


def with_end(content: bytes) -> bytes | None:
    """A JPEG up to its last whole segment, with an end (ITU-T T.81, annex B); None if it has one, or no pixels."""
    at, scans = 0, 0
    while found := MARKER.search(content, at):
        kind, at = found[1][0], found.end()
        if kind == END:
            return None
        if kind not in BARE:
            length = int.from_bytes(content[at : at + 2])
            if at + max(length, 2) > len(content):
                content = content[: found.start()]
                break
            scans += kind == START_OF_SCAN
            at += length
    return content.rstrip(b"\0") + MARK_OF_END if scans else None
