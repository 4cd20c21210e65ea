"""Vividness against error: a network's measures at the settings of its knobs, beside others' → metrics/<name>/tradeoff.csv."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from colorization import tradeoff
from colorization.checkpoint import load_model
from colorization.config import load_config, model_params
from colorization.errors import run
from colorization.evaluation import photographs
from colorization.files import TEXTS, write_table
from colorization.processes import one_device

LAB = Path("data/lab")


def main():
    (name, *others), config = sys.argv[1:], load_config()
    model_params(config, name)
    params, seed, device = config.tradeoff, config.train.seed, one_device().device
    torch.manual_seed(seed)
    model = load_model(Path(f"models/{name}.safetensors"))
    classifier = load_model(Path("data/classifier/scenes.safetensors"), names=["classifier"]).to(device)
    start = tradeoff.default(model)
    rows = tradeoff.curves(start, params.saturations, params.temperatures)
    points, (photos, index) = {point for *_, point in rows}, photographs(LAB, config.evaluate.split)
    measured = tradeoff.measure(model, photos, index.category, classifier, points, device)
    values, resampled = tradeoff.summarise(
        measured,
        {other: pd.read_csv(f"data/scores/{other}.csv", keep_default_na=False, dtype=TEXTS) for other in others},
        np.load("data/features/original.npy", allow_pickle=False),
        resamples=config.compare.resamples, frechet_resamples=params.frechet_resamples, seed=seed,
    )  # fmt: skip
    write_table(Path(f"metrics/{name}/tradeoff.csv"), tradeoff.table(rows, start, values, resampled))


if __name__ == "__main__":
    run(main)
