"""Colorize the photographs of a command line: find and plan them, do the work, say what came of it."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from colorization.command import messages
from colorization.command.batch import colorize_all, settle
from colorization.command.crew import colorize_many, processes_for
from colorization.command.finding import find_photos
from colorization.command.look import Look
from colorization.command.parser import QUALITY
from colorization.command.plan import Exists, Job, Wishes, place, plan
from colorization.command.same import Guard
from colorization.core.errors import InputError, shown
from colorization.film.formats import is_film
from colorization.film.hints import FilmHint, read_film_hints
from colorization.models.common.description import SUFFIX, read_description
from colorization.photo import catalog
from colorization.photo.hints import Hint, parsed, read_hints
from colorization.photo.likeness import LONGEST, is_gray
from colorization.photo.reading import read_picture

if TYPE_CHECKING:
    from tqdm import tqdm

    from colorization.photo.colorizer import PhotoColorizer


def colorize(wanted: argparse.Namespace) -> int:
    """Colorize the photographs of the command line; returns the number of photographs that failed."""
    settle()
    model = model_of(wanted)
    photos, closed = photos_of(wanted)
    look = look_of(wanted, photos)
    wishes = wishes_of(wanted, len(photos))
    guard = Guard([*(photo for photo, _ in photos), *wanted.like], overwrite=wanted.overwrite)
    steps = list(plan(photos, wishes, guard))
    jobs = [step for step in steps if isinstance(step, Job)]
    kept = [step for step in steps if isinstance(step, Exists)] if wanted.skip_existing else []
    failed = _refused(steps, keep=wanted.skip_existing)
    if wanted.dry_run:
        for job in jobs:
            print(shown(messages.planned(job)))
        return failed + closed
    failed += _work(jobs, model, look, guard, wanted.device)
    done = len(photos) - failed - len(kept)
    rest = f"; {len(kept)} existing kept" if kept else ""
    if not failed:
        where = wishes.out or (jobs[0].targets[0] if len(jobs) == 1 else "beside the originals")
        print(shown(f"{messages.number(done, 'photograph')} colorized with {model.stem}: {where}{rest}"))
    elif len(photos) > 1:
        print(f"{done} of {len(photos)} photographs colorized{rest}", file=sys.stderr)
    return failed + closed


def model_of(wanted: argparse.Namespace) -> Path:
    """The model's file. Warns of one that learned little."""
    model = catalog.find(wanted.model)
    model = sampling(model) if wanted.samples else model
    if warning := catalog.warning(model):
        print(f"warning: {shown(warning)}", file=sys.stderr)
    return model


def sampling(model: Path) -> Path:
    """The file of a model that draws samples: the weights beside an export, which gives one result only.

    Raises InputError for a model that gives one result only.
    """
    name = read_description(model).name
    if name != "vae":
        raise InputError(f"--samples: the {name} gives one result only; use a VAE: --model models/vae.safetensors")
    weights = model.with_suffix(SUFFIX)
    return weights if weights.is_file() else model


def photos_of(wanted: argparse.Namespace) -> tuple[list[tuple[Path, Path]], int]:
    """The photographs, each with its path within the results, and the number of folders that cannot be read.

    Reports those folders, and what was passed over in others.
    """
    found = find_photos(wanted.photos, wanted.output)
    for line in messages.passed_over(found.passed_over):
        print(line, file=sys.stderr)
    for line in found.closed:
        print(shown(f"error: {line}"), file=sys.stderr)
    if not found.photos:
        raise InputError(f"{', '.join(wanted.photos)}: found no photographs")
    return found.photos, len(found.closed)


