"""The script that Kaggle runs for tools.kaggle_run: a revision of the study, within the hours of a session.

It needs only Python's standard library. It clones the revision, installs it, continues what an earlier session left,
runs `dvc repro`, and leaves in the session's output: the published results, the models, or the state to continue from.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

WANTED: dict = {}  # tools.kaggle_run fills it in: address, revision, name, preset, changes, folder, hours, install
STATE = "state.tar"
KEPT = ("dvc.lock", ".dvc/cache", ".checkpoints", "metrics", "figures")  # what continues a run elsewhere
GRACE = 300  # seconds in which an interrupted run ends by itself


def main(wanted: dict, *, given: Path, working: Path, clone: Path) -> None:
    """Run the study of `wanted` in the folder `clone`.

    given: the folder of the attached data and of the output of the session to continue. working: the folder whose
    files Kaggle keeps.
    """
    start = time.monotonic()
    subprocess.run(["git", "clone", "--quiet", wanted["address"], str(clone)], check=True)
    subprocess.run(["git", "-C", str(clone), "checkout", "--quiet", wanted["revision"]], check=True)
    for state in sorted(given.glob(f"**/{STATE}")):
        with tarfile.open(state) as archive:
            archive.extractall(clone, filter="data")
    subprocess.run(wanted["install"], cwd=clone, check=True)
    path = {"PATH": f"{clone}/.venv/bin:{os.environ['PATH']}", "PYTHONPATH": f"{clone}/src"}
    environment = os.environ | path
    photographs = f"data.folder.path={folder_of(given, wanted['folder'])}"
    changes = ["data.source=folder", photographs, *wanted["changes"]]
    command = ["python", "-m", "tools.set_params", wanted["preset"], *changes]
    subprocess.run(command, cwd=clone, env=environment, check=True)
    finished = within(["dvc", "repro"], wanted["hours"] * 3600 - (time.monotonic() - start), clone, environment)
    if finished:
        took = f"{(time.monotonic() - start) / 3600:.1f} hours in the last session"
        publish = ["python", "-m", "tools.publish", wanted["name"], "--time", took]
        subprocess.run(publish, cwd=clone, env=environment, check=True)
        shutil.copytree(clone / "results" / wanted["name"], working / "results" / wanted["name"])
        shutil.copytree(clone / "models", working / "models")
    else:
        with tarfile.open(working / STATE, "w") as archive:
            for name in KEPT:
                if (clone / name).exists():
                    archive.add(clone / name, name)
    (working / "done.json").write_text(json.dumps({"finished": finished, "revision": wanted["revision"]}))


def folder_of(given: Path, name: str) -> Path:
    """The folder of the attached data set: Kaggle has moved such folders to other depths before."""
    found = sorted(path for path in given.glob("**/*") if path.is_dir() and path.name == name)
    if not found:
        sys.exit(f"error: {given}: the data set {name} is not attached")
    return found[0]


def within(command: list[str], seconds: float, folder: Path, environment: dict) -> bool:
    """Run a command for so many seconds, then interrupt it; False if it was interrupted. Exits if it fails."""
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True) as process:
        try:
            status = process.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            _end(process)
            return False
    if status:
        sys.exit(f"error: {' '.join(command)} failed with exit status {status}")
    return True


def _end(process: subprocess.Popen) -> None:
    """Interrupt a command and all that it started; kill it if it does not end."""
    if sys.platform != "win32":  # Kaggle's machines run Linux
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    main(WANTED, given=Path("/kaggle/input"), working=Path("/kaggle/working"), clone=Path("/kaggle/tmp/study"))
