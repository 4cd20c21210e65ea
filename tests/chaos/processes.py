"""Find the processes of a project by their working directory."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

PAUSE = 0.002  # seconds between two looks: less time than a stage takes to write a file


def working_in(folder: Path) -> dict[int, list[str]]:
    """The live processes whose working directory lies in a folder, with their command lines."""
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if Path(os.readlink(f"/proc/{entry}/cwd")).is_relative_to(folder) and state(int(entry)) not in "ZX":
                found[int(entry)] = Path(f"/proc/{entry}/cmdline").read_bytes().decode().split("\0")[:-1]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has just ended, or belongs to another user
    return found


def state(process: int) -> str:
    """The kernel's letter: Z for a process that ended but was not collected, X for a missing process."""
    return (fields(process) or ["X"])[0]


def parent(process: int) -> int:
    return int((fields(process) or ["X", "0"])[1])


def fields(process: int) -> list[str]:
    """The fields after the name in the process's line of /proc: state, parent, …"""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def stage_in(folder: Path) -> int | None:
    """The process of the running stage in a project; the workers that it forked do not count."""
    ours = {process for process, words in working_in(folder).items() if is_stage(words)}
    return next((process for process in ours if parent(process) not in ours), None)


def is_stage(words: list[str]) -> bool:
    return "-m" in words and any(word.startswith("stages.") for word in words)


def wait(until: Callable[[], object], seconds: float):
    """The first true value of `until`, or None after the given seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := until():
            return found
        time.sleep(PAUSE)
    return None


def end_all(folder: Path) -> list[str]:
    """Kill all processes that work in a folder; returns their command lines."""
    left = working_in(folder)
    for process in left:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return [" ".join(words)[:80] for words in left.values()]
