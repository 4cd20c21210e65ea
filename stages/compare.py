"""Scores of all models and floors → metrics/summary.json and metrics/table.csv, with 95 % intervals."""

import sys
from pathlib import Path

import pandas as pd

from colorization import statistics
from colorization.config import load_config
from colorization.errors import run
from colorization.files import write_json, write_table


def main():
    names, config = sys.argv[1:], load_config()
    summary, table = {}, []
    for name in names:
        scores = pd.read_csv(f"data/scores/{name}.csv")
        means = statistics.summarise(scores)
        ranges = statistics.intervals(scores, config.compare.resamples, config.train.seed)
        summary[name] = means
        row = {"model": name, "photographs": len(scores)}
        for measure, mean in means.items():
            row |= {measure: mean, f"{measure}_low": ranges[measure][0], f"{measure}_high": ranges[measure][1]}
        table.append(row)
    write_json(Path("metrics/summary.json"), statistics.rounded(summary))
    write_table(Path("metrics/table.csv"), pd.DataFrame(table))
    print(pd.DataFrame(summary).T.round(4).to_string())


if __name__ == "__main__":
    run(main)
