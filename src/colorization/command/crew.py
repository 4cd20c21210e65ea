"""Colorize many photographs in several processes: in threads of one, they would wait for each other's Python."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import chain
from multiprocessing import Lock, get_context
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import TYPE_CHECKING

from colorization.command.batch import in_turn, ready, settle
from colorization.command.look import Look
from colorization.command.one import Done, attempted
from colorization.command.plan import Job
from colorization.command.same import Guard, folded
from colorization.core.files import partial_of
from colorization.core.process import killed, serve_parent, workers
from colorization.film.opening import FilmHeader

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

    from colorization.command.batch import Load
    from colorization.command.look import Ready

MANY = 8  # photographs; for fewer, other processes would hardly be there in time
MOST = 8  # processes; each takes 145 MB for photographs of 1 megapixel, 270 MB for 12

_member: "tuple[Ready, Look, Guard, AbstractContextManager, Event]"  # set when a process starts


def processes_for(jobs: Sequence[Job], model: Path, device: str) -> int:
    """The number of processes for jobs; 1: they need none.

    One for films, which use all cores, for models on a GPU or in torch, which takes long to start, and on a system
    without semaphores. Raises InputError for an invalid COLORIZATION_WORKERS where it counts.
    """
    if len(jobs) < MANY or any(isinstance(job.header, FilmHeader) for job in jobs):
        return 1
    from colorization.photo.loading import on_processors

    if not on_processors(model, device) or not _semaphores():
        return 1
    return min(workers(MOST), len(jobs))


def _semaphores() -> bool:
    """Whether processes can wait for each other here: some containers lack /dev/shm."""
    try:
        Lock()
    except (ImportError, OSError):
        return False
    return True


def colorize_many(jobs: Sequence[Job], load: "Load", look: Look, guard: Guard, count: int) -> Iterator[Done]:
    """Do all jobs in `count` processes; yields each when it is finished. load: see `colorize_all`; it can be pickled.

    After an interrupt or an error, photographs that are being coloured end, and no other one starts. Raises the
    model's own error if it does not load, and InputError if a process is killed.
    """
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

    context = _context()
    ended = context.Event()
    shared = load, look, guard, context.Lock(), ended
    try:
        with ProcessPoolExecutor(count, mp_context=context, initializer=_start, initargs=shared) as crew:
            try:
                for done in in_turn(_apart(jobs), lambda group: crew.submit(_colorized, group), 2 * count):
                    yield from done
            finally:
                ended.set()  # the pool holds tasks that it does not cancel
    except BrokenProcessPool:
        for path in (path for job in jobs for path in job.writes):
            partial_of(path).unlink(missing_ok=True)  # of the other processes, which the pool ends
        raise killed("a process that colorizes photographs", "and with --skip-existing") from None


def _context() -> BaseContext:
    """How processes start: as Python likes it, but never as copies of one whose libvips has threads."""
    return get_context("spawn" if "pyvips" in sys.modules else None)


def _apart(jobs: Sequence[Job]) -> list[list[Job]]:
    """The jobs; those whose results some disks would take for one file come to one process, as `Guard.turn` does."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        met = {id(groups[name]): groups[name] for name in _names(job) if name in groups}
        group = [*chain.from_iterable(met.values()), job]
        groups |= dict.fromkeys((name for one in group for name in _names(one)), group)
    return list({id(group): group for group in groups.values()}.values())


def _names(job: Job) -> list[str]:
    return [folded(str(path)) for path in job.writes]


def _start(load: "Load", look: Look, guard: Guard, large: AbstractContextManager, ended: "Event") -> None:
    global _member
    serve_parent()
    settle()
    loader = ThreadPoolExecutor(1)
    _member = loader.submit(ready, load, look), look, guard, large, ended


def _colorized(group: list[Job]) -> list[Done]:
    *_, ended = _member
    return [attempted(job, *_member) for job in group if not ended.is_set()]
