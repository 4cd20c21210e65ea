"""Histories, architectures, results and tables → figures/*.png, the report's figures by its numbers and five more."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from colorization import figures
from colorization.config import FLOORS, load_config
from colorization.errors import run
from colorization.files import TEXTS, write_bytes
from colorization.labels import NAMES
from colorization.selection import spread

# The report's numbers; its VAE has no loss curve of its own, which makes the ninth.
NUMBERS = {"resnet": (1, 4, 5), "gan": (2, 6, 7), "vae": (3, 8, 9)}


def save(name: str, figure) -> None:
    write_bytes(Path(f"figures/{name}.png"), figures.png(figure))


def pictures(name: str, rows: list[int]) -> np.ndarray:
    """Results of the chosen test photographs, (n,S,S,3) uint8."""
    return np.load(f"data/results/{name}.npy", mmap_mode="r", allow_pickle=False)[rows]


def of_the_report(name: str, rows: list[int]) -> pd.DataFrame:
    """The network's three figures; returns its history."""
    shape, results, curve = NUMBERS[name]
    label = NAMES[name]
    description = json.loads(Path(f"data/architecture/{name}.json").read_text())
    history = pd.read_csv(f"metrics/{name}/history.tsv", sep="\t")
    shown = {"gray input": "gray", f"{label}'s result": name, "original": "original"}
    grid = {row: pictures(source, rows) for row, source in shown.items()}
    save(f"figure-{shape}-{name}-architecture", figures.architecture(name, description, f"Figure {shape}: {label}"))
    save(
        f"figure-{results}-{name}-predictions", figures.grid(grid, f"Figure {results}: {label} on test photographs")[0]
    )
    save(f"figure-{curve}-{name}-loss", figures.losses(name, history, f"Figure {curve}: loss of the {label}"))
    return history


def main():
    names, config = sys.argv[1:], load_config()
    scores = {name: pd.read_csv(f"data/scores/{name}.csv", keep_default_na=False, dtype=TEXTS) for name in names}
    table, test = pd.read_csv("metrics/table.csv"), scores[names[0]]
    rows = spread(test.category, config.plot.examples)
    histories = {name: of_the_report(name, rows) for name in names if name not in FLOORS}
    results = {name: pictures(name, rows) for name in (*names, "original")}
    shown = {name: table.iloc[rows] for name, table in scores.items()}
    about = f"{len(test)} test photographs, 95 % intervals"
    save("comparison", figures.comparison(results, shown, "The same test photographs, every model and floor"))
    save("measures", figures.measures(table, about))
    categories = pd.read_csv("metrics/categories.csv", keep_default_na=False, dtype=TEXTS)
    save("categories", figures.categories(categories, f"ΔE by category: {about}"))
    differences = pd.read_csv("metrics/differences.csv")
    save("differences", figures.differences(differences, f"Differences, photograph by photograph: {about}"))
    save("learning-curves", figures.learning_curves(histories, "Colour error on the validation photographs"))


if __name__ == "__main__":
    run(main)
