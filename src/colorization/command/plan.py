"""Choose a file for each result without overwriting anything."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from colorization.command.finding import PHOTO_SUFFIXES
from colorization.command.same import Guard
from colorization.core.errors import InputError
from colorization.core.files import partial_of
from colorization.film.formats import RESULTS as FILM_RESULTS
from colorization.film.formats import SUFFIXES as FILM_SUFFIXES
from colorization.film.formats import is_film, own_suffix
from colorization.film.opening import FilmHeader, read_film_header
from colorization.photo.formats import ENDING, FORMATS, own_format
from colorization.photo.reading import Header, read_header

SUFFIXES = {suffix: name for name, kind in FORMATS.items() for suffix in kind.suffixes}


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """The command line's options for the results."""

    out: Path | None = None  # None: beside each photograph, with ENDING in the name
    to_file: bool = False  # `out` is a file
    format: str | None = None  # a key of FORMATS; None: the photograph's format if it can hold the result, else PNG
    compare: bool = False
    samples: int = 0


@dataclass(frozen=True, kw_only=True)
class Job:
    """A photograph or film and its result files, one per sample; `comparison` shows them beside the photograph."""

    source: Path
    header: Header | FilmHeader
    format: str  # a key of FORMATS; of a film its suffix, a key of FILM_RESULTS
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

    A value that ends with / is a folder, and so is one without a suffix of letters, of a photograph or of a film.
    Raises InputError for a file with an unknown suffix, and for a file with several photographs.
    """
    if text is None:
        return None, False
    out = Path(text)
    named = re.fullmatch(r"\.[a-zA-Z]{1,5}", out.suffix) or out.suffix.lower() in (*PHOTO_SUFFIXES, *FILM_SUFFIXES)
    if text.endswith(("/", os.sep)) or out.is_dir() or not named:
        return out, False
    if out.suffix.lower() not in (*SUFFIXES, *FILM_RESULTS):
        known = ", ".join(sorted((*SUFFIXES, *FILM_RESULTS)))
        raise InputError(f"{out}: unknown suffix; name a file with one of {known}, or end a folder's name with /")
    if photos > 1:
        raise InputError(f"{out}: names one file for {photos} photographs; name a folder, such as {out.stem}/")
    return out, True


def plan(photos: list[tuple[Path, Path]], wishes: Wishes, guard: Guard) -> Iterator[Job | Exists | InputError]:
    """For each photograph, in the given order: a job, or that its result exists, or an InputError that says why not.

    Raises InputError for an impossible `out`.
    """
    out, to_file = wishes.out, wishes.to_file
    if out is not None and out.exists() and not out.is_dir() and not to_file:
        raise InputError(f"{out}: is a file; name a folder, or a file with a suffix")
    if out is not None and to_file and wishes.format and SUFFIXES.get(out.suffix.lower()) != wishes.format:
        raise InputError(f"{out}: its suffix does not fit {wishes.format}; change it, or leave out --format")
    for photo, relative in photos:
        beside = photo.with_name(f"{photo.stem}{ENDING}{photo.suffix}")
        try:
            job = _job(photo, beside if out is None else out if to_file else out / relative, wishes, to_file)
            existing = _checked(job, guard)
        except InputError as error:
            yield error
        except MemoryError:
            yield InputError(f"{photo}: not enough memory to read it")
        else:
            yield Exists(photo, existing) if existing else job


def _job(photo: Path, target: Path, wishes: Wishes, to_file: bool) -> Job:
    if is_film(photo):
        return _film_job(photo, target, wishes, to_file)
    header = read_header(photo)
    own = SUFFIXES.get(target.suffix.lower())
    name = wishes.format or (own if to_file else own_format(header))
    if name is None:  # its suffix is one of FILM_RESULTS
        raise InputError(f"{photo}: is a photograph, and {target} a film; name a file with another suffix")
    if header.alpha and not FORMATS[name].alpha:
        raise InputError(f"{photo}: has transparency, which {name} cannot hold; use --format png")
    if own != name:
        target = target.with_suffix(FORMATS[name].suffixes[0])
    numbers = [f"-{i}" for i in range(1, wishes.samples + 1)] or [""]
    targets = [target.with_name(f"{target.stem}{number}{target.suffix}") for number in numbers]
    comparison = target.with_name(f"{target.stem}-compare{target.suffix}") if wishes.compare else None
    return Job(source=photo, header=header, format=name, targets=targets, comparison=comparison)


def _film_job(film: Path, target: Path, wishes: Wishes, to_file: bool) -> Job:
    if wishes.samples or wishes.compare:
        option = "--samples" if wishes.samples else "--compare"
        raise InputError(f"{film}: {option} is for photographs, and this is a film; leave it out")
    header = read_film_header(film)
    suffix = target.suffix.lower() if to_file else own_suffix(film)
    if suffix not in FILM_RESULTS:
        raise InputError(f"{film}: is a film; name a result with one of {', '.join(FILM_RESULTS)}")
    target = target if to_file else target.with_suffix(suffix)
    return Job(source=film, header=header, format=suffix, targets=[target], comparison=None)


def _checked(job: Job, guard: Guard) -> Path | None:
    """The first result that exists and may not be replaced. Raises InputError for one that can never be written."""
    try:
        for target in job.writes:
            _try_name(target)
        return guard.plan(job.source, job.writes)
    except OSError as error:
        advice = "name another with --output, or rename the photograph"
        raise InputError(f"{job.source}: its result {target}: {error.strerror}; {advice}") from None


def _try_name(target: Path) -> None:
    """Raise OSError for a name that is too long for the disk, and in a folder without permission.

    Raises InputError for a drive that is missing.
    """
    folder = next((folder for folder in target.absolute().parents if os.path.lexists(folder)), None)
    if folder is None:
        raise InputError(f"{target}: its drive is missing")
    for name in (target.name, partial_of(target).name):
        with suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(folder / name)
