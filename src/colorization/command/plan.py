"""Find the photographs of a command line, and choose a file for each result without overwriting anything."""

import glob
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from colorization.core.errors import InputError
from colorization.imaging.heif import SUFFIXES as HEIF_SUFFIXES
from colorization.imaging.heif import reads_heif
from colorization.photo.formats import ENDING, FORMATS, own_format
from colorization.photo.reading import Header, read_header
from colorization.sources.archive import UNREADABLE, is_hidden

SUFFIXES = {suffix: name for name, kind in FORMATS.items() for suffix in kind.suffixes}
PHOTO_SUFFIXES = {*SUFFIXES, ".gif", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".avif", ".tga", ".pcx", ".sgi", ".mpo"}


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """The command line's options for the results."""

    out: Path | None = None  # None: beside each photograph, with ENDING in the name
    to_file: bool = False  # `out` is a file
    format: str | None = None  # a key of FORMATS; None: the photograph's format if it can hold the result, else PNG
    compare: bool = False
    samples: int = 0
    overwrite: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    """One photograph and its result files, one per sample; `comparison` shows them beside the photograph."""

    source: Path
    header: Header
    format: str
    targets: list[Path]
    comparison: Path | None

    @property
    def writes(self) -> list[Path]:
        return [*self.targets, *([self.comparison] if self.comparison else [])]


class Exists(NamedTuple):
    """A photograph whose result exists already."""

    source: Path
    result: Path


def place(text: str | None, photos: int) -> tuple[Path | None, bool]:
    """The value of --output for a number of photographs, and whether it is a file; None: beside each photograph.

    A value that ends with / is a folder, and so is one without a suffix of letters. Raises InputError for a file with
    an unknown suffix, and for a file with several photographs.
    """
    if text is None:
        return None, False
    out = Path(text)
    if text.endswith(("/", os.sep)) or out.is_dir() or not re.fullmatch(r"\.[a-zA-Z]{1,5}", out.suffix):
        return out, False
    if out.suffix.lower() not in SUFFIXES:
        known = ", ".join(sorted(SUFFIXES))
        raise InputError(f"{out}: unknown suffix; name a file with one of {known}, or end a folder's name with /")
    if photos > 1:
        raise InputError(f"{out}: names one file for {photos} photographs; name a folder, such as {out.stem}/")
    return out, True


@dataclass(frozen=True, kw_only=True)
class Found:
    """Photographs, each with its path within the results, and counts of what was passed over in folders."""

    photos: list[tuple[Path, Path]]
    passed_over: Counter[str]


def find_photos(inputs: list[str], out: str | None) -> Found:
    """Files, folders (recursive) and globs → each photograph once.

    In folders it takes files with an image suffix only. It passes over hidden files, files in `out`, and without `out`
    the results of an earlier run; it counts files of formats that it cannot read, and folders that are links.
    """
    found: dict[Path, tuple[Path, Path]] = {}
    passed_over: Counter[str] = Counter()
    for text in inputs:
        path = Path(text)
        matches = [path] if path.exists() else [Path(m) for m in sorted(glob.glob(text, recursive=True))]
        for match in matches or [path]:  # a missing file stays in the list, to be reported with the other failures
            for photo, relative in _below(match, out, passed_over):
                found.setdefault(photo.absolute(), (photo, relative))
    return Found(photos=list(found.values()), passed_over=passed_over)


def _below(path: Path, out: str | None, passed_over: Counter[str]) -> Iterator[tuple[Path, Path]]:
    if not path.is_dir():
        yield path, Path(path.name)
        return
    results = Path(out).resolve() if out and path.resolve() in Path(out).resolve().parents else None
    for photo in sorted(path.rglob("*")):
        if is_hidden(photo.relative_to(path)) or results in photo.resolve().parents:
            continue
        suffix = photo.suffix.lower()
        if photo.is_dir():
            passed_over["linked folder"] += photo.is_symlink()
        elif suffix in UNREADABLE and not (suffix in HEIF_SUFFIXES and reads_heif()):
            passed_over[suffix] += 1
        elif (
            suffix in (*PHOTO_SUFFIXES, *HEIF_SUFFIXES) and photo.is_file() and not (out is None and _is_result(photo))
        ):
            yield photo, photo.relative_to(path)


def _is_result(photo: Path) -> bool:
    """Whether a file is named like a result, and the photograph that it would be made from lies beside it."""
    stem = photo.stem.removesuffix("-compare")
    return stem.endswith(ENDING) and any(photo.parent.glob(f"{glob.escape(stem.removesuffix(ENDING))}.*"))


def plan(photos: list[tuple[Path, Path]], wishes: Wishes) -> Iterator[Job | Exists | InputError]:
    """For each photograph, in the given order: a job, or that its result exists, or an InputError that says why not.

    Raises InputError for an impossible `out`.
    """
    out, to_file = wishes.out, wishes.to_file
    if out is not None and out.exists() and not out.is_dir() and not to_file:
        raise InputError(f"{out}: is a file; name a folder, or a file with a suffix")
    if out is not None and to_file and wishes.format and SUFFIXES[out.suffix.lower()] != wishes.format:
        raise InputError(f"{out}: its suffix does not fit {wishes.format}; change it, or leave out --format")
    sources = {photo.resolve() for photo, _ in photos}
    taken: dict[Path, Path] = {}
    for photo, relative in photos:
        beside = photo.with_name(f"{photo.stem}{ENDING}{photo.suffix}")
        try:
            job = _job(photo, beside if out is None else out if to_file else out / relative, wishes, to_file)
            existing = _check(job, wishes, sources, taken)
        except InputError as error:
            yield error
        else:
            taken |= dict.fromkeys(job.writes, photo)
            yield Exists(photo, existing) if existing else job


def _job(photo: Path, target: Path, wishes: Wishes, to_file: bool) -> Job:
    header = read_header(photo)
    own = SUFFIXES.get(target.suffix.lower())
    name = wishes.format or (own if to_file else own_format(header))
    assert name is not None  # a file's suffix is one of SUFFIXES
    if header.alpha and not FORMATS[name].alpha:
        raise InputError(f"{photo}: has transparency, which {name} cannot hold; use --format png")
    if own != name:
        target = target.with_suffix(FORMATS[name].suffixes[0])
    numbers = [f"-{i}" for i in range(1, wishes.samples + 1)] or [""]
    targets = [target.with_name(f"{target.stem}{number}{target.suffix}") for number in numbers]
    comparison = target.with_name(f"{target.stem}-compare{target.suffix}") if wishes.compare else None
    return Job(source=photo, header=header, format=name, targets=targets, comparison=comparison)


def _check(job: Job, wishes: Wishes, sources: set[Path], taken: dict[Path, Path]) -> Path | None:
    """The first result that exists and may not be replaced. Raises InputError for one that can never be written."""
    for target in job.writes:
        if target.resolve() in sources:
            raise InputError(f"{job.source}: {target} is one of your photographs; choose another --output")
        if target in taken:
            raise InputError(f"{job.source}: {taken[target]} has the same result {target}; rename one of the two")
        if target.is_dir():
            raise InputError(f"{job.source}: its result {target} is a folder; choose another --output")
    return next((target for target in job.writes if target.exists() and not wishes.overwrite), None)
