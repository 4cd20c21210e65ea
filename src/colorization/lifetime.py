"""Processes that do not outlive the process that they work for."""

import ctypes
import os
import signal
import sys
from multiprocessing import parent_process

PR_SET_PDEATHSIG = 1  # linux/prctl.h: a signal to this process when its parent dies


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
    if not parent_process().is_alive():  # it was killed before we could ask
        os._exit(1)
