"""The time of our pipeline without work, against DVC's own time: repro with nothing to do, status, a changed parameter.

DVC's own time comes from a bare pipeline with as many stages, each of which copies a small file.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from conftest import copy_repository, tiny_params

from benchmarks import measure

DVC = [sys.executable, "-m", "dvc"]


def main(repeats: int) -> dict[str, list[measure.Row]]:
    with TemporaryDirectory() as name:
        study, bare = Path(name) / "study", Path(name) / "bare"
        study.mkdir()
        copy_repository(study, tiny_params(every_model=True))
        count = len(subprocess.check_output([*DVC, "stage", "list", "--name-only"], cwd=study).split())
        bare_pipeline(bare, count)
        for project in (study, bare):
            measure.command([*DVC, "repro"], project)
        rows = [
            compared("dvc repro, nothing to do", ["repro"], study, bare, repeats),
            compared("dvc status", ["status"], study, bare, repeats),
            compared("dvc repro, one parameter changed", ["repro"], study, bare, repeats, CHANGES),
        ]
    title = f"DVC with {count} stages, against as many that copy a file"
    return {title: rows}


CHANGES = "our plot and report run; there two stages"


def compared(what: str, arguments: list, study: Path, bare: Path, repeats: int, note: str = "") -> measure.Row:
    seconds = {study: [], bare: []}
    for i in range(repeats):
        for project, values in seconds.items():
            if note:
                change(project / "params.yaml", 3 + i)
            values.append(measure.command([*DVC, *arguments], project)[0])
    return measure.Row(what, "s", seconds[study], seconds[bare], "bare pipeline", more_is_better=False, note=note)


def change(params: Path, examples: int) -> None:
    """Set another number of photographs in the figures."""
    tree = yaml.safe_load(params.read_text())
    tree["plot"]["examples"] = examples
    params.write_text(yaml.safe_dump(tree, sort_keys=False))


def bare_pipeline(folder: Path, count: int) -> None:
    """A pipeline of `count` stages in a row; the last two depend on a parameter."""
    folder.mkdir()
    for command in (["git", "init", "-q"], [*DVC, "init", "-q"]):
        subprocess.run(command, cwd=folder, check=True)
    (folder / "0.txt").write_text("0")
    (folder / "params.yaml").write_text("plot: {examples: 2}\n")
    stages = {
        f"stage{i}": {"cmd": f"cp {i}.txt {i + 1}.txt", "deps": [f"{i}.txt"], "outs": [f"{i + 1}.txt"]}
        for i in range(count)
    }
    for i in (count - 2, count - 1):
        stages[f"stage{i}"]["params"] = ["plot.examples"]
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
