"""Damaged files in dvc's cache: the next stage refuses them, or dvc makes them anew."""

import shutil
from collections import Counter
from itertools import product
from pathlib import Path

import yaml

from chaos import project
from chaos.checks import recorded, require_one_line, require_same, tally

NOBODY = ""


def cached(folder: Path, made_by: str, read_by: str) -> tuple[Path, Path]:
    """The first output of a stage that the other stage reads, and its file in dvc's cache."""
    read = {dep["path"] for dep in recorded(folder).get(read_by, {"deps": []})["deps"]}
    outs = recorded(folder)[made_by]["outs"]
    out = next(out for out in outs if read_by == NOBODY or read & {out["path"], *map(str, Path(out["path"]).parents)})
    return folder / out["path"], folder / ".dvc/cache/files/md5" / out["md5"][:2] / out["md5"][2:]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    with open(path, "r+b") as file:  # in place: links to the file change, too
        file.write(content)


DAMAGE = {"a flipped bit": flip, "cut off": lambda path: path.write_bytes(b""), "gone": Path.unlink}


def damaged(undisturbed: Path, folder: Path, links: str, damage: str, made_by: str, read_by: str) -> str:
    """Damage the output of one stage in the cache, then run another stage that reads it."""
    project.fresh(undisturbed, folder)
    project.dvc(folder, "config", "cache.type", links)
    project.dvc(folder, "checkout", "--relink")
    project.git(folder, "checkout", ".dvc/config")
    out, kept = cached(folder, made_by, read_by)
    DAMAGE[damage](kept)
    out.unlink()  # dvc brings it back from the cache
    if read_by != NOBODY:
        forget_run(folder, read_by)
    done = project.dvc(folder, "repro")
    if done.returncode:
        require_one_line(done.stdout, "differs from dvc.lock")
    elif read_by != NOBODY:
        require_same(folder, undisturbed)
        return "made anew"
    project.mend(folder)
    project.repro(folder)
    require_same(folder, undisturbed)
    return "refused, then mended" if done.returncode else "no stage read it; mended"


def forget_run(folder: Path, stage: str) -> None:
    """Make a stage run again; dvc still finds the runs of all other stages in its cache."""
    tree = recorded(folder)
    command = tree.pop(stage)["cmd"]
    (folder / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": tree}, sort_keys=False))
    for path in list((folder / ".dvc/cache/runs").glob("??/*/*")):
        if yaml.safe_load(path.read_text())["cmd"] == command:
            shutil.rmtree(path.parent)  # DVC fails on an empty folder


PAIRS = {  # a stage, and a stage that reads its output
    "train@vae": "evaluate@vae", "preprocess": "train@gan", "evaluate@resnet": "compare",
    "human_study": NOBODY, "report": NOBODY,
}  # fmt: skip


def run(work: Path, undisturbed: Path) -> tuple[Counter, list[str]]:
    def case(*arguments):
        return lambda: damaged(undisturbed, work / "trial", *arguments)

    return tally(
        (f"{made_by} {damage}, links: {links}", case(links, damage, made_by, read_by))
        for (made_by, read_by), damage, links in product(PAIRS.items(), DAMAGE, ("hardlink", "copy"))
    )
