"""Score models or floors on held-out photographs: metrics/<name>/scores.json, and <name> in data/scores, results and features.

The first floor brings the originals too: data/results/original.npy and data/features/original.npy.
"""

import sys
from pathlib import Path

import pandas as pd
import torch

from colorization import perceptual, statistics
from colorization.checkpoint import load_model
from colorization.config import FLOORS, Evaluate, load_config, model_params
from colorization.dataset import load
from colorization.errors import run
from colorization.evaluation import Evaluation, Judges, evaluate, photographs
from colorization.files import write_array, write_json, write_table
from colorization.models import baselines
from colorization.processes import one_device
from colorization.rarity import colour_weights

LAB = Path("data/lab")


def evaluated(name: str):
    """The model of a name, or the floor."""
    if name in FLOORS:
        return baselines.fit(name, load(LAB / "train.npy"))
    return load_model(Path(f"models/{name}.safetensors"))


def judges(params: Evaluate, device: torch.device) -> Judges:
    classifier = load_model(Path("data/classifier/scenes.safetensors"), names=["classifier"]).to(device)
    lpips = perceptual.lpips(device) if params.lpips else None
    return Judges(classifier=classifier, colour_weights=colour_weights(load(LAB / "train.npy")), lpips=lpips)


def keep(name: str, scores: pd.DataFrame, outcome: Evaluation, more: dict) -> None:
    """Write what one row of the tables needs, and for the first floor the originals too."""
    by_category = {c: statistics.summarise(rows) for c, rows in scores.groupby("category")}
    overall = statistics.summarise(scores) | more
    tree = {"overall": overall, "photographs": len(scores), "category": by_category}
    write_json(Path(f"metrics/{name}/scores.json"), statistics.rounded(tree))
    write_table(Path(f"data/scores/{name}.csv"), scores)
    pictures = {name: (outcome.results, outcome.features)}
    if name == FLOORS[0]:
        pictures["original"] = (outcome.originals, outcome.original_features)
    for row, (results, features) in pictures.items():
        write_array(Path(f"data/results/{row}.npy"), results)
        write_array(Path(f"data/features/{row}.npy"), features)


def main():
    names, config = sys.argv[1:], load_config()
    for name in set(names) - set(FLOORS):
        model_params(config, name)
    device, (photos, index) = one_device().device, photographs(LAB, config.evaluate.split)
    panel = judges(config.evaluate, device)
    for name in names:
        torch.manual_seed(config.train.seed)
        model = evaluated(name)
        outcome = evaluate(model, photos, index.category, panel, samples=config.evaluate.samples, device=device)
        fid = perceptual.fid(outcome.results, outcome.originals, device) if config.evaluate.fid else None
        scores = pd.concat([index[["name", "category"]], outcome.scores], axis=1)
        keep(name, scores, outcome, {} if fid is None else {"fid": fid})


if __name__ == "__main__":
    run(main)
