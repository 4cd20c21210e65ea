"""The smallest study that runs every stage: one undisturbed run, and copies of it for the faults."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from conftest import copy_repository, tiny_params

from chaos.checks import Failure, recorded, tail

SECONDS = 300  # limit for a command; even a slow machine needs less


def params() -> dict:
    """Parameters with several epochs, so that kills hit trainings in the middle, and with two seeds."""
    tree = tiny_params()
    for block in (*tree["models"].values(), tree["classifier"]):
        block["epochs"] = 4
    tree["train"] |= {"repeats": list(tree["models"]), "seeds": 2}
    return tree


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Variables for dvc and its stages: all files stay in `folder`; one thread, for bit-identical results."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DVC", "LT_", "PYTEST"))}
    ours = {"OMP_NUM_THREADS": "1", "COLORIZATION_WORKERS": "2", "DVC_SITE_CACHE_DIR": f"{folder}/.dvc/tmp/site"}
    return kept | {"PATH": path} | ours | variables


def build(folder: Path) -> Path:
    """Run the undisturbed study in `folder`."""
    folder.mkdir(parents=True)
    copy_repository(folder, params())
    repro(folder)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "results")
    repro(folder, "--force", "--single-item", "report")  # the page names the commit
    return folder


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def dvc(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess:
    """Run dvc; stdout of the result contains both streams."""
    return subprocess.run(
        [sys.executable, "-m", "dvc", *words], cwd=folder, env=environment(folder, **variables), timeout=SECONDS,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip


def repro(folder: Path, *words: str) -> str:
    """Run dvc repro; returns its output. Raises Failure if it fails."""
    done = dvc(folder, "repro", *words)
    if done.returncode:
        raise Failure(f"dvc repro ended with {done.returncode}: {tail(done.stdout)}")
    return done.stdout


def repro_or_mend(project: Path) -> tuple[str, bool]:
    """Run dvc repro, after tools.repair if it fails at first; returns its output and whether tools.repair ran."""
    done = dvc(project, "repro")
    if done.returncode == 0:
        return done.stdout, False
    mend(project)
    return repro(project), True


def mend(project: Path) -> None:
    command = [sys.executable, "-m", "tools.repair"]
    subprocess.run(command, cwd=project, env=environment(project), check=True, capture_output=True)


def fresh(undisturbed: Path, folder: Path, *forgotten: str) -> Path:
    """A full copy of the study, without hard links, so that faults stay in it. The forgotten stages never ran there."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(undisturbed, folder, symlinks=True)
    if forgotten:
        forget(folder, *forgotten)
    return folder


def stages(project: Path) -> list[str]:
    return list(recorded(project))


def outs(project: Path, stage: str) -> list[str]:
    return [out["path"] for out in recorded(project)[stage]["outs"]]


def forget(project: Path, *names: str) -> None:
    """Delete the outputs of these stages, their entries in dvc.lock, and the run cache."""
    tree = yaml.load((project / "dvc.lock").read_text(), yaml.CSafeLoader)
    for name in names:
        for path in (project / out["path"] for out in tree["stages"].pop(name)["outs"]):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (project / "dvc.lock").write_text(yaml.safe_dump(tree, sort_keys=False))
    shutil.rmtree(project / ".dvc/cache/runs")
