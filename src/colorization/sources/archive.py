"""The archive that every source writes: the same photographs give the same bytes."""

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
from pathlib import Path, PurePath, PurePosixPath

from PIL import Image

from colorization.core.errors import InputError, shown
from colorization.core.files import replacing

# Errors of a zip, or of a member, that is damaged, encrypted or compressed by an unknown method.
BAD_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, ValueError)
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
LARGEST = 512 * 2**20  # bytes of a photograph's file; a larger one is treated as a zip bomb
LONGEST_NAME = 4096  # bytes: the longest path on Linux; a zip allows names up to 65,535
# Folders of macOS, Synology (thumbnails, trash, snapshots), QNAP (the same) and Windows.
MACHINES = {"__MACOSX", "@eaDir", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot", "$RECYCLE.BIN"}
# Photographs of telephones, cameras and Photoshop that Pillow does not read.
RAW = {".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf"}
UNREADABLE = {".heic", ".heif", ".hif", ".jxl", ".psd", ".xcf", *RAW}
NOT_READ = {"EPS", "HEIF"}  # Pillow runs EPS in Ghostscript; HEIF would depend on whether pillow-heif is there
ANY_SIZE = b"\xff" * 8  # in an .lzma file's header: size unknown


def formats() -> list[str]:
    """Pillow's names of the formats that we read. A file's content decides its format, not its name."""
    Image.init()
    return [name for name in Image.ID if name not in NOT_READ]


def is_photograph(name: str) -> bool:
    """Whether a name has an extension of `formats`, lies in no hidden folder, and is not a folder's name in a zip."""
    path = PurePosixPath(name.replace("\\", "/"))
    known = Image.registered_extensions().get(path.suffix.lower()) in formats()
    return known and not is_hidden(path) and not name.endswith("/")


def is_hidden(path: PurePath) -> bool:
    """Whether a part of a path is hidden, or a folder that machines make: thumbnails, trash."""
    return any(part.startswith(".") or part in MACHINES for part in path.parts)


def write_archive(path: Path, photographs: Iterable[tuple[str, bytes]]) -> int:
    """Write (name, bytes) pairs, sorted by name, as a zip at `path`; returns their number.

    The archive is written completely or not at all. Raises InputError without photographs.
    """
    names = set()
    with (
        replacing(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):  # photographs are already compressed
        for name, content in photographs:
            if name in names or len(name.encode()) > LONGEST_NAME:
                fault = "another file has this name" if name in names else f"its name exceeds {LONGEST_NAME} bytes"
                print(f"left out {shown(name[:LONGEST_NAME])}: {fault}")
                continue
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, content)
            names.add(name)
        if not names:
            raise InputError("the source contains no photographs")
    return len(names)


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open a zip for reading. Raises one of BAD_ZIP if it is not a zip."""
    with _damage_named():
        return zipfile.ZipFile(path)


def require_space(path: Path, members: Iterable[zipfile.ZipInfo], folder: Path, advice: str) -> None:
    """Raise InputError, with advice, if a zip's unpacked members need more space than the folder's disk has free."""
    unpacked, free = sum(member.file_size for member in members), shutil.disk_usage(folder).free
    if unpacked > free:
        raise InputError(f"{path}: it unpacks to {unpacked:,} bytes, and the disk has {free:,} free; {advice}")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The content of a zip's member. Raises one of BAD_ZIP if size or CRC differ from the zip's, or if above LARGEST.

    zipfile unpacks everything and then cuts it to the announced size. This unpacks at most one byte more than that.
    """
    if max(member.file_size, member.compress_size) > LARGEST:
        raise ValueError(f"larger than {LARGEST // 2**20} MB")
    stored = copy(member)
    stored.compress_type, stored.file_size = zipfile.ZIP_STORED, member.compress_size
    stored.CRC = None  # type: ignore[assignment]  # zipfile then skips the check; typeshed does not allow None
    with _damage_named(), archive.open(stored) as file:
        content = _unpacked(file.read(), member)
    if len(content) != member.file_size or zlib.crc32(content) != member.CRC:
        raise zipfile.BadZipFile("its size or CRC differs from the one in the zip")
    return content


@contextmanager
def _damage_named() -> Iterator[None]:
    """Turn an OSError that means a damaged zip (a seek before its start, bad bz2 data) into BadZipFile."""
    try:
        yield
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):
            raise
        raise zipfile.BadZipFile(error.strerror or str(error)) from None


def _unpacked(packed: bytes, member: zipfile.ZipInfo) -> bytes:
    """Unpack at most one byte more than announced (APPNOTE.TXT 4.4.5, and 5.8 for LZMA)."""
    match member.compress_type:
        case zipfile.ZIP_STORED:
            return packed
        case zipfile.ZIP_DEFLATED:
            unpack = zlib.decompressobj(-zlib.MAX_WBITS).decompress
        case zipfile.ZIP_BZIP2:
            unpack = bz2.BZ2Decompressor().decompress
        case zipfile.ZIP_LZMA:  # 4 bytes, then an .lzma file's header without the size
            packed = packed[4:9] + ANY_SIZE + packed[9:]
            unpack = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LARGEST).decompress
        case unknown:
            raise NotImplementedError(f"compression method {unknown} is not supported")
    return unpack(packed, member.file_size + 1)
