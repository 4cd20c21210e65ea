"""A folder or a zip of photographs, at any depth."""

from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from colorization.core.errors import InputError, shown
from colorization.sources.archive import BAD_ZIP, LARGEST, is_photograph, open_archive, read_member, require_space


def photographs(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name relative to `path`, bytes) of every photograph, by name.

    Raises InputError for a path that is missing, is no zip, or holds no photograph.
    """
    if path.is_dir():
        return _from_folder(path)
    if not path.is_file():  # a pipe would keep us waiting
        raise InputError(f"{path}: no such folder or zip; set data.folder.path to your photographs")
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
        raise InputError(f"{path}: neither a folder nor a whole zip ({error}); mend data.folder.path") from None
    with archive:
        members = {m.filename: m for m in archive.infolist()}  # of one name the last, as unzip does
        chosen = _photographs_among(members, path)
        require_space(path, (members[name] for name in chosen), Path(), "free some and run it again")
        for name in tqdm(chosen, desc="reading photographs", unit="photo", disable=None):
            try:
                yield _encodable(name), read_member(archive, members[name])
            except BAD_ZIP as error:
                print(shown(f"left out {path}: {name}: {error}"))


def _photographs_among(names, path: Path) -> list[str]:
    chosen = sorted(name for name in names if is_photograph(name))
    if not chosen:
        count = sum(not name.endswith("/") for name in names)  # a folder's name in a zip ends so
        raise InputError(f"{path}: none of its {count} files is a photograph (jpg, png, tif, webp, …)")
    return chosen


def _encodable(name: str) -> str:
    """A name that UTF-8 can hold: of bytes that no script has, their numbers, so that two names stay two."""
    return name.encode("utf-8", "xmlcharrefreplace").decode("utf-8")
