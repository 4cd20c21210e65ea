"""Colorize one film of a command line, with a bar of its own."""

from typing import TYPE_CHECKING

from tqdm import tqdm

from colorization.command.look import Look
from colorization.command.plan import Job
from colorization.command.same import Guard
from colorization.core.errors import InputError, shown
from colorization.film.coloring import Look as FilmLook
from colorization.film.coloring import colorize_film
from colorization.film.opening import FilmHeader

if TYPE_CHECKING:
    from colorization.command.look import Ended, Ready
    from colorization.photo.likeness import Reference


def colorize_one_film(job: Job, model: "Ready", look: Look, guard: Guard, ended: "Ended") -> list[str]:
    """Read, colorize and write one film; returns a line for each thing to know.

    Raises InputError or OSError, and InputError once `ended` is set.
    """
    assert isinstance(job.header, FilmHeader)
    (target,) = job.targets
    guard.check(job.source, target)  # before the work
    colorizer, references = model.result()
    with tqdm(total=job.header.frames or None, desc=shown(job.source.name), unit="frame", disable=None) as bar:

        def reading() -> None:
            if ended.is_set():
                raise InputError(f"{job.source}: interrupted")

        def progress() -> None:
            reading()
            bar.update()

        notes = colorize_film(job.source, target, colorizer, _wanted(look, references), progress, reading)
    return [f"{job.source}: {note}" for note in notes]


def _wanted(look: Look, references: "list[Reference]") -> FilmLook:
    return FilmLook(
        saturation=look.saturation,
        prepare=look.prepare,
        hints=look.film_hints,
        like=references,
        detail=look.detail,
        negative=look.negative,
        mark=look.mark,
    )
