"""Kills at random moments, in every stage, of the stage, of dvc and of both: a plain dvc repro must mend everything."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from chaos import processes, project
from chaos.project import Failure

KINDS = (
    (signal.SIGKILL, "stage"), (signal.SIGKILL, "dvc"),
    (signal.SIGTERM, "stage"), (signal.SIGTERM, "dvc"),
    (signal.SIGINT, "stage"), (signal.SIGINT, "dvc"), (signal.SIGINT, "both"),  # both: Ctrl-C in a terminal
)  # fmt: skip
ALL_PHASES = ("before", "running", "writing", "after")
PHASES = {kind: ("running", "writing") for kind in KINDS if kind[1] == "stage"}
PHASES[signal.SIGINT, "dvc"] = ("before", "after")  # it ignores Ctrl-C while a stage runs, which has its own
OUTCOMES = ("resumed", "by hand", "no kill")  # told apart in the table; the others are simply mended
GRACE = 5  # seconds in which what was started by a killed dvc must have ended
BEFORE, AFTER = 2.0, 2.5  # seconds for which dvc works before the stage starts and after it ended, about


@dataclass(frozen=True)
class Trial:
    number: int
    stage: str
    number_of_signal: int
    target: str
    phase: str  # before, running, writing or after: where dvc and the stage are when the signal comes
    fraction: float  # of the phase

    def __str__(self):
        name = signal.Signals(self.number_of_signal).name
        return f"trial {self.number}: {name} to {self.target}, {self.fraction:.2f} of {self.phase} {self.stage}"


def trials(stages: list[str], seed: int):
    """Without end: every stage with every kind of kill in a random order, then again with other moments."""
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
    """A dict that has, after the block, the seconds that each stage took which ran in `folder` meanwhile."""
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
    for name, entry in project.lock(folder).items():
        first, last = seen[entry["cmd"].removeprefix("python ")]
        seconds[name] = last - first


def run_trial(trial: Trial, undisturbed: Path, folder: Path, seconds: float) -> str:
    """Kill, and mend with a plain dvc repro. Returns "no kill" where it all had ended well, "resumed" where a training
    went on, "by hand" where DVC had left its own files unreadable and stages.mend came first, else "mended".

    Raises Failure that says what is not as it was.
    """
    shutil.rmtree(folder, ignore_errors=True)
    project.copy(undisturbed, folder)
    outs = project.outs(folder, trial.stage)
    project.forget(folder, trial.stage)
    with open(folder.with_suffix(".log"), "w+") as log:
        dvc = subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro"], cwd=folder, env=project.environment(folder),
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        await_moment(trial, dvc, folder, outs, seconds)
        sent = send(trial, dvc, folder)
        status = dvc.wait(project.SECONDS)
        if not processes.wait(lambda: not processes.working_in(folder), GRACE):
            raise Failure(f"went on running: {'; '.join(processes.end_all(folder))}")
    if not sent or status == 0:
        return "no kill"
    output, by_hand = project.repro_or_mend(folder)
    if by_hand and trial.target == "stage":
        raise Failure("dvc was not killed and cannot go on")
    project.require_same(folder, undisturbed)
    return "by hand" if by_hand else "resumed" if "resumed after epoch" in output else "mended"


def await_moment(trial: Trial, dvc: subprocess.Popen, folder: Path, outs: list[str], seconds: float) -> None:
    if trial.phase == "before":
        time.sleep(trial.fraction * BEFORE)
        return
    stage = processes.wait(lambda: processes.stage_in(folder) or dvc.poll() is not None, project.SECONDS)
    if trial.phase == "running":
        time.sleep(trial.fraction * seconds)
    elif trial.phase == "writing":
        places = [folder / name for out in outs for name in (out, out + ".part")]
        states = folder / ".checkpoints"
        processes.wait(lambda: any(map(Path.exists, places)) or any(states.glob("*/*/state*")) or ended(stage), seconds * 3)
        time.sleep(trial.fraction * 0.1)
    else:
        processes.wait(lambda: ended(stage), project.SECONDS)
        time.sleep(trial.fraction**2 * AFTER)  # more often while dvc writes what it knows of the stage


def ended(process: int) -> bool:
    return processes.state(process) in "ZX"


def send(trial: Trial, dvc: subprocess.Popen, folder: Path) -> bool:
    """Whether there was anything left to kill."""
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


def run(work: Path, undisturbed: Path, seconds: dict[str, float], *, seed: int, kills: int, only: int | None):
    """Trials until so many kills counted: how many by stage, signal, target and outcome; and what failed."""
    counts, failures = Counter(), []
    for trial in trials(project.stages(undisturbed), seed):
        counted = sum(counts.values()) - sum(n for (*_, outcome), n in counts.items() if outcome == "no kill")
        if counted >= kills or trial.number >= 3 * kills or (only is not None and trial.number > only):
            break
        if only is not None and trial.number < only:
            continue
        try:
            outcome = run_trial(trial, undisturbed, work / "trial", seconds[trial.stage])
        except Failure as failure:
            outcome = "FAILED"
            failures.append(f"{trial}: {failure}; again: make chaos CHAOS='kills --seed {seed} --trial {trial.number}'")
            shutil.copytree(work / "trial", work / f"failed-{trial.number}", symlinks=True, dirs_exist_ok=True)
        counts[trial.stage, signal.Signals(trial.number_of_signal).name, trial.target, outcome] += 1
        print(f"{trial}: {outcome}" if outcome != "FAILED" else f"FAILED {failures[-1]}", flush=True)
    return counts, failures


def table(counts: Counter) -> str:
    """Rows of stages, columns of kills; the numbers are kills that were mended, of those that came in time."""
    kinds = [(signal.Signals(number).name, target) for number, target in KINDS]
    lines = [f"{'':16}" + "".join(f"{name[3:]} {target:<8}".rjust(14) for name, target in kinds) + ""]
    lines[0] += "".join(each.rjust(10) for each in OUTCOMES)
    total = Counter()
    for stage in dict.fromkeys(key[0] for key in counts):
        cells = []
        for kind in kinds:
            of = Counter({o: n for (s, *k, o), n in counts.items() if s == stage and tuple(k) == kind})
            good, in_time = of["mended"] + of["resumed"] + of["by hand"], of.total() - of["no kill"]
            cells.append(f"{good}/{in_time}".rjust(14))
            total[kind, "good"] += good
            total[kind, "all"] += in_time
        how = [sum(n for (s, *_, o), n in counts.items() if (s, o) == (stage, each)) for each in OUTCOMES]
        lines.append(f"{stage:16}" + "".join(cells) + "".join(f"{number:10}" for number in how))
    lines.append(f"{'all':16}" + "".join(f"{total[k, 'good']}/{total[k, 'all']}".rjust(14) for k in kinds))
    return "\n".join(lines)