def look_of(wanted: argparse.Namespace, photos: Sequence[tuple[Path, Path]]) -> Look:
    """The options that decide how the results look. Raises InputError for those that do not apply."""
    if (wanted.hint or wanted.hints) and len(photos) > 1:
        raise InputError(f"--hint: belongs to one photograph, not to {len(photos)}; colorize them one by one")
    if all(is_film(photo) for photo, _ in photos):
        for option, value in {"--format": wanted.format, "--quality": wanted.quality}.items():
            if value is not None:
                raise InputError(f"{option}: is for photographs; leave it out for films")
    film = is_film(photos[0][0])
    return Look(
        saturation=wanted.saturation,
        samples=wanted.samples,
        prepare=not wanted.no_prepare,
        detail=wanted.detail,
        negative=wanted.negative,
        hints=[] if film else hints_of(wanted),
        film_hints=film_hints_of(wanted) if film else [],
        like=likes_of(wanted.like),
        quality=wanted.quality or QUALITY,
        mark=not wanted.no_mark,
        keep_time=wanted.keep_time,
    )


def hints_of(wanted: argparse.Namespace) -> list[Hint]:
    """The hints of the command line and of its file."""
    return [*(read_hints(wanted.hints) if wanted.hints else []), *map(parsed, wanted.hint)]


def film_hints_of(wanted: argparse.Namespace) -> list[FilmHint]:
    """The same for a film; those of the command line are in its first picture."""
    first = [FilmHint(one, 0, None) for one in map(parsed, wanted.hint)]
    return [*(read_film_hints(wanted.hints) if wanted.hints else []), *first]


def likes_of(paths: list[Path]) -> list[Image.Image]:
    """The photographs of --like. Raises InputError for one that is gray or cannot be read."""
    found = []
    for path in paths:
        try:
            found.append(read_picture(path, LONGEST))
        except MemoryError:
            raise InputError(f"--like {path}: not enough memory to read it; scale it down") from None
        if is_gray(np.asarray(found[-1])):
            raise InputError(f"--like {path}: is gray; name a photograph in colour")
    return found


def wishes_of(wanted: argparse.Namespace, photos: int) -> Wishes:
    """The options that decide where the results of a number of photographs lie."""
    out, to_file = place(wanted.output, photos)
    return Wishes(
        out=out,
        to_file=to_file,
        format=wanted.format,
        compare=wanted.compare,
        samples=wanted.samples,
    )


def _refused(steps: Sequence[Job | Exists | InputError], *, keep: bool) -> int:
    """Report the photographs that cannot be done, and, unless they are to be kept, existing results; their number."""
    errors = [step for step in steps if isinstance(step, InputError)]
    found = [] if keep else [step for step in steps if isinstance(step, Exists)]
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    if found:
        print(shown(f"error: {messages.existing(found)}"), file=sys.stderr)
    return len(errors) + len(found)


def _work(jobs: list[Job], model: Path, look: Look, guard: Guard, device: str) -> int:
    """Do all jobs, and report those that fail; returns their number."""
    # several photographs run in parallel already; more threads would only wait
    loading = partial(_load, model, device, threads=1 if len(jobs) > 1 else None)
    count, failed = processes_for(jobs, model, device), 0
    work = partial(colorize_many, count=count) if count > 1 else colorize_all
    with _bar(len(jobs), model.stem) as bar:
        for done in work(jobs, loading, look, guard) if jobs else ():
            failed += bool(done.failure)
            lines = [f"error: {done.failure}"] if done.failure else [f"warning: {line}" for line in done.warnings]
            for line in lines:
                (bar.write if bar else print)(shown(line), file=sys.stderr)
            if bar:
                bar.update()
    return failed


def _load(model: Path, device: str, *, threads: int | None) -> "PhotoColorizer":
    from colorization.photo.colorizer import load

    return load(model, device=device, threads=threads)


def _bar(photographs: int, title: str) -> "AbstractContextManager[tqdm | None]":
    """A progress bar for several photographs on a terminal; otherwise none, nor the time that its import takes."""
    if photographs < 2 or not sys.stderr.isatty():
        return nullcontext()
    from tqdm import tqdm

    return tqdm(total=photographs, desc=title, unit="photo")
