"""Colorize many photographs in several processes: in threads of one, they would wait for each other's Python."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from multiprocessing import Lock
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from colorization.command.batch import in_turn, ready, settle
from colorization.command.one import Done, Look, attempted
from colorization.command.plan import Job
from colorization.command.same import Guard, folded
from colorization.core.process import killed, serve_parent, workers
from colorization.film.opening import FilmHeader

if TYPE_CHECKING:
    from colorization.command.batch import Load
    from colorization.command.one import Ready

MANY = 8  # photographs; for fewer, other processes would hardly be there in time
MOST = 8  # processes; each takes 200 MB, and more for large photographs

_member: "tuple[Ready, Look, Guard, AbstractContextManager]"  # set when a process starts


def processes_for(jobs: Sequence[Job], model: Path, device: str) -> int:
    """The number of processes for jobs; 1: they need none.

    One for films, which use all cores, for models on a GPU or in torch, which takes long to start, and on a system
    without semaphores. Raises InputError for an invalid COLORIZATION_WORKERS.
    """
    from colorization.photo.network import on_processors

    count = min(workers(MOST), len(jobs))
    films = any(isinstance(job.header, FilmHeader) for job in jobs)
    return 1 if len(jobs) < MANY or films or not on_processors(model, device) or not _semaphores() else count


def _semaphores() -> bool:
    """Whether processes can wait for each other here: some containers lack /dev/shm."""
    try:
        Lock()
    except (ImportError, OSError):
        return False
    return True


def colorize_many(jobs: Sequence[Job], load: "Load", look: Look, guard: Guard, count: int) -> Iterator[Done]:
    """Do all jobs in `count` processes; yields each when it is finished. load: see `colorize_all`; it can be pickled.

    Raises InputError if a process is killed.
    """
    with ProcessPoolExecutor(count, initializer=_start, initargs=(load, look, guard, Lock())) as crew:
        try:
            for done in in_turn(_apart(jobs), lambda group: crew.submit(_colorized, group), 2 * count):
                yield from done
        except BrokenProcessPool:
            raise killed("a process that colorizes photographs") from None


def _apart(jobs: Sequence[Job]) -> list[list[Job]]:
    """The jobs; those whose results some disks would take for one file come to one process, as `Guard.turn` does."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        groups.setdefault(folded(str(job.targets[0])), []).append(job)
    return list(groups.values())


def _start(load: "Load", look: Look, guard: Guard, large: AbstractContextManager) -> None:
    global _member
    serve_parent()
    settle()
    loader = ThreadPoolExecutor(1)
    _member = loader.submit(ready, load, look), look, guard, large


def _colorized(group: list[Job]) -> list[Done]:
    model, look, guard, large = _member
    return [attempted(job, model, look, guard, large, Event()) for job in group]
