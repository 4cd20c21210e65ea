"""Full and read-only folders, and a cache on another file system: an error in one line, then full recovery."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from chaos import project
from chaos.checks import Failure, recorded, require_one_line, require_same, tail, tally
from chaos.mounts import PAGE, filled, free, own_disk, read_only

FULL = {  # a folder that fills up, and stages that write there
    "data/raw": ["download"],
    "data/lab": ["preprocess"],
    ".checkpoints": ["train@vae", "repeat@gan", "classify"],
    "models": ["train@gan"],
    "data/classifier": ["classify"],
    "data/results": ["floors", "evaluate@resnet"],
    "data/human_study": ["human_study"],
    "metrics": ["classify", "train@resnet", "evaluate@vae", "compare", "human_study", "claims"],
    "figures": ["plot"],
    "report": ["human_study", "report"],
    ".dvc/cache": ["preprocess", "evaluate@gan", "report"],
    ".dvc/tmp": ["claims"],
    ".": ["download", "preprocess", "train@vae", "evaluate@gan", "plot"],
}
WHOLE = ("figures",)  # the folders of FULL that are outputs of dvc as a whole
NO_SPACE = (
    "No space left on device",
    "disk is full", "disk I/O error",  # messages of SQLite that dvc passes on
    "No possible cache link types",  # dvc's message if it cannot write the file with which it tests links
)  # fmt: skip
SHARES = (0.0, 0.4, 0.8)  # free space, as a share of the space that the stage needs there
READ_ONLY = {
    "data/raw": "download", "data/lab": "preprocess", ".checkpoints": "train@vae", "models": "train@gan",
    "metrics": "compare", "figures": "plot", "report": "report", ".dvc/cache": "evaluate@vae", ".": "claims",
}  # fmt: skip


def full(undisturbed: Path, folder: Path, place: str, stage: str, share: float) -> str:
    """Run a stage with too little free space, then with enough."""
    project.fresh(undisturbed, folder, stage)
    (folder / place).mkdir(parents=True, exist_ok=True)
    with own_disk(folder / place):
        before = free(folder / place)
        project.repro(folder)
        needed = max(before - free(folder / place), PAGE)
        project.forget(folder, stage)
        with filled(folder / place, int(needed * share)):
            done = project.dvc(folder, "repro")
        if done.returncode:
            require_one_line(done.stdout, *NO_SPACE)
        by_hand = project.repro_or_mend(folder)[1]
        require_same(folder, undisturbed)
    return ("told, mended by hand" if by_hand else "told") if done.returncode else "it was enough"


def full_by_hand(undisturbed: Path, folder: Path, place: str, stage: str, share: float) -> str:
    """As `full`, for an output folder. Runs the stage's command without dvc, which would remove the mounted folder."""
    project.fresh(undisturbed, folder, stage)
    (folder / place).mkdir(parents=True)
    words = recorded(undisturbed)[stage]["cmd"].split()[1:]
    with own_disk(folder / place):
        before = free(folder / place)
        if (done := command(folder, words)).returncode:
            raise Failure(f"it failed with room enough: {tail(done.stdout)}")
        needed = before - free(folder / place)
        for path in (folder / place).iterdir():
            path.unlink()
        with filled(folder / place, int(needed * share)):
            done = command(folder, words)
        require_one_line(done.stdout, *NO_SPACE)
    project.repro(folder)
    require_same(folder, undisturbed)
    return "told"


def command(folder: Path, words: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=project.environment(folder), timeout=project.SECONDS,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip


def unwritable(undisturbed: Path, folder: Path, place: str, stage: str) -> str:
    project.fresh(undisturbed, folder, stage)
    (folder / place).mkdir(parents=True, exist_ok=True)
    with read_only(folder / place):
        done = project.dvc(folder, "repro")
    if not done.returncode:
        raise Failure("it ended well where nothing could be written")
    require_one_line(done.stdout, "Read-only file system")
    project.repro(folder)
    require_same(folder, undisturbed)
    return "told"


def elsewhere(undisturbed: Path, folder: Path, links: str) -> str:
    """DVC's cache on another file system, where hard links are impossible."""
    project.fresh(undisturbed, folder, "download", "preprocess", "train@vae", "human_study")
    with own_disk(folder / ".dvc/cache"):
        if links != "as shipped":
            project.dvc(folder, "config", "cache.type", links)
        project.repro(folder)
        if links != "copy" and not (folder / "data/lab/train.npy").is_symlink():
            raise Failure("no link leads to the other file system; mend this script")
        project.git(folder, "checkout", ".dvc/config")
        require_same(folder, undisturbed)
    return "right"


def cases():
    """(name, function, arguments) of every case."""
    for place, stages in FULL.items():
        for number, stage in enumerate(stages):
            for share in SHARES if number == 0 or place == "." else SHARES[1:2]:
                function = full_by_hand if place in WHOLE else full
                yield f"full: {place} in {stage}, {share:.0%} of what it needs", function, (place, stage, share)
    for place, stage in READ_ONLY.items():
        yield f"read-only: {place} in {stage}", unwritable, (place, stage)
    for links in ("as shipped", "copy", "symlink"):
        yield f"cache on another file system, links: {links}", elsewhere, (links,)


def run(work: Path, undisturbed: Path) -> tuple[Counter, list[str]]:
    """Run all cases in a private mount namespace: mounts stay invisible outside and end with it."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        return Counter({("NOT RUN: this user may not make a mount namespace (unshare -rm)",): 1}), []
    out = work / "disk.json"
    subprocess.run(
        ["unshare", "-rm", "--fork", "--kill-child", sys.executable, "-m", "chaos.disk", work, undisturbed, out],
        check=True,
    )
    counts, failures = json.loads(out.read_text())
    return Counter({tuple(key): number for key, number in counts}), failures


def main():
    work, undisturbed, out = map(Path, sys.argv[1:4])
    counts, failures = tally(
        (name, lambda f=function, a=arguments: f(undisturbed, work / "trial", *a))
        for name, function, arguments in cases()
    )
    out.write_text(json.dumps([[[key, number] for key, number in counts.items()], failures]))


if __name__ == "__main__":
    main()
