"""Train the judge of recognisability: data/lab → data/classifier/scenes.safetensors, metrics/classifier/history.tsv."""

from pathlib import Path

import torch
from lightning_fabric import Fabric

from colorization import runs
from colorization.checkpoint import build, save_model
from colorization.config import load_config
from colorization.dataset import Photos, load
from colorization.errors import run
from colorization.files import write_bytes
from colorization.processes import launch
from colorization.selection import rows_of
from stages.train import CHECKPOINTS, TRAIN, VAL, history_writer, tell

INDEX, OUT = Path("data/lab/index.csv"), Path("data/classifier/scenes.safetensors")
HISTORY = Path("metrics/classifier/history.tsv")


def labelled(path: Path, categories: list[str], fabric: Fabric) -> Photos:
    """The photographs of a split that belong to one of the categories, labelled with its number."""
    codes = torch.tensor([categories.index(c) if c in categories else -1 for c in rows_of(INDEX, path.stem).category])
    known = codes >= 0
    photos = load(path)
    return Photos.near(
        photos if known.all() else photos[known.numpy()], fabric.device, (codes[known].to(fabric.device),)
    )


def main():
    config, fabric = load_config(), launch()
    params, seed = config.classifier, config.train.seed
    categories = sorted(set(rows_of(INDEX, "train").category) & set(rows_of(INDEX, "val").category))
    if len(categories) < 2:
        fabric.print("recognisability is not measured: the photographs show fewer than two categories")
        if fabric.is_global_zero:
            network = params.network() | {"categories": []}
            save_model(OUT, build("classifier", network).state_dict(), name="classifier", network=network, about={})
            write_bytes(HISTORY, b"epoch\n")
        return
    network = params.network() | {"categories": categories}
    train, val = (labelled(path, categories, fabric) for path in (TRAIN, VAL))
    write_history = history_writer(HISTORY)
    with runs.training(
        "classifier", params, network, train, val, seed=seed, fabric=fabric, files=[TRAIN, VAL, INDEX],
        checkpoints=CHECKPOINTS, on_epoch=lambda history: (write_history(history), tell(history)),
    ) as (_, fitted):  # fmt: skip
        if fabric.is_global_zero:
            write_history(fitted.history)
            about = {"image_size": train.packed.shape[-1], "epoch": fitted.epoch, "photographs": len(train)}
            save_model(OUT, fitted.weights, name="classifier", network=network, about=about)


if __name__ == "__main__":
    run(main)
