"""Folders and zips of photographs, at any depth."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from colorization.core.errors import InputError, shown
from colorization.sources.archive import (
    BAD_ZIP,
    LARGEST,
    UNREADABLE,
    is_hidden,
    is_photograph,
    open_archive,
    read_member,
    require_space,
)


def several(paths: Mapping[str, Path]) -> Iterator[tuple[str, bytes]]:
    """The photographs of several folders or zips, each below a folder of its name: (name, bytes), sorted by name.

    A path with the name "" gets no such folder. Raises InputError like `photographs`, before the first is read.
    """
    found = {f"{name}/" if name else "": photographs(path) for name, path in paths.items()}
    return ((prefix + name, content) for prefix in sorted(found) for name, content in found[prefix])


def photographs(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name relative to `path`, bytes) of every photograph, sorted by name.

    Raises InputError if the path is missing, is neither a folder nor a zip, or contains no photographs.
    """
    if path.is_dir():
        return _from_folder(path)
    if not path.is_file():  # also refuses a pipe, which would block
        raise InputError(f"{path}: folder or zip not found; set data.folder.path to your photographs")
    return _from_zip(path)


def _from_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    try:
        files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    except RecursionError:
        raise InputError(f"{folder}: its folders are nested too deep; name one further down") from None
    for name in tqdm(_photographs_among(files, folder), desc="reading photographs", unit="photo", disable=None):
        try:
            if files[name].stat().st_size > LARGEST:
                raise OSError(0, f"larger than {LARGEST // 2**20} MB")
            yield _encodable(name), files[name].read_bytes()
        except OSError as error:
            print(f"left out {shown(str(files[name]))}: {error.strerror}")


def _from_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        archive = open_archive(path)
    except BAD_ZIP as error:
        raise InputError(f"{path}: neither a folder nor a complete zip ({error}); correct data.folder.path") from None
    with archive:
        members = {m.filename: m for m in archive.infolist()}  # the last of equal names, as in unzip
        chosen = _photographs_among(members, path)
        require_space(path, (members[name] for name in chosen), Path(), "free some space and run it again")
        for name in tqdm(chosen, desc="reading photographs", unit="photo", disable=None):
            try:
                yield _encodable(name), read_member(archive, members[name])
            except BAD_ZIP as error:
                print(shown(f"left out {path}: {name}: {error}"))


def _photographs_among(names, path: Path) -> list[str]:
    chosen = sorted(name for name in names if is_photograph(name))
    visible = (PurePosixPath(name) for name in names)
    unread = Counter(name.suffix.lower() for name in visible if not is_hidden(name))
    if told := ", ".join(f"{unread[suffix]} {suffix}" for suffix in sorted(UNREADABLE & set(unread))):
        print(shown(f"left out of {path}: {told}: convert them to JPEG or TIFF first"))
    if not chosen:
        count = sum(not name.endswith("/") for name in names)  # in a zip, a folder's name ends with /
        raise InputError(f"{path}: {count} files, but no photographs (jpg, png, tif, webp, …)")
    return chosen


def _encodable(name: str) -> str:
    """The name in valid UTF-8. Invalid bytes become their numbers, so different names stay different."""
    return name.encode("utf-8", "xmlcharrefreplace").decode("utf-8")
