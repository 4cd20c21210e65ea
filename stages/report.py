"""Tables, results, figures and parameters → report/index.html, one page that opens offline."""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from colorization.config import FLOORS, load_config
from colorization.errors import run
from colorization.files import TEXTS, write_bytes
from colorization.labels import network_figures
from colorization.report.page import Run, render

FIGURES = ("comparison", "measures", "categories", "differences", "learning-curves", "tradeoff")  # of all networks
PACKAGES = ("torch", "torchvision", "lightning-fabric", "scikit-image", "numpy", "pandas", "matplotlib", "dvc")


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(name, keep_default_na=False, na_values=[""], dtype=TEXTS)


def read_json(name: str) -> dict:
    return json.loads(Path(f"metrics/{name}.json").read_text())


def revision() -> str:
    """The commit that this run was made from, and whether anything was changed since."""
    root = os.environ.get("DVC_ROOT", ".")
    asked = (
        ["rev-parse", "--short=12", "HEAD"],
        ["status", "--porcelain", "--untracked-files=no", "--", "src", "stages", "params.yaml", "dvc.yaml"],
    )
    found = [subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False) for words in asked]
    if found[0].returncode:
        return "unknown (no git repository)"
    return found[0].stdout.strip() + (", with uncommitted changes" if found[1].stdout.strip() else "")


def main():
    names, params = sys.argv[1:], load_config().evaluate
    networks = tuple(name for name in names if name not in FLOORS)
    figures = [stem for name in networks for stem, _ in network_figures(name).values()] + list(FIGURES)
    scores = {name: table(f"data/scores/{name}.csv") for name in names}
    results = {n: np.load(f"data/results/{n}.npy", mmap_mode="r", allow_pickle=False) for n in (*names, "original")}
    page = render(Run(
        table=table("metrics/table.csv"), categories=table("metrics/categories.csv"),
        differences=table("metrics/differences.csv"), seeds=table("metrics/seeds.csv"),
        tradeoff=pd.concat([table(f"metrics/{name}/tradeoff.csv").assign(model=name) for name in networks], ignore_index=True),
        scores=scores, results=results,
        audit=read_json("data"), download=read_json("download"), claims=read_json("claims"), people=read_json("people"),
        figures={name: Path(f"figures/{name}.png").read_bytes() for name in figures},
        params=Path("params.yaml").read_text(),
        versions={"Python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        revision=revision(), models=networks, samples=params.samples, split=params.split,
    ))  # fmt: skip
    write_bytes(Path("report/index.html"), page.encode())


if __name__ == "__main__":
    run(main)
