"""Which files are films, and which container their results have.

PyAV is optional because its wheel holds ffmpeg (100 MB) with x264, under the GPL.
"""

from codecs import getincrementaldecoder
from functools import cache
from importlib.util import find_spec
from pathlib import Path

INSTALL = "pip install '.[film]'"
MP4_SUFFIXES = (".mp4", ".m4v", ".mov", ".3gp", ".3g2")  # one family of containers, ISO/IEC 14496-12
OTHER_SUFFIXES = (
    ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".mpe", ".m2v", ".ts", ".mts", ".m2ts", ".vob", ".wmv", ".asf", ".flv",
    ".f4v", ".ogv", ".ogm", ".divx", ".dv", ".mxf", ".mjpeg", ".rm", ".rmvb",
)  # fmt: skip
SUFFIXES = (*MP4_SUFFIXES, *OTHER_SUFFIXES)
BEGINNING = 1024  # bytes of a file that tell whether it is text
RESULTS = {".mp4": "mp4", ".mkv": "matroska"}  # a result's suffix → ffmpeg's name of the container


@cache
def reads_films() -> bool:
    """Whether PyAV is installed."""
    return find_spec("av") is not None


def is_film(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def holds_text(path: Path) -> bool:
    """Whether a file with a film's suffix is text: .ts is also that of TypeScript, and of translations of programs."""
    if path.suffix.lower() != ".ts":
        return False
    try:
        with open(path, "rb") as file:
            start = file.read(BEGINNING)
    except OSError:  # whoever opens it tells it
        return False
    try:
        return "\0" not in getincrementaldecoder("utf-8")().decode(start)  # its last letter may be cut
    except UnicodeDecodeError:
        return False


def own_suffix(path: Path) -> str:
    """The suffix of a film's result: .mp4 for its own family, .mkv, which takes nearly every sound, for the others."""
    return ".mp4" if path.suffix.lower() in MP4_SUFFIXES else ".mkv"
