"""Find the photographs of a command line, and choose a file for each result without overwriting anything."""

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
    """The command line's options for the results."""

    out: Path
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


def find_photos(inputs: list[str], out: Path) -> list[tuple[Path, Path]]:
    """Files, folders (recursive) and globs → (photograph, its path within the results), each photograph once.

    In folders it takes files with an image suffix only, and skips hidden files and files in `out`.
    """
    found: dict[Path, tuple[Path, Path]] = {}
    for text in inputs:
        path = Path(text)
        matches = [path] if path.exists() else [Path(m) for m in sorted(glob.glob(text, recursive=True))]
        for match in matches or [path]:  # a missing file stays in the list, to be reported with the other failures
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
    """A job for each photograph, or an InputError that says why it fails, in the given order.

    Raises InputError for an impossible `out`.
    """
    to_file = len(photos) == 1 and bool(wishes.out.suffix) and not wishes.out.is_dir()
    if to_file and wishes.out.suffix.lower() not in SUFFIXES:
        known = ", ".join(sorted(SUFFIXES))
        raise InputError(f"{wishes.out}: unknown suffix; name a folder, or a file with one of {known}")
    if wishes.out.exists() and not wishes.out.is_dir() and not to_file:
        raise InputError(f"{wishes.out}: is a file; name a folder, or a file with a suffix")
    if to_file and wishes.format and SUFFIXES[wishes.out.suffix.lower()] != wishes.format:
        raise InputError(f"{wishes.out}: its suffix does not fit {wishes.format}; change it, or leave out --format")
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
    """The photograph's own format, or PNG if we cannot write it or it lacks the photograph's alpha or bit depth."""
    kind = FORMATS.get(header.format)
    fits = kind and (kind.alpha or not header.alpha) and (kind.deep or header.bits == 8)
    return header.format if fits else "png"


def _check(job: Job, wishes: Wishes, sources: set[Path], taken: dict[Path, Path]) -> None:
    for target in job.writes:
        if target.resolve() in sources:
            raise InputError(f"{job.source}: {target} is one of your photographs; choose another --output")
        if target in taken:
            raise InputError(f"{job.source}: {taken[target]} has the same result {target}; rename one of the two")
        if target.is_dir():
            raise InputError(f"{job.source}: its result {target} is a folder; choose another --output")
        if target.exists() and not wishes.overwrite:
            raise InputError(f"{job.source}: {target} exists; use --overwrite to replace it")
