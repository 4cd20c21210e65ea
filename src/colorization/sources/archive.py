"""The archive of photographs that every source ends in: the same photographs give the same bytes."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from PIL import Image

from colorization.errors import InputError
from colorization.files import replacing

# What reading a zip, or a member of one, may raise when it is damaged, encrypted or packed in an unknown way.
BAD_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, ValueError)
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


def is_photograph(name: str) -> bool:
    """Whether a file's name may be a photograph's: an extension that Pillow opens, and no hidden part."""
    path = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    extensions = Image.registered_extensions()
    return not hidden and extensions.get(path.suffix.lower()) in Image.OPEN


def write_archive(path: Path, photographs: Iterable[tuple[str, bytes]]) -> int:
    """Write (name, bytes) pairs, given in the order of their names, as a zip at `path`; returns their number.

    The archive appears whole or not at all. Raises InputError when there is no photograph.
    """
    count = 0
    with (
        replacing(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):  # they are compressed already
        for name, content in photographs:
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, content)
            count += 1
        if not count:
            raise InputError("the source holds no photograph")
    return count
