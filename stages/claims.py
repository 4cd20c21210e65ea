"""Test the report's sentences on this run: metrics/claims.json."""

import json
import sys
from pathlib import Path

import pandas as pd

from colorization.claims import judge
from colorization.config import load_config
from colorization.errors import run
from colorization.files import write_json
from colorization.verdicts import Evidence


def main():
    models, config = sys.argv[1:], load_config()
    evidence = Evidence(
        scores={name: pd.read_csv(f"data/scores/{name}.csv") for name in models},
        table=pd.read_csv("metrics/table.csv"),
        differences=pd.read_csv("metrics/differences.csv"),
        histories={name: pd.read_csv(f"metrics/{name}/history.tsv", sep="\t") for name in models},
        people=json.loads(Path("metrics/people.json").read_text()),
        resamples=config.compare.resamples,
        seed=config.train.seed,
    )
    claims = {row.pop("name"): row for row in judge(evidence)}
    write_json(Path("metrics/claims.json"), claims)
    for name, row in claims.items():
        print(f"{row['verdict']:<10} {name}: {row['figure']}")


if __name__ == "__main__":
    run(main)
