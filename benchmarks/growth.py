"""Growth of every stage's time and memory with the number of photographs."""

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import yaml
from conftest import ROOT, tiny_params

from benchmarks import measure, photographs

COUNTS = (1000, 3000, 10_000)


@dataclass
class Growth:
    """A stage's seconds and peak private memory in megabytes, for each of COUNTS photographs."""

    stage: str
    seconds: list[float]
    megabytes: list[float]
    HEAD: ClassVar[str] = (
        "| stage | " + " | ".join(f"{count:,}" for count in COUNTS) + " | each 1,000 more |" + "\n"
        "|---|" + "---|" * (len(COUNTS) + 1) + "\n"
    )

    def line(self) -> str:
        cells = [f"{seconds:.1f} s, {size:,.0f} MB" for seconds, size in zip(self.seconds, self.megabytes)]
        thousands = (COUNTS[-1] - COUNTS[0]) / 1000
        slope = f"{_rise(self.seconds) / thousands:.2f} s, {_rise(self.megabytes) / thousands:.1f} MB"
        return f"| {self.stage} | {' | '.join(cells)} | {slope} |\n"


def main(repeats: int) -> dict[str, list[Growth]]:
    """Run every command of dvc.yaml once per count: one epoch of narrow models at 32 px. Ignores `repeats`."""
    found: dict[str, list[tuple[float, float]]] = {}
    for count in COUNTS:
        with TemporaryDirectory() as name:
            folder = Path(name)
            photographs.folder_of(folder / "photos", count)
            (folder / "params.yaml").write_text(yaml.safe_dump(parameters(), sort_keys=False))
            for command in commands():
                arguments = [sys.executable, *command.split()[1:]]
                cost = measure.command(arguments, folder, PYTHONPATH=str(ROOT), DVC_ROOT=name)
                found.setdefault(command.removeprefix("python -m stages."), []).append(cost)
                print(count, command, *cost, file=sys.stderr)
    rows = [Growth(stage, *map(list, zip(*costs))) for stage, costs in found.items()]
    return {"Growth with the number of photographs, 32 px": rows}


def parameters() -> dict:
    tree = tiny_params()
    tree["data"] |= {"source": "folder", "folder": {"path": "photos"}, "limit": 0}
    tree["compare"] = yaml.safe_load((ROOT / "presets/paper.yaml").read_text())["compare"]
    tree["plot"]["examples"] = 6
    return tree


def commands() -> list[str]:
    """The commands of all stages, in the order of dvc.yaml."""
    made = []
    for stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].values():
        models = parameters()["models"] if "matrix" in stage else [""]
        made += [stage["cmd"].replace("${item.model}", model) for model in models]
    return made


def _rise(values: list[float]) -> float:
    return values[-1] - values[0]
