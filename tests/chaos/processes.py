"""The processes of one project, found by the folder that they work in."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

PAUSE = 0.002  # between two looks: shorter than a stage takes to write a file


def working_in(folder: Path) -> dict[int, list[str]]:
    """The living processes whose working directory lies in a folder, with their command lines."""
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if Path(os.readlink(f"/proc/{entry}/cwd")).is_relative_to(folder) and state(int(entry)) not in "ZX":
                found[int(entry)] = Path(f"/proc/{entry}/cmdline").read_bytes().decode().split("\0")[:-1]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has just ended, or is none of ours
    return found


def state(process: int) -> str:
    """The kernel's letter: Z for a process that ended and waits to be collected, X for none."""
    return (fields(process) or ["X"])[0]


def parent(process: int) -> int:
    return int((fields(process) or ["X", "0"])[1])


def fields(process: int) -> list[str]:
    """Of its line in /proc, those after the name: state, parent, …"""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def stage_in(folder: Path) -> int | None:
    """The process of the stage that runs in a project, not the workers that it forked."""
    ours = {process for process, words in working_in(folder).items() if is_stage(words)}
    return next((process for process in ours if parent(process) not in ours), None)


def is_stage(words: list[str]) -> bool:
    return "-m" in words and any(word.startswith("stages.") for word in words)


def wait(until: Callable[[], object], seconds: float):
    """What `until` gives as soon as that is true, or None after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := until():
            return found
        time.sleep(PAUSE)
    return None


def end_all(folder: Path) -> list[str]:
    """Kill whatever still works in a folder; returns their command lines."""
    left = working_in(folder)
    for process in left:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return [" ".join(words)[:80] for words in left.values()]
