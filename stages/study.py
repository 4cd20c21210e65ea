"""Originals and results of the test photographs → report/study.html and data/study/key.json."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from colorization.config import load_config
from colorization.errors import run
from colorization.files import TEXTS, write_bytes, write_json
from colorization.study import build


def pictures(name: str) -> np.ndarray:
    return np.load(f"data/results/{name}.npy", mmap_mode="r", allow_pickle=False)


def main():
    models, config = sys.argv[1:], load_config()
    index = pd.read_csv("data/lab/index.csv", keep_default_na=False, dtype=TEXTS)
    photographs = index[(index.split == "test") & (index.row >= 0)].sort_values("row", ignore_index=True)
    results = {name: pictures(name) for name in models}
    page, key = build(pictures("original"), results, photographs, config.study, config.train.seed)
    write_bytes(Path("report/study.html"), page.encode())
    write_json(Path("data/study/key.json"), key)
    kinds = Counter(trial["model"] for trial in key["trials"].values())
    fewer = " (the test split has too few photographs for more)" if kinds[models[0]] < config.study.pairs else ""
    print("report/study.html, pairs:", ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds)) + fewer)


if __name__ == "__main__":
    run(main)
