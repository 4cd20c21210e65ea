"""Which photographs a command line names, and which file each result goes to; nothing is overwritten by accident."""

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from colorization.app.photo.reading import Header, read_header
from colorization.app.photo.writing import FORMATS
from colorization.core.errors import InputError

SUFFIXES = {suffix: name for name, kind in FORMATS.items() for suffix in kind.suffixes}
PHOTO_SUFFIXES = {*SUFFIXES, ".gif", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".avif", ".tga", ".pcx", ".sgi", ".mpo"}


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the command line asks of the results."""

    out: Path
    format: str | None = None  # of FORMATS; None: the photograph's own where that can hold it
    compare: bool = False
    samples: int = 0
    overwrite: bool = False


@dataclass(frozen=True, kw_only=True)
class Job:
    """One photograph and its results: one, or one for each sample; `comparison` shows them beside the photograph."""

    source: Path
    header: Header
    format: str
    targets: list[Path]
    comparison: Path | None

    @property
    def writes(self) -> list[Path]:
        return [*self.targets, *([self.comparison] if self.comparison else [])]


def find_photos(inputs: list[str], out: Path) -> list[tuple[Path, Path]]:
    """Files, folders (recursive) and globs → (photograph, its path within the results), each photograph once.

    In folders only names that look like images count, and never what lies in `out`.
    """
    found: dict[Path, tuple[Path, Path]] = {}
    for text in inputs:
        path = Path(text)
        matches = [path] if path.exists() else [Path(m) for m in sorted(glob.glob(text, recursive=True))]
        for match in matches or [path]:  # what does not exist is reported with the others
            for photo, relative in _below(match, out):
                found.setdefault(photo.absolute(), (photo, relative))
    return list(found.values())


def _below(path: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    if not path.is_dir():
        yield path, Path(path.name)
        return
    results = out.resolve() if path.resolve() in out.resolve().parents else None
    for photo in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in photo.relative_to(path).parts)
        ours = results in photo.resolve().parents
        if photo.suffix.lower() in PHOTO_SUFFIXES and not hidden and not ours and photo.is_file():
            yield photo, photo.relative_to(path)


def plan(photos: list[tuple[Path, Path]], wishes: Wishes) -> Iterator[Job | InputError]:
    """A job for every photograph, or why there is none, in the order given.

    Raises InputError for an impossible `out`.
    """
    to_file = len(photos) == 1 and bool(wishes.out.suffix) and not wishes.out.is_dir()
    if to_file and wishes.out.suffix.lower() not in SUFFIXES:
        known = ", ".join(sorted(SUFFIXES))
        raise InputError(f"{wishes.out}: no format of this name; name a folder, or one of {known}")
    if wishes.out.exists() and not wishes.out.is_dir() and not to_file:
        raise InputError(f"{wishes.out}: is a file; name a folder, or a file with a suffix")
    if to_file and wishes.format and SUFFIXES[wishes.out.suffix.lower()] != wishes.format:
        raise InputError(f"{wishes.out}: is no name for {wishes.format}; change it, or leave out --format")
    sources = {photo.resolve() for photo, _ in photos}
    taken: dict[Path, Path] = {}
    for photo, relative in photos:
        try:
            job = _job(photo, wishes.out if to_file else wishes.out / relative, wishes, to_file)
            _check(job, wishes, sources, taken)
        except InputError as error:
            yield error
        else:
            taken |= dict.fromkeys(job.writes, photo)
            yield job


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


def own_format(header: Header) -> str:
    """The photograph's own format, or PNG where we do not write it or it cannot hold what the photograph has."""
    kind = FORMATS.get(header.format)
    fits = kind and (kind.alpha or not header.alpha) and (kind.deep or header.bits == 8)
    return header.format if fits else "png"


def _check(job: Job, wishes: Wishes, sources: set[Path], taken: dict[Path, Path]) -> None:
    for target in job.writes:
        if target.resolve() in sources:
            raise InputError(f"{job.source}: {target} is a photograph of yours; choose another --output")
        if target in taken:
            raise InputError(f"{job.source}: its result {target} is that of {taken[target]} too; rename one of the two")
        if target.is_dir():
            raise InputError(f"{job.source}: its result {target} is a folder; choose another --output")
        if target.exists() and not wishes.overwrite:
            raise InputError(f"{job.source}: {target} exists; use --overwrite to replace it")
