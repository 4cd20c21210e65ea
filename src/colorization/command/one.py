"""Colorize one photograph or film of a batch, and say in one line what went wrong."""

import os
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from colorization.command.look import Look
from colorization.command.plan import Job
from colorization.command.same import Guard
from colorization.core.errors import InputError, one_line, out_of_memory
from colorization.film.opening import FilmHeader
from colorization.photo.negative import NEGATIVE, positive
from colorization.photo.reading import read_photo, read_picture
from colorization.photo.writing import depth, save, write_photo

if TYPE_CHECKING:
    from colorization.command.look import Ended, Ready

LARGE = 16 * 2**20  # pixels; larger photographs are in memory one at a time
SHOWN = 2048  # longest side of each picture in a comparison, in pixels
GAP = 8  # pixels between the pictures of a comparison


class Done(NamedTuple):
    """A finished job: one line that says why it failed, or "", and one line for each thing that was lost."""

    job: Job
    failure: str
    warnings: list[str]


def attempted(
    job: Job, model: "Ready", look: Look, guard: Guard, large: AbstractContextManager, ended: "Ended"
) -> Done:
    """Do one job, see `colorize_one`.

    Raises what stops all jobs: the model's own error if it did not load, and errors that say nothing of the photograph.
    """
    try:
        return Done(job, "", colorize_one(job, model, look, guard, large, ended))
    except Exception as error:
        if model.done() and model.exception() is error:
            raise
        return Done(job, _failure(error, job), [])


def colorize_one(
    job: Job,
    model: "Ready",
    look: Look,
    guard: Guard,
    large: AbstractContextManager,
    ended: "Ended",
) -> list[str]:
    """Read, colorize and write one photograph or film; returns a line for each thing lost.

    large: held for a film and for a large photograph: one at a time. A film stops when `ended` is set. Raises
    InputError or OSError.
    """
    with guard.turn(job.targets[0]):
        if isinstance(job.header, FilmHeader):
            from colorization.command.films import colorize_one_film

            with large:
                told = colorize_one_film(job, model, look, guard, ended)
            _written(job, job.targets[0], look, guard)
            return told
        if job.header.width * job.header.height > LARGE:
            with large:
                return _colorize(job, model, look, guard)
        return _colorize(job, model, look, guard)


def _colorize(job: Job, model: "Ready", look: Look, guard: Guard) -> list[str]:
    photo = read_photo(job.source)
    if look.negative:
        known = tuple(line for line in photo.warnings if line != NEGATIVE)
        photo = replace(photo, levels=positive(photo.levels), warnings=known)
    colorizer, references = model.result()
    maps = colorizer.predict(
        photo.levels,
        saturation=look.saturation,
        samples=look.samples,
        prepare=look.prepare,
        hints=look.hints,
        detail=look.detail,
        like=references,
    )
    lost = [*photo.warnings]
    for target, colour in zip(job.targets, maps, strict=True):
        guard.check(job.source, target)  # before the work, and right before the file is replaced
        bands = colorizer.bands(photo.levels, colour, bits=depth(photo, job.format))
        allowed = partial(guard.check, job.source, target)
        lost += write_photo(
            target, photo, bands, name=job.format, quality=look.quality, mark=look.mark, allowed=allowed
        )
        _written(job, target, look, guard)
    if job.comparison:
        results = [colorizer.preview(photo.levels, colour, SHOWN, photo.alpha) for colour in maps]
        image = side_by_side([read_picture(job.source, SHOWN), *results])
        allowed = partial(guard.check, job.source, job.comparison)
        save(image, job.comparison, name=job.format, quality=look.quality, mark=look.mark, allowed=allowed)
        _written(job, job.comparison, look, guard)
    return [f"{job.source}: {line}" for line in dict.fromkeys(lost)]


def _written(job: Job, target: Path, look: Look, guard: Guard) -> None:
    guard.written(job.source, target)
    if look.keep_time:
        before = os.stat(job.source)
        os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))


def side_by_side(images: list[Image.Image]) -> Image.Image:
    """The images from left to right on a white sheet."""
    width = sum(image.width for image in images) + GAP * (len(images) - 1)
    sheet, left = Image.new("RGB", (width, max(image.height for image in images)), "white"), 0
    for image in images:
        sheet.paste(image, (left, 0))
        left += image.width + GAP
    return sheet


def _failure(error: Exception, job: Job) -> str:
    """Why a photograph failed. Raises an error that says nothing about the photograph."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError):
        return f"{job.source}: {error.filename or job.targets[0]}: {error.strerror or error}"
    if out_of_memory(error):
        return f"{job.source}: not enough memory for {job.header.width}×{job.header.height} pixels; scale it down"
    if isinstance(job.header, FilmHeader) and _is_ffmpegs(error):
        return f"{job.source}: damaged ({one_line(error)})"
    raise error


def _is_ffmpegs(error: Exception) -> bool:
    import av  # only films need it

    return isinstance(error, av.error.FFmpegError)
