"""Colorize many photographs in threads with bounded memory; a bad photograph does not stop the others."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from colorization.command.look import Look
from colorization.command.one import Done, attempted
from colorization.command.plan import Job
from colorization.command.same import Guard
from colorization.core.process import keep_memory

if TYPE_CHECKING:
    from colorization.photo.colorizer import PhotoColorizer
    from colorization.photo.likeness import Reference

    Load = Callable[[], PhotoColorizer]

Task = TypeVar("Task")
Result = TypeVar("Result")

PLANE = 4 * 2**20  # bytes; freed arrays up to this size stay with the process for reuse
DECODERS = ("PIL", "pyvips", "tifffile")  # they stay silent: we report damaged files ourselves, in one line each
WORKERS = 2  # one decodes or encodes while the other computes; more would only take memory


def settle() -> None:
    """Prepare a process that colorizes: silent decoders, and memory that stays with it."""
    for decoder in DECODERS:
        logging.getLogger(decoder).setLevel(logging.CRITICAL)
    keep_memory(PLANE, 64 * PLANE)


def colorize_all(jobs: Sequence[Job], load: "Load", look: Look, guard: Guard) -> Iterator[Done]:
    """Do all jobs; yields each when it is finished.

    load: returns the model. It is called once, while the first photographs are being read.
    """
    with ThreadPoolExecutor(WORKERS) as workers, ThreadPoolExecutor(1) as loader:
        model, large, ended = loader.submit(ready, load, look), threading.Lock(), threading.Event()
        try:
            yield from in_turn(
                jobs, lambda job: workers.submit(attempted, job, model, look, guard, large, ended), 2 * WORKERS
            )
        finally:  # after an interrupt, or without a model: photographs end, films stop
            ended.set()


def in_turn(tasks: Iterable[Task], submit: "Callable[[Task], Future[Result]]", most: int) -> Iterator[Result]:
    """The results of tasks in the order in which they finish, at most `most` tasks ahead.

    Raises a task's error. Then, or when the caller leaves, waiting tasks are cancelled, as far as their pool does it.
    """
    waiting, running = iter(tasks), set[Future[Result]]()
    try:
        while True:
            running |= {submit(task) for task in islice(waiting, most - len(running))}
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                yield each.result()
    finally:
        for future in running:
            future.cancel()


def ready(load: "Load", look: Look) -> "tuple[PhotoColorizer, list[Reference]]":
    """The model, and what it sees in the photographs whose colours are wanted."""
    colorizer = load()
    return colorizer, colorizer.references(look.like)
