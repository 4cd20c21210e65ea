"""Score models or floors on the test photographs: data/scores/<name>.csv, data/examples/<name>.npz, scores.json."""

import sys
from pathlib import Path

import pandas as pd
from lightning_fabric import Fabric

from colorization import statistics
from colorization.checkpoint import load_model
from colorization.config import FLOORS, load_config, model_params
from colorization.dataset import load
from colorization.errors import run
from colorization.evaluation import examples, score, spread
from colorization.files import write_bytes, write_json, write_table
from colorization.models import baselines

LAB = Path("data/lab")


def evaluated(name: str):
    """The model of a name, or the floor."""
    return (
        baselines.fit(name, load(LAB / "train.npy"))
        if name in FLOORS
        else load_model(Path(f"models/{name}.safetensors"))
    )


def main():
    names, config = sys.argv[1:], load_config()
    device = Fabric(devices=1).device
    photos = load(LAB / "test.npy")
    index = pd.read_csv(LAB / "index.csv", keep_default_na=False)
    index = index[(index.split == "test") & (index.row >= 0)].sort_values("row", ignore_index=True)
    shown = spread(index.category, config.evaluate.examples)
    for name in names:
        if name not in FLOORS:
            model_params(config, name)
        model = evaluated(name)
        scores = pd.concat([index[["name", "category"]], score(model, photos, device)], axis=1)
        by_category = {c: statistics.summarise(rows) for c, rows in scores.groupby("category")}
        tree = {"overall": statistics.summarise(scores), "photographs": len(scores), "category": by_category}
        write_json(Path(f"metrics/{name}/scores.json"), statistics.rounded(tree))
        write_table(Path(f"data/scores/{name}.csv"), scores)
        write_bytes(Path(f"data/examples/{name}.npz"), examples(model, photos, shown, device))


if __name__ == "__main__":
    run(main)
