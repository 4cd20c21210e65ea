"""Draw the moment and the target of each kill by seed and number, and wait for that moment."""

import os
import random
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from chaos import processes, project
from chaos.checks import recorded

KINDS = (
    (signal.SIGKILL, "stage"), (signal.SIGKILL, "dvc"),
    (signal.SIGTERM, "stage"), (signal.SIGTERM, "dvc"),
    (signal.SIGINT, "stage"), (signal.SIGINT, "dvc"), (signal.SIGINT, "both"),  # both: Ctrl-C in a terminal
)  # fmt: skip
ALL_PHASES = ("before", "running", "writing", "after")
PHASES = {kind: ("running", "writing") for kind in KINDS if kind[1] == "stage"}
PHASES[signal.SIGINT, "dvc"] = ("before", "after")  # dvc ignores Ctrl-C while a stage runs
BEFORE, AFTER = 2.0, 2.5  # approximate seconds that dvc works before the stage and after it


@dataclass(frozen=True)
class Trial:
    number: int
    stage: str
    number_of_signal: int
    target: str
    phase: str  # before, running, writing or after: the state of the stage when the signal comes
    fraction: float  # position within the phase, 0 to 1

    def __str__(self):
        name = signal.Signals(self.number_of_signal).name
        return f"trial {self.number}: {name} to {self.target}, {self.fraction:.2f} of {self.phase} {self.stage}"


def trials(stages: list[str], seed: int):
    """Endless: every stage with every kind of kill in random order, then again at other moments."""
    order = list(product(stages, KINDS))
    random.Random(seed).shuffle(order)
    number = 0
    while True:
        for stage, (number_of_signal, target) in order:
            moment = random.Random(f"{seed}/{number}")
            phases = PHASES.get((number_of_signal, target), ALL_PHASES)
            yield Trial(number, stage, number_of_signal, target, moment.choice(phases), moment.random())
            number += 1


@contextmanager
def durations(folder: Path):
    """Yield a dict. After the block it contains the seconds of each stage that ran in `folder`."""
    seen, seconds, ended = {}, {}, threading.Event()

    def look():
        while not ended.wait(0.02):
            if process := processes.stage_in(folder):
                command = " ".join(processes.working_in(folder).get(process, [])[1:])
                seen[command] = seen.get(command, (time.monotonic(),))[0], time.monotonic()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seconds
    finally:
        ended.set()
        watcher.join()
    for name, entry in recorded(folder).items():
        first, last = seen[entry["cmd"].removeprefix("python ")]
        seconds[name] = last - first


def await_moment(trial: Trial, dvc: subprocess.Popen, folder: Path, outs: list[str], seconds: float) -> None:
    """Return when the trial's signal is due. outs, seconds: the stage's outputs and duration."""
    if trial.phase == "before":
        time.sleep(trial.fraction * BEFORE)
        return
    none = -1  # dvc ended before a stage was seen
    stage = processes.wait(lambda: processes.stage_in(folder) or (dvc.poll() is not None and none), project.SECONDS)
    if trial.phase == "running":
        time.sleep(trial.fraction * seconds)
    elif trial.phase == "writing":
        places = [folder / name for out in outs for name in (out, out + ".part")]
        states = folder / ".checkpoints"
        writes = lambda: any(map(Path.exists, places)) or any(states.glob("*/*/state*"))  # noqa: E731
        processes.wait(lambda: writes() or ended(stage), seconds * 3)
        time.sleep(trial.fraction * 0.1)
    else:
        processes.wait(lambda: ended(stage), project.SECONDS)
        time.sleep(trial.fraction**2 * AFTER)  # squared, to hit dvc more often while it records the stage


def ended(process: int) -> bool:
    return processes.state(process) in "ZX"


def send(trial: Trial, dvc: subprocess.Popen, folder: Path) -> bool:
    """Send the trial's signal; returns False if its target had already ended."""
    try:
        if trial.target == "stage":
            stage = processes.stage_in(folder)
            if stage:
                os.kill(stage, trial.number_of_signal)
            return stage is not None
        if trial.target == "both":
            os.killpg(dvc.pid, trial.number_of_signal)
        else:
            dvc.send_signal(trial.number_of_signal)
    except ProcessLookupError:
        return False
    return dvc.poll() is None or dvc.returncode != 0
