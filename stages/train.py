"""Train one model: data/lab → models/<model>.safetensors, metrics/<model>/history.tsv, data/architecture."""

import dataclasses
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from colorization import runs
from colorization.checkpoint import save_model
from colorization.config import load_config, model_params
from colorization.dataset import load
from colorization.errors import run
from colorization.files import write_json, write_table
from colorization.models.base import architecture

TRAIN, VAL = Path("data/lab/train.npy"), Path("data/lab/val.npy")
CHECKPOINTS = Path(os.environ.get("DVC_ROOT", ".")) / ".checkpoints"


def on_device(path: Path, fabric) -> torch.Tensor:
    return torch.from_numpy(np.array(load(path))).to(fabric.device)


def history_writer(path: Path):
    """A function that writes the history so far, and tells its last epoch."""

    def write(history):
        write_table(path, pd.DataFrame(history), separator="\t")
        tell(history)

    return write


def tell(history: list[dict]) -> None:
    print(" ".join(f"{key} {value:.5g}" for key, value in history[-1].items()), flush=True)


def main():
    name, config = sys.argv[1], load_config()
    params, seed = model_params(config, name), config.train.seed
    fabric = runs.one_device()
    train, val = on_device(TRAIN, fabric), on_device(VAL, fabric)
    write_history = history_writer(Path(f"metrics/{name}/history.tsv"))
    with runs.training(
        name, params, params.network(), (train,), (val,), seed=seed, fabric=fabric, files=[TRAIN, VAL],
        checkpoints=CHECKPOINTS, on_epoch=write_history,
    ) as (model, fitted):  # fmt: skip
        write_history(fitted.history)  # a training that was resumed at its end has written none
        write_json(Path(f"data/architecture/{name}.json"), architecture(model, train.shape[-1]))
        settings = {"model": name, "seed": seed, **dataclasses.asdict(params)}
        about = {"image_size": train.shape[-1], "epoch": fitted.epoch, "photographs": len(train), "params": settings}
        save_model(Path(f"models/{name}.safetensors"), fitted.weights, name=name, network=params.network(), about=about)


if __name__ == "__main__":
    run(main)
