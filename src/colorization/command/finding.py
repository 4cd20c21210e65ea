"""Find the photographs of a command line, and count what it passes over."""

import glob
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath

from colorization.film.formats import SUFFIXES as FILM_SUFFIXES
from colorization.film.formats import holds_text, reads_films
from colorization.imaging.heif import SUFFIXES as HEIF_SUFFIXES
from colorization.imaging.heif import reads_heif
from colorization.photo.formats import ENDING, FORMATS
from colorization.sources.archive import is_hidden

PHOTO_SUFFIXES = {
    *(suffix for kind in FORMATS.values() for suffix in kind.suffixes),
    *(".jif", ".mpo", ".apng", ".gif", ".avif", ".ppm", ".pgm", ".pbm", ".pnm"),
    *(".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".tga", ".pcx", ".sgi", ".rgb", ".bw"),
}
NUMBERED = re.compile(r"-(compare|\d+)$")  # the end of a result's name, after ENDING: of --compare and --samples
OF_SYSTEMS = {"thumbs.db", "ehthumbs.db", "desktop.ini"}  # files that Windows makes, in lower case
LINKED_FOLDER, BROKEN_LINK = "linked folder", "broken link"  # keys of Found.passed_over beside suffixes


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a command line names.

    photos: each with its path within the results. passed_over: counts by suffix ("" for none) or kind of link.
    closed: one line about each folder that cannot be read.
    """

    photos: list[tuple[Path, Path]]
    passed_over: Counter[str] = field(default_factory=Counter)
    closed: list[str] = field(default_factory=list)


def find_photos(inputs: list[str], out: str | None) -> Found:
    """Files, folders (recursive) and globs → each photograph once.

    In folders it takes files with the suffix of an image or a film only. It passes over hidden files, files in `out`,
    and without `out` the results of an earlier run; it counts all other files, and folders that are links.
    """
    found = Found(photos=[])
    taken: dict[tuple[str, str], tuple[Path, Path]] = {}
    folder = cache(os.path.realpath)  # the same by every path that leads to it
    for text in inputs:
        path = Path(text)
        matches = [path] if os.path.lexists(path) else [Path(m) for m in sorted(glob.glob(text, recursive=True))]
        for match in matches or [path]:  # a missing file stays in the list, to be reported with the other failures
            for photo, relative in _below(match, out, found):
                taken.setdefault((folder(photo.parent), photo.name), (photo, relative))
    found.photos.extend(taken.values())
    return found


def _below(path: Path, out: str | None, found: Found) -> Iterator[tuple[Path, Path]]:
    if not os.path.isdir(path):
        yield path, Path(path.name)
        return
    for file in sorted(_files(path, out, found)):
        suffix = file.suffix.lower()
        if not os.path.exists(file):
            found.passed_over[BROKEN_LINK] += 1
        elif not os.path.isfile(file) or file.name.lower() in OF_SYSTEMS:  # reading a pipe would wait for ever
            continue
        elif not _is_read(suffix) or holds_text(file):
            found.passed_over[suffix] += 1
        elif out is not None or not _is_result(file):
            yield file, file.relative_to(path)


def _is_read(suffix: str) -> bool:
    optional = (suffix in HEIF_SUFFIXES and reads_heif()) or (suffix in FILM_SUFFIXES and reads_films())
    return suffix in PHOTO_SUFFIXES or optional


def _files(top: Path, out: str | None, found: Found) -> Iterator[Path]:
    """The files below a folder that are not hidden. It enters no link, nothing twice, and not `out`."""

    def closed(error: OSError) -> None:
        found.closed.append(f"{error.filename}: {error.strerror}; its photographs are left out")

    seen = {_identity(top)}
    results = os.path.realpath(out) if out else None
    for parent, folders, names in os.walk(top, onerror=closed):
        entered = []
        for name in folders:
            path = Path(parent, name)
            if is_hidden(PurePath(name)) or (out and _identity(path) == _identity(Path(out))):
                continue
            if path.is_symlink() or _identity(path) in seen:
                found.passed_over[LINKED_FOLDER] += 1
                continue
            seen.add(_identity(path))
            entered.append(name)
        folders[:] = entered
        for name in names:
            path = Path(parent, name)
            linked = results and path.is_symlink() and Path(results) in Path(os.path.realpath(path)).parents
            if not is_hidden(PurePath(name)) and not linked:
                yield path


def _identity(path: Path) -> tuple[int, int] | Path:
    """What stays the same however a folder is reached; of a missing one, its path."""
    try:
        found = os.stat(path)
    except OSError:
        return path.absolute()
    return (found.st_dev, found.st_ino) if found.st_ino else Path(os.path.realpath(path))


def _is_result(photo: Path) -> bool:
    """Whether a file is named like a result, and the photograph that it would be made from lies beside it."""
    stem = NUMBERED.sub("", photo.stem)
    return stem.endswith(ENDING) and any(photo.parent.glob(f"{glob.escape(stem.removesuffix(ENDING))}.*"))
