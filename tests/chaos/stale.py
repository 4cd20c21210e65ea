"""A killed training starts again after a change of parameters, data or code, and resumes after the change is undone."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import yaml

from chaos import processes, project
from chaos.checks import Failure, digest, tally

NO_FLIPS = """

take_as_it_was = Photos.take
Photos.take = lambda photos, index, rows, mirrored: take_as_it_was(photos, index, rows, None)
"""
DATASET, IN_ORDER, BACKWARDS = "src/colorization/dataset/photos.py", "near(load(path),", "near(load(path)[::-1],"


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    if old not in text:
        raise Failure(f"{name} has no {old!r} to change; mend this script")
    (folder / name).write_text(text.replace(old, new))


def params(folder: Path, change: Callable[[dict], None]) -> None:
    tree = yaml.safe_load((folder / "params.yaml").read_text())
    change(tree)
    (folder / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))


CASES = {  # a training and a change
    "parameter of vae": ("train@vae", lambda p: params(p, lambda t: t["models"]["vae"].update(lr=0.0005))),
    "parameter of classify": ("classify", lambda p: params(p, lambda t: t["classifier"].update(lr=0.0005))),
    "seed of gan": ("train@gan", lambda p: params(p, lambda t: t["train"].update(seed=7))),
    "data of resnet": ("train@resnet", lambda p: params(p, lambda t: t["data"].update(limit=20))),
    "code of the package": ("train@gan", lambda p: (p / DATASET).open("a").write(NO_FLIPS)),
    "code of the stage": ("train@vae", lambda p: edit(p, "stages/train.py", IN_ORDER, BACKWARDS)),
}


CHANGED = ("params.yaml", "stages/train.py", DATASET)


def kill_in_training(folder: Path, stage: str) -> None:
    """Kill dvc and the stage after the first saved epochs. Raises Failure if the training ends before."""
    with open(os.devnull, "w") as nowhere:
        dvc = subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro", stage], cwd=folder, env=project.environment(folder),
            stdout=nowhere, stderr=nowhere, start_new_session=True,
        )  # fmt: skip
        processes.wait(lambda: dvc.poll() is not None or any(folder.glob(".checkpoints/*/*/state.pt")), project.SECONDS)
        os.killpg(dvc.pid, signal.SIGKILL)
        dvc.wait()
    processes.wait(lambda: not processes.working_in(folder), 5)
    if not any(folder.glob(".checkpoints/*/*/state.pt")):
        raise Failure(f"{stage} was not killed in the middle; mend this script")


def results(folder: Path, stage: str) -> dict[str, str]:
    return {name: digest(folder / name) for name in project.outs(folder, stage)}


def run_case(name: str, undisturbed: Path, work: Path) -> str:
    stage, change = CASES[name]
    clean, folder = work / "clean", work / "trial"
    for each in (clean, folder):
        project.fresh(undisturbed, each, stage)
    kill_in_training(folder, stage)
    before = {name: (folder / name).read_bytes() for name in CHANGED}
    for each in (clean, folder):
        change(each)
    project.repro(clean, stage)
    if "resumed after" in project.repro(folder, stage):
        raise Failure("resumed a training that was begun before the change")
    if results(folder, stage) != results(clean, stage):
        raise Failure("not the result of a study that was never otherwise")
    if results(clean, stage) == results(undisturbed, stage):
        raise Failure("the change changes nothing; mend this script")
    for path, content in before.items():
        (folder / path).write_bytes(content)
    if "resumed after" not in project.repro(folder, stage):
        raise Failure("did not go on with the old training when the change was undone")
    if results(folder, stage) != results(undisturbed, stage):
        raise Failure("the old training went on to another end")
    return "right"


def run(work: Path, undisturbed: Path) -> tuple[Counter, list[str]]:
    return tally((name, lambda n=name: run_case(n, undisturbed, work)) for name in CASES)
