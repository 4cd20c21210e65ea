"""A folder or a zip of photographs, at any depth."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from colorization.errors import InputError
from colorization.sources.archive import BAD_ZIP, is_photograph


def photographs(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name relative to `path`, bytes) of every photograph, by name.

    Raises InputError for a path that is missing, is no zip, or holds no photograph.
    """
    if path.is_dir():
        return _from_folder(path)
    if not path.exists():
        raise InputError(f"{path}: no such folder or zip; set data.folder.path to your photographs")
    return _from_zip(path)


def _from_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    for name in tqdm(_photographs_among(files, folder), desc="reading photographs", unit="photo", disable=None):
        try:
            yield _printable(name), files[name].read_bytes()
        except OSError as error:
            print(f"left out {files[name]}: {error.strerror}")


def _from_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        archive = zipfile.ZipFile(path)
    except BAD_ZIP as error:
        raise InputError(f"{path}: neither a folder nor a whole zip ({error}); mend data.folder.path") from None
    with archive:
        members = {m.filename: m for m in archive.infolist() if not m.is_dir()}
        for name in tqdm(_photographs_among(members, path), desc="reading photographs", unit="photo", disable=None):
            try:
                yield _printable(name), archive.read(members[name])
            except BAD_ZIP as error:
                print(f"left out {path}: {name}: {error}")


def _photographs_among(names, path: Path) -> list[str]:
    chosen = sorted(name for name in names if is_photograph(name))
    if not chosen:
        raise InputError(f"{path}: none of its {len(names)} files is a photograph (jpg, png, tif, webp, …)")
    return chosen


def _printable(name: str) -> str:
    """A name that UTF-8 can hold: undecodable bytes become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")
