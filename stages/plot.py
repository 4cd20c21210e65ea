"""Histories, architectures, examples and scores → figures/*.png, the report's figures by its numbers and two more."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from colorization import figures
from colorization.errors import run
from colorization.files import write_bytes

# The report's numbers; its VAE has no loss curve of its own, which makes the ninth.
NUMBERS = {"resnet": (1, 4, 5), "gan": (2, 6, 7), "vae": (3, 8, 9)}


def save(name: str, figure) -> None:
    write_bytes(Path(f"figures/{name}.png"), figures.png(figure))


def main():
    rows, models = sys.argv[1:], list(NUMBERS)
    scores = {name: pd.read_csv(f"data/scores/{name}.csv") for name in rows}
    examples = {name: dict(np.load(f"data/examples/{name}.npz")) for name in rows}
    for name in models:
        shape, pictures, curve = NUMBERS[name]
        label = figures.NAMES[name]
        description = json.loads(Path(f"data/architecture/{name}.json").read_text())
        history = pd.read_csv(f"metrics/{name}/history.tsv", sep="\t")
        save(f"figure-{shape}-{name}-architecture", figures.architecture(name, description, f"Figure {shape}: {label}"))
        title = f"Figure {pictures}: {label} on test photographs"
        save(f"figure-{pictures}-{name}-predictions", figures.predictions(name, examples[name], title))
        save(f"figure-{curve}-{name}-loss", figures.losses(name, history, f"Figure {curve}: loss of the {label}"))
    save("comparison", figures.comparison(examples, scores, "The same test photographs, every model and floor"))
    table = pd.read_csv("metrics/table.csv")
    save("measures", figures.measures(table, f"Test split, {table.photographs[0]} photographs, 95 % intervals"))


if __name__ == "__main__":
    run(main)
