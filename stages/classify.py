"""Train the judge of recognisability: data/lab → data/classifier/scenes.safetensors, metrics/classifier/history.tsv."""

from pathlib import Path

import torch

from colorization import runs
from colorization.checkpoint import build, save_model
from colorization.config import load_config
from colorization.dataset import rows_of
from colorization.errors import run
from colorization.files import write_bytes
from stages.train import CHECKPOINTS, TRAIN, VAL, history_writer, on_device

INDEX, OUT = Path("data/lab/index.csv"), Path("data/classifier/scenes.safetensors")
HISTORY = Path("metrics/classifier/history.tsv")


def labelled(path: Path, categories: list[str], fabric) -> tuple[torch.Tensor, torch.Tensor]:
    """The photographs of a split that belong to one of the categories, and its number."""
    codes = torch.tensor([categories.index(c) if c in categories else -1 for c in rows_of(INDEX, path.stem).category])
    known = codes >= 0
    return on_device(path, fabric)[known.to(fabric.device)], codes[known].to(fabric.device)


def main():
    config, fabric = load_config(), runs.one_device()
    params, seed = config.classifier, config.train.seed
    categories = sorted(set(rows_of(INDEX, "train").category) & set(rows_of(INDEX, "val").category))
    if len(categories) < 2:
        print("recognisability is not measured: the photographs show fewer than two categories")
        network = params.network() | {"categories": []}
        save_model(OUT, build("classifier", network).state_dict(), name="classifier", network=network, about={})
        write_bytes(HISTORY, b"epoch\n")
        return
    network = params.network() | {"categories": categories}
    train, val = (labelled(path, categories, fabric) for path in (TRAIN, VAL))
    write_history = history_writer(HISTORY)
    with runs.training(
        "classifier", params, network, train, val, seed=seed, fabric=fabric, files=[TRAIN, VAL, INDEX],
        checkpoints=CHECKPOINTS, on_epoch=write_history,
    ) as (_, fitted):  # fmt: skip
        write_history(fitted.history)
        about = {"image_size": train[0].shape[-1], "epoch": fitted.epoch, "photographs": len(train[0])}
        save_model(OUT, fitted.weights, name="classifier", network=network, about=about)


if __name__ == "__main__":
    run(main)
