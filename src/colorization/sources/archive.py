"""The archive of photographs that every source ends in: the same photographs give the same bytes."""

import bz2
import errno
import lzma
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path, PurePosixPath

from PIL import Image

from colorization.core.errors import InputError, shown
from colorization.core.files import replacing

# What reading a zip, or a member of one, may raise when it is damaged, encrypted or packed in an unknown way.
BAD_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, ValueError)
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
LARGEST = 512 * 2**20  # bytes of a photograph's file; what claims more is a bomb
LONGEST_NAME = 4096  # bytes: Linux takes no longer path, and a zip none above 65,535
RUN_PROGRAMS = {"EPS"}  # formats that are programs: Pillow has Ghostscript run them
ANY_SIZE = b"\xff" * 8  # in the header of an .lzma file


def formats() -> list[str]:
    """Pillow's names of the formats that are read, whatever a file's name says."""
    Image.init()
    return [name for name in Image.ID if name not in RUN_PROGRAMS]


def is_photograph(name: str) -> bool:
    """Whether a file's name may be a photograph's: an extension of `formats`, no hidden part, no folder's in a zip."""
    path = PurePosixPath(name.replace("\\", "/"))
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not hidden and not name.endswith("/") and Image.registered_extensions().get(path.suffix.lower()) in formats()


def write_archive(path: Path, photographs: Iterable[tuple[str, bytes]]) -> int:
    """Write (name, bytes) pairs, given in the order of their names, as a zip at `path`; returns their number.

    The archive appears whole or not at all. Raises InputError when there is no photograph.
    """
    names = set()
    with (
        replacing(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):  # they are compressed already
        for name, content in photographs:
            if name in names or len(name.encode()) > LONGEST_NAME:
                fault = "another has this name" if name in names else f"its name has more than {LONGEST_NAME} bytes"
                print(f"left out {shown(name[:LONGEST_NAME])}: {fault}")
                continue
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, content)
            names.add(name)
        if not names:
            raise InputError("the source holds no photograph")
    return len(names)


def open_archive(path: Path) -> zipfile.ZipFile:
    """A zip to read. Raises one of BAD_ZIP where it is none."""
    with _damage_named():
        return zipfile.ZipFile(path)


def require_space(path: Path, members: Iterable[zipfile.ZipInfo], folder: Path, advice: str) -> None:
    """Raise InputError, with advice, where a zip's members unpacked are more than the disk of a folder has free."""
    unpacked, free = sum(member.file_size for member in members), shutil.disk_usage(folder).free
    if unpacked > free:
        raise InputError(f"{path}: it unpacks to {unpacked:,} bytes, and the disk has {free:,} free; {advice}")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """What a zip's member holds. Raises one of BAD_ZIP where that is not what the zip announces, or above LARGEST.

    zipfile unpacks all that there is and then cuts it to the announced size; here never more than that is unpacked.
    """
    if max(member.file_size, member.compress_size) > LARGEST:
        raise ValueError(f"larger than {LARGEST // 2**20} MB")
    stored = copy(member)
    stored.compress_type, stored.file_size = zipfile.ZIP_STORED, member.compress_size
    stored.CRC = None  # type: ignore[assignment]  # zipfile then checks none, which typeshed does not know
    with _damage_named(), archive.open(stored) as file:
        content = _unpacked(file.read(), member)
    if len(content) != member.file_size or zlib.crc32(content) != member.CRC:
        raise zipfile.BadZipFile("its size or CRC is not the one that the zip announces")
    return content


@contextmanager
def _damage_named() -> Iterator[None]:
    """What is an OSError of a damaged zip, a seek to before its begin or bz2's complaint, and none of the disk."""
    try:
        yield
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):
            raise
        raise zipfile.BadZipFile(error.strerror or str(error)) from None


def _unpacked(packed: bytes, member: zipfile.ZipInfo) -> bytes:
    """At most one byte more than announced. (APPNOTE.TXT 4.4.5, and 5.8 for LZMA)"""
    match member.compress_type:
        case zipfile.ZIP_STORED:
            return packed
        case zipfile.ZIP_DEFLATED:
            unpack = zlib.decompressobj(-zlib.MAX_WBITS).decompress
        case zipfile.ZIP_BZIP2:
            unpack = bz2.BZ2Decompressor().decompress
        case zipfile.ZIP_LZMA:  # two numbers of two bytes, then what an .lzma file begins with, but for the size
            packed = packed[4:9] + ANY_SIZE + packed[9:]
            unpack = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LARGEST).decompress
        case unknown:
            raise NotImplementedError(f"packed by method {unknown}")
    return unpack(packed, member.file_size + 1)
