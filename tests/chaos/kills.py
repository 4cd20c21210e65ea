"""Kill the stage, dvc or both at random moments of every stage; then a plain dvc repro must repair everything."""

import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from chaos import processes, project
from chaos.checks import Failure, require_same
from chaos.moments import KINDS, Trial, await_moment, send, trials

HOW = ("resumed", "by hand", "no kill")  # outcomes with a column of their own; all others are "mended"
PAGE = "report/index.html"  # names the commit: differs after tools.repair restored the last commit's dvc.lock
GRACE = 5  # seconds in which all children of a killed dvc must end


def run_trial(trial: Trial, undisturbed: Path, folder: Path, seconds: float) -> str:
    """Kill, then repair with a plain dvc repro. Returns "no kill" if everything had ended before, "resumed" if a
    training continued, "by hand" if DVC had left unreadable files and tools.repair ran first, else "mended".

    Raises Failure if the study differs from the undisturbed one.
    """
    outs = project.outs(undisturbed, trial.stage)
    project.fresh(undisturbed, folder, trial.stage)
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
    require_same(folder, undisturbed, but=(PAGE,) if by_hand else ())
    return "by hand" if by_hand else "resumed" if "resumed after epoch" in output else "mended"


def run(work: Path, undisturbed: Path, seconds: dict[str, float], *, seed: int, kills: int, only: int | None):
    """Run trials until `kills` of them hit; returns counts by stage, signal, target and outcome, and the failures."""
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
    """A row per stage, a column per kind of kill: repaired / all kills that hit; then counts by outcome."""

    def number(stage: str, kind: tuple | None, *outcomes: str, but: str = "") -> int:
        wanted = {(s, *k, o): n for (s, *k, o), n in counts.items() if stage in (s, "all") and kind in (tuple(k), None)}
        return sum(n for (*_, o), n in wanted.items() if o != but and (not outcomes or o in outcomes))

    kinds = [(signal.Signals(each).name, target) for each, target in KINDS]
    lines = [" " * 16 + "".join(f"{name[3:]} {target}".rjust(12) for name, target in kinds)]
    lines[0] += "".join(each.rjust(10) for each in HOW)
    for stage in (*dict.fromkeys(key[0] for key in counts), "all"):
        good = [(number(stage, kind, "mended", *HOW[:2]), number(stage, kind, but="no kill")) for kind in kinds]
        cells = "".join(f"{mended}/{killed}".rjust(12) for mended, killed in good)
        lines.append(f"{stage:16}{cells}" + "".join(f"{number(stage, None, how):10}" for how in HOW))
    return "\n".join(lines)
