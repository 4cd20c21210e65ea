"""Processors, memory, locks and worker processes."""

import ctypes
import os
import re
import signal
import sys
from collections.abc import Iterator
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread
from typing import IO

from colorization.core.errors import InputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PR_SET_PDEATHSIG = 1  # linux/prctl.h: send this process a signal when its parent dies
MOST_WORKERS = 61 if sys.platform == "win32" else 256  # Python starts no more on Windows
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, LARGEST = -1, -3, 2**31 - 1  # malloc.h; LARGEST is mallopt's largest value


def end_with_parent(by: signal.Signals) -> None:
    """Ask the kernel to send this process a signal when its parent dies. Linux only; elsewhere it does nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)


def ancestors() -> Iterator[int]:
    """The processes above this one, from its parent up to the first of all. Linux only."""
    process = os.getppid()
    while process:
        yield process
        stat = Path(f"/proc/{process}/stat").read_text("utf-8", "replace")
        process = int(stat.rpartition(")")[2].split()[1])  # proc(5); what is before the bracket may hold anything


def serve_parent() -> None:
    """Call this when a worker starts: it leaves Ctrl-C to its parent, and it ends when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    Thread(target=follow, daemon=True).start()


def hold(file: IO) -> bool:
    """Lock an open file until it is closed or this process ends; False if another process holds it.

    Always True on a file system without locks. On Windows nobody else can read the locked first byte.
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # flock's error; that of msvcrt.locking
        return False
    except OSError:
        pass
    return True


def processors() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers(most: int = MOST_WORKERS) -> int:
    """The number of worker processes: COLORIZATION_WORKERS, or the processors of this process up to `most`.

    Raises InputError for an invalid COLORIZATION_WORKERS.
    """
    wanted = os.environ.get("COLORIZATION_WORKERS") or str(min(processors(), most, MOST_WORKERS))
    if not re.fullmatch("[0-9]{1,9}", wanted) or not 1 <= int(wanted) <= MOST_WORKERS:
        raise InputError(f"COLORIZATION_WORKERS: must be a whole number from 1 to {MOST_WORKERS}, not {wanted[:80]!r}")
    return int(wanted)


def killed(worker: str, also: str = "") -> InputError:
    """The error after a worker process, such as "a process that decodes photographs", was killed. also: more advice."""
    told = "was killed, probably because memory ran out; run it again with fewer processes: COLORIZATION_WORKERS=1"
    return InputError(f"{worker} {told} {also}".rstrip())


def keep_memory(piece: int = LARGEST, total: int = LARGEST) -> None:
    """Make glibc keep freed memory for the next arrays: pieces up to `piece` bytes, about `total` at the heap's end.

    By default it returns them to the kernel, which clears every page before it gives it out again. That takes up to
    half of the time of a training with wide batches on the CPU, and a third of `colorize`. Other C libraries stay as
    they are.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "gnu_get_libc_version"):
        libc.mallopt(M_TRIM_THRESHOLD, total)
        libc.mallopt(M_MMAP_THRESHOLD, piece)
