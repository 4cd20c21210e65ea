"""The smallest study that still runs everything, run once undisturbed, and copies of it to disturb."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import yaml
from conftest import ROOT, copy_repository, tiny_params

TRAININGS = ("train@resnet", "train@gan", "train@vae", "classify", "repeat@resnet", "repeat@gan", "repeat@vae")
SCRATCH = (".git", ".dvc/tmp", ".dvc/cache", "__pycache__")  # where git, dvc and Python keep what only they read
SECONDS = 300  # longer than any command here takes on a slow machine


class Failure(Exception):
    """The study did not withstand what was done to it."""


def params() -> dict:
    """Trainings of several epochs, so that a kill finds some done and some not; and of a second seed."""
    tree = tiny_params()
    for block in (*(tree["train"][model] for model in ("resnet", "gan", "vae")), tree["classifier"]):
        block["epochs"] = 4
    tree["train"]["seeds"] = 2
    return tree


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """For a dvc, and the python of its stages, that leave nothing outside `folder`; one thread: two would change the bits."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DVC", "LT_", "PYTEST"))}
    ours = {"OMP_NUM_THREADS": "1", "COLORIZATION_WORKERS": "2", "DVC_SITE_CACHE_DIR": f"{folder}/.dvc/tmp/site"}
    return kept | {"PATH": path} | ours | variables


def build(folder: Path) -> Path:
    """The undisturbed study."""
    folder.mkdir(parents=True)
    copy_repository(folder, params())
    repro(folder)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "results")
    repro(folder, "--force", "--single-item", "report")  # its page names the commit
    return folder


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def dvc(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess:
    """Its outcome, with both streams in stdout."""
    return subprocess.run(
        [sys.executable, "-m", "dvc", *words], cwd=folder, env=environment(folder, **variables), timeout=SECONDS,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip


def repro(folder: Path, *words: str) -> str:
    """What dvc repro printed. Raises Failure when it does not end well."""
    done = dvc(folder, "repro", *words)
    if done.returncode:
        raise Failure(f"dvc repro ended with {done.returncode}: {tail(done.stdout)}")
    return done.stdout


def repro_or_mend(project: Path) -> tuple[str, bool]:
    """What dvc repro printed; and whether it needed first what we tell people to do when DVC cannot read its own files."""
    done = dvc(project, "repro")
    if done.returncode == 0:
        return done.stdout, False
    mend(project)
    return repro(project), True


def mend(project: Path) -> None:
    command = [sys.executable, "-m", "stages.mend"]
    subprocess.run(command, cwd=project, env=environment(project), check=True, capture_output=True)


def tail(output: str) -> str:
    return " | ".join(output.strip().splitlines()[-6:])[-800:]


def copy(project: Path, folder: Path) -> Path:
    """A copy with files of its own: as hard links a fault in one would be a fault in all."""
    shutil.copytree(project, folder, symlinks=True)
    return folder


def stages(project: Path) -> list[str]:
    return list(lock(project))


def lock(project: Path) -> dict:
    return yaml.load((project / "dvc.lock").read_text(), yaml.CSafeLoader)["stages"]


def outs(project: Path, stage: str) -> list[str]:
    return [out["path"] for out in lock(project)[stage]["outs"]]


def forget(project: Path, *names: str) -> None:
    """As if these stages had never run: no output, no line in dvc.lock, nothing in the run cache."""
    tree = yaml.load((project / "dvc.lock").read_text(), yaml.CSafeLoader)
    for name in names:
        for out in tree["stages"].pop(name)["outs"]:
            (project / out["path"]).unlink()
    (project / "dvc.lock").write_text(yaml.safe_dump(tree, sort_keys=False))
    shutil.rmtree(project / ".dvc/cache/runs")


def digest(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def files(project: Path) -> dict[str, str]:
    """Every file but those that only git, dvc and Python read, with a hash of its content."""
    found = {}
    for folder, folders, names in os.walk(project):
        here = Path(folder).relative_to(project)
        folders[:] = [name for name in folders if name not in SCRATCH and str(here / name) not in SCRATCH]
        found |= {str(here / name): digest(project / here / name) for name in names if name != "dvc.lock"}
    return found


def require_same(project: Path, reference: Path, but: tuple[str, ...] = ()) -> None:
    """Raises Failure unless every file and all that dvc recorded are those of the undisturbed study, and the cache is whole."""
    ours, theirs = ({n: h for n, h in files(each).items() if n not in but} for each in (project, reference))
    if more := sorted(ours.keys() - theirs.keys()):
        raise Failure(f"left behind: {', '.join(more)}")
    if other := sorted(name for name in theirs if ours.get(name) != theirs[name]):
        raise Failure(f"not as in the undisturbed study: {', '.join(other)}")
    if not but and lock(project) != lock(reference):
        raise Failure("dvc.lock is not as in the undisturbed study")
    require_whole_cache(project)


def require_whole_cache(project: Path) -> None:
    for path in (project / ".dvc/cache/files/md5").glob("??/*"):
        if len(path.name) == 30 and digest(path) != path.parent.name + path.name:
            raise Failure(f"dvc's cache holds a damaged {path.parent.name + path.name}")


def require_one_line(output: str, *causes: str) -> None:
    """Raises Failure unless the output names a cause, in our one line or in dvc's, without a traceback."""
    ours = [line for line in output.splitlines() if line.startswith("error:")]
    told = ours or [line for line in output.splitlines() if line.startswith("ERROR:")]
    if "Traceback" in output or len(ours) > 1 or not any(cause in line for cause in causes for line in told):
        raise Failure(f"not told in one line that there is {causes[0]!r}: {tail(output)}")


def tally(cases) -> tuple[Counter, list[str]]:
    """Run (name, function) pairs: how many ended in which way, and what failed."""
    counts, failures = Counter(), []
    for name, function in cases:
        try:
            outcome = function()
        except Failure as failure:
            outcome = "FAILED"
            failures.append(f"{name}: {failure}")
        counts[name, outcome] += 1
        print(f"{name}: {outcome}" if outcome != "FAILED" else f"FAILED {failures[-1]}", flush=True)
    return counts, failures
