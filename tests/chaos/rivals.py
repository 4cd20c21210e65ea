"""Two commands at once in one workspace: one is refused in one line, or both are right; results never mix."""

import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import yaml

from chaos import processes, project
from chaos.checks import Failure, digest, recorded, require_same, tail, tally

REFUSALS = ("error:", "ERROR:")  # from our stages, and from dvc


def start(folder: Path, *words: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", *words], cwd=folder, env=project.environment(folder),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def end(rivals: list[subprocess.Popen]) -> list[str]:
    """The outputs of both; one that failed must say in one line that another process runs."""
    outputs = [rival.communicate(timeout=project.SECONDS)[0] for rival in rivals]
    for rival, output in zip(rivals, outputs):
        refusals = [line for line in output.splitlines() if line.startswith(REFUSALS)]
        if rival.returncode and ("Traceback" in output or not refusals):
            raise Failure(f"ended with {rival.returncode} and no line: {tail(output)}")
    if all(rival.returncode for rival in rivals):
        raise Failure(f"all gave way: {' || '.join(map(tail, outputs))}")
    return outputs


def outcome(rivals: list[subprocess.Popen]) -> str:
    return "one was refused" if any(rival.returncode for rival in rivals) else "both right"


def two_repros(undisturbed: Path, folder: Path, stage: str, apart: float) -> str:
    """Two `dvc repro`; the second starts some seconds after the first."""
    project.fresh(undisturbed, folder, stage)
    rivals = [start(folder, "dvc", "repro")]
    time.sleep(apart)
    rivals.append(start(folder, "dvc", "repro"))
    end(rivals)
    project.repro(folder)
    require_same(folder, undisturbed)
    return outcome(rivals)


def two_stages(undisturbed: Path, folder: Path, stage: str) -> str:
    """The command of one stage twice at the same time."""
    project.fresh(undisturbed, folder, stage)
    command = recorded(undisturbed)[stage]["cmd"].split()[2:]
    rivals = [start(folder, *command), start(folder, *command)]
    end(rivals)
    outs = project.outs(undisturbed, stage)
    wrong = [out for out in outs if digest(folder / out) != digest(undisturbed / out)]
    if wrong:
        raise Failure(f"mixed: {', '.join(wrong)}")
    project.repro(folder)
    require_same(folder, undisturbed)
    return outcome(rivals)


def other_parameters(undisturbed: Path, folder: Path, model: str) -> str:
    """Two trainings of one model by hand, with different rates: model and history must come from one of them."""
    both = {}
    for name, rate in (("old", "0.001"), ("new", "0.0003")):
        clean = project.fresh(undisturbed, folder.with_name(name))
        rate_of(clean, model, rate)
        done = start(clean, "stages.train", model)
        end([done])
        both[name] = {out: digest(clean / out) for out in project.outs(undisturbed, f"train@{model}")}
        shutil.rmtree(clean)
    project.fresh(undisturbed, folder, f"train@{model}")
    rate_of(folder, model, "0.001")
    first = start(folder, "stages.train", model)
    processes.wait(lambda: any(folder.glob(f".checkpoints/{model}/*/lock")) or first.poll() is not None, 60)
    rate_of(folder, model, "0.0003")
    rivals = [first, start(folder, "stages.train", model)]
    end(rivals)
    found = {out: digest(folder / out) for out in both["old"]}
    if found not in both.values():
        raise Failure("the model is of one training and its history of the other")
    return outcome(rivals)


def rate_of(folder: Path, model: str, rate: str) -> None:
    tree = yaml.safe_load((folder / "params.yaml").read_text())
    tree["models"][model] |= {"lr": float(rate), "epochs": 100}  # the first still runs when the second starts
    (folder / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))


def beside_the_queue(undisturbed: Path, folder: Path) -> str:
    """`dvc repro` while the queue trains the same model with another rate."""
    project.fresh(undisturbed, folder, "train@vae")
    project.git(folder, "commit", "-qam", "a run to be made")
    queued = project.dvc(folder, "exp", "run", "--queue", "--name", "other", "-S", "models.vae.lr=0.0003")
    if queued.returncode:
        raise Failure(f"not queued: {tail(queued.stdout)}")
    project.dvc(folder, "queue", "start")
    processes.wait(lambda: any(folder.glob(".dvc/tmp/exps/*/params.yaml")), 60)
    rivals = [start(folder, "dvc", "repro")]
    end(rivals)
    if not processes.wait(lambda: has_ended(folder), project.SECONDS):
        raise Failure("the queue did not end")
    status, shown = (project.dvc(folder, *words).stdout for words in (("queue", "status"), ("exp", "show", "--json")))
    processes.end_all(folder)
    if "Success" not in status:
        logs = project.dvc(folder, "queue", "logs", "other").stdout
        raise Failure(f"the queue's experiment failed: {tail(logs)}")
    if '"lr": 0.0003' not in shown:
        raise Failure("the experiment has not the rate that was asked for")
    require_same(folder, undisturbed, but=("report/index.html",))  # the page names the commit
    return "both right"


def has_ended(folder: Path) -> bool:
    return any(word in project.dvc(folder, "queue", "status").stdout for word in ("Success", "Failed"))


def run(work: Path, undisturbed: Path) -> tuple[Counter, list[str]]:
    def case(function, *arguments):
        return lambda: function(undisturbed, work / "trial", *arguments)

    cases = {}
    for stage, apart in (("preprocess", 0), ("train@vae", 0), ("train@vae", 4), ("evaluate@gan", 1), ("report", 0.3)):
        cases[f"two dvc repro, {apart} s apart, at {stage}"] = case(two_repros, stage, apart)
    for stage in ("download", "preprocess", "train@gan", "classify", "repeat@vae", "evaluate@gan", "compare", "plot"):
        cases[f"two of the command of {stage}"] = case(two_stages, stage)
    cases["two trainings of vae, the second with another rate"] = case(other_parameters, "vae")
    cases["dvc repro beside dvc queue start"] = case(beside_the_queue)
    return tally(cases.items())
