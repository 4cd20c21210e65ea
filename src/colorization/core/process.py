"""What a process may use and what ends with it: processors, memory, locks, and the processes that work for it."""

import ctypes
import fcntl
import os
import signal
import sys
from multiprocessing import parent_process
from typing import IO

PR_SET_PDEATHSIG = 1  # linux/prctl.h: a signal to this process when its parent dies
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, LARGEST = -1, -3, 2**31 - 1  # malloc.h, and the largest value that mallopt takes


def end_with_parent(by: signal.Signals) -> None:
    """Have the kernel send this process a signal when its parent dies. Elsewhere than on Linux nothing does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)


def serve_parent() -> None:
    """For a worker's start: Ctrl-C is its parent's to answer, and the kernel ends the worker when the parent is killed.

    Elsewhere than on Linux nothing ends it: it waits for work that never comes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(signal.SIGKILL)
    parent = parent_process()
    assert parent is not None
    if not parent.is_alive():  # it was killed before we could ask
        os._exit(1)


def hold(file: IO) -> bool:
    """Lock an open file until it is closed or this process ends; False when another holds it.

    A file system that knows no locks tells of no other.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_memory(piece: int = LARGEST, total: int = LARGEST) -> None:
    """Have glibc keep freed memory for the next arrays: pieces of at most `piece` bytes, about `total` at its end.

    Otherwise it gives them back to the kernel, which clears every page that it hands out anew: up to half of the time
    of a training of wide batches on the CPU, and a third of that of `colorize`. Other C libraries stay as they are.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "gnu_get_libc_version"):
        libc.mallopt(M_TRIM_THRESHOLD, total)
        libc.mallopt(M_MMAP_THRESHOLD, piece)
