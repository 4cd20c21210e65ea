"""Histories, architectures, results and tables → figures/*.png, three of every network and six of all."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from colorization import figures
from colorization.config import FLOORS, load_config
from colorization.errors import run
from colorization.files import TEXTS, write_bytes
from colorization.labels import NAMES, SPLITS, network_figures
from colorization.selection import spread


def save(name: str, figure) -> None:
    write_bytes(Path(f"figures/{name}.png"), figures.png(figure))


def pictures(name: str, rows: list[int]) -> np.ndarray:
    """Results of the chosen photographs, (n,S,S,3) uint8."""
    return np.load(f"data/results/{name}.npy", mmap_mode="r", allow_pickle=False)[rows]


def of_a_network(name: str, rows: list[int], split: str) -> pd.DataFrame:
    """The network's three figures; returns its history."""
    label, about = NAMES[name], network_figures(name)
    description = json.loads(Path(f"data/architecture/{name}.json").read_text())
    history = pd.read_csv(f"metrics/{name}/history.tsv", sep="\t")
    shown = {"gray input": "gray", label: name, "original": "original"}
    grid = {row: pictures(source, rows) for row, source in shown.items()}
    (architecture, at), (predictions, on), (loss, of) = about.values()
    save(architecture, figures.architecture(name, description, f"{at}{label}"))
    save(predictions, figures.grid(grid, f"{on}{label} on {split} photographs")[0])
    save(loss, figures.losses(name, history, f"{of}{label}, loss by epoch"))
    return history


def main():
    names, config = sys.argv[1:], load_config()
    networks = [name for name in names if name not in FLOORS]
    scores = {name: pd.read_csv(f"data/scores/{name}.csv", keep_default_na=False, dtype=TEXTS) for name in names}
    table, one = pd.read_csv("metrics/table.csv").set_index("model", drop=False), scores[names[0]]
    rows, split = spread(one.category, config.plot.examples), SPLITS[config.evaluate.split]
    histories = {name: of_a_network(name, rows, split) for name in networks}
    results = {name: pictures(name, rows) for name in (*names, "original")}
    shown = {name: table.iloc[rows] for name, table in scores.items()}
    about = f"{len(one)} {split} photographs, 95 % intervals"
    save("comparison", figures.comparison(results, shown, f"The same {split} photographs, every model and floor"))
    save("measures", figures.measures(table, about))
    categories = pd.read_csv("metrics/categories.csv", keep_default_na=False, dtype=TEXTS)
    save("categories", figures.categories(categories, f"ΔE by category: {about}"))
    differences, best = pd.read_csv("metrics/differences.csv"), table.delta_e[networks].idxmin()
    save("differences", figures.differences(differences, best, f"Beside the network with the lowest ΔE: {about}"))
    save("learning-curves", figures.learning_curves(histories, "Colour error on the validation photographs"))
    curves = pd.concat([pd.read_csv(f"metrics/{name}/tradeoff.csv").assign(model=name) for name in networks])
    save("tradeoff", figures.tradeoff(curves, table.loc["gray"], f"Error over vividness: {len(one)} {split} photographs"))


if __name__ == "__main__":
    run(main)
