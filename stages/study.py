"""Originals and results of the scored photographs → report/study.html and data/study/key.json."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np

from colorization.config import load_config
from colorization.errors import run
from colorization.files import write_bytes, write_json
from colorization.selection import rows_of
from colorization.study import build


def pictures(name: str) -> np.ndarray:
    return np.load(f"data/results/{name}.npy", mmap_mode="r", allow_pickle=False)


def main():
    models, config = sys.argv[1:], load_config()
    photographs = rows_of(Path("data/lab/index.csv"), config.evaluate.split)
    results = {name: pictures(name) for name in models}
    page, key = build(pictures("original"), results, photographs, config.study, config.train.seed)
    write_bytes(Path("report/study.html"), page.encode())
    write_json(Path("data/study/key.json"), key)
    kinds = Counter(trial["model"] for trial in key["trials"].values())
    fewer = " (the split has too few photographs for more)" if kinds[models[0]] < config.study.pairs else ""
    print("report/study.html, pairs:", ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds)) + fewer)


if __name__ == "__main__":
    run(main)
