"""Tiny trainings in double precision, on any number of processes: trainings.py FOLDER MODEL … [FOLDER MODEL …].

Writes FOLDER/<model>.json with the history and the photographs that each process read, and keeps the state after the
first epoch in FOLDER/<model>/early. A state in FOLDER/<model> is resumed.
"""

import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.distributed as dist
from parameters import every_model

from colorization.core.params import from_tree
from colorization.dataset import photos as dataset
from colorization.dataset.devices import launch
from colorization.models.common.weights import build
from colorization.training import trainer as training
from colorization.training.distributed import Processes
from colorization.training.resume import ResumeState

if TYPE_CHECKING:
    from lightning_fabric import Fabric  # which takes two seconds here, and one in `launch`

ROOT = Path(__file__).resolve().parents[2]
SMALL = {
    "resnet": {"width": 1, "lr": 0.0005},
    "gan": {"lr": 0.0002, "width": 4, "depth": 3, "dropout": 0.5, "discriminator_width": 4, "discriminator_layers": 1},
    "vae": {"latent_channels": 4},
    "ours": {"width": 8, "aging": 0.5, "lr": 0.00001},
    "resunet": {"width": 4, "depth": 3, "small": 0.8, "averaging": 0.998},
    "pix2pix": {"lr": 0.0002, "width": 4, "depth": 3, "discriminator_width": 4, "discriminator_layers": 1},
    "zhang": {"width": 1},
    "classifier": {"width": 4, "dropout": 0.3},
}

# Pixels. Five halvings leave 16 px a single one: batch norm over four values then enlarges rounding a millionfold.
SIDES = {"ours": 64}


class Photos(dataset.Photos):
    """Photographs in double precision that record which of them were read."""

    def read(self, index):
        if hasattr(self, "seen"):  # not in a pass that only settles batch norm's statistics
            self.seen.extend(index.tolist())
        return super().read(index)

    def take(self, *read):
        L, ab, *labels = super().take(*read)
        return L.double(), ab.double(), *labels


def photos(count: int, seed: int, labelled: bool, side: int) -> Photos:
    packed = np.random.default_rng(seed).uniform(-0.5, 0.5, (count, 3, side, side)).astype(np.float16)
    made = Photos(packed, torch.device("cpu"), (torch.arange(count) % 3,) if labelled else ())
    object.__setattr__(made, "seen", [])  # the dataclass is frozen
    return made


def train(name: str, states: Path, fabric: "Fabric", counts: tuple[int, int] = (13, 5)) -> dict:
    """The outcome of a training of two epochs, on so many photographs to train and to validate, in batches of 4."""
    config = from_tree(every_model())
    params = config.classifier if name == "classifier" else config.model(name)
    params = replace(params, epochs=2, batch_size=4, **SMALL[name])
    network = params.network() | ({"categories": ["a", "b", "c"]} if name == "classifier" else {})
    side = SIDES.get(name, 16)
    train, val = (photos(count, seed, name == "classifier", side) for seed, count in enumerate(counts))

    def keep(history):
        if len(history) == 1:
            (states / "early").mkdir()
            shutil.copy(states / "state.pt", states / "early")

    torch.manual_seed(1)
    model = build(name, network)
    fitted = training.Trainer(
        model, train, val, params, seed=1, processes=Processes(fabric), resume=ResumeState(states), on_epoch=keep
    ).fit()
    weights = {key: value.double().flatten()[:50].tolist() for key, value in fitted.weights.items()}
    return {"history": fitted.history, "epoch": fitted.epoch, "weights": weights, "train": train.seen, "val": val.seen}


def main():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)  # in single precision, rounding makes two trainings differ
    fabric, out = launch(), Path()
    for name in sys.argv[1:]:
        if os.sep in name:
            out = Path(name)
            continue
        outcome = train(name, out / name, fabric)
        seen = [(outcome["train"], outcome["val"])] * fabric.world_size
        if fabric.world_size > 1:
            dist.all_gather_object(seen, seen[0])
        outcome["train"], outcome["val"] = zip(*seen)
        if fabric.is_global_zero:
            (out / f"{name}.json").write_text(json.dumps(outcome))


if __name__ == "__main__":
    main()
