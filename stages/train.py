"""Train one model: data/lab → models/<model>.safetensors, metrics/<model>/history.tsv, data/architecture."""

import os
import sys
from pathlib import Path

import pandas as pd

from colorization import runs
from colorization.checkpoint import save_model
from colorization.config import load_config, model_params
from colorization.dataset import Photos, load
from colorization.errors import run
from colorization.files import write_json, write_table
from colorization.models.base import architecture
from colorization.processes import launch

TRAIN, VAL = Path("data/lab/train.npy"), Path("data/lab/val.npy")
CHECKPOINTS = Path(os.environ.get("DVC_ROOT", ".")) / ".checkpoints"


def history_writer(path: Path):
    """A function that writes the history so far."""
    return lambda history: write_table(path, pd.DataFrame(history), separator="\t")


def tell(history: list[dict]) -> None:
    print(" ".join(f"{key} {value:.5g}" for key, value in history[-1].items()), flush=True)


def main():
    name, config = sys.argv[1], load_config()
    params, seed = model_params(config, name), config.train.seed
    fabric = launch()
    train, val = (Photos.near(load(path), fabric.device) for path in (TRAIN, VAL))
    write_history = history_writer(Path(f"metrics/{name}/history.tsv"))
    with runs.training(
        name, params, params.network(), train, val, seed=seed, fabric=fabric, files=[TRAIN, VAL],
        checkpoints=CHECKPOINTS, on_epoch=lambda history: (write_history(history), tell(history)),
    ) as (model, fitted):  # fmt: skip
        if fabric.is_global_zero:
            write_history(fitted.history)  # a training that was resumed at its end has written none
            side = train.packed.shape[-1]
            write_json(Path(f"data/architecture/{name}.json"), architecture(model, side))
            about = {"image_size": side, "epoch": fitted.epoch, "photographs": len(train)}
            about["params"] = runs.settings(name, params, seed)
            save_model(
                Path(f"models/{name}.safetensors"), fitted.weights, name=name, network=params.network(), about=about
            )


if __name__ == "__main__":
    run(main)
