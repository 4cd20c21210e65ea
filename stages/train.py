"""Train one model: data/lab → models/<model>.safetensors, metrics/<model>/history.tsv, data/architecture."""

import dataclasses
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from lightning_fabric import Fabric

from colorization.checkpoint import ResumeState, build, die_with_parent, fingerprint, save_model
from colorization.config import load_config, model_params
from colorization.dataset import load
from colorization.errors import InputError, run
from colorization.files import write_json, write_table
from colorization.models.base import architecture
from colorization.training import fit

TRAIN, VAL = Path("data/lab/train.npy"), Path("data/lab/val.npy")
CHECKPOINTS = Path(os.environ.get("DVC_ROOT", ".")) / ".checkpoints"


def main():
    die_with_parent()
    name, config = sys.argv[1], load_config()
    params, seed = model_params(config, name), config.train.seed
    fabric = Fabric(devices=1)  # LT_ACCELERATOR and LT_PRECISION choose the rest
    if fabric.world_size > 1:
        raise InputError("LT_DEVICES: training on several devices is not supported; unset it")
    torch.manual_seed(seed)
    model = build(name, params.network())
    train, val = (torch.from_numpy(np.array(load(path))).to(fabric.device) for path in (TRAIN, VAL))
    write_json(Path(f"data/architecture/{name}.json"), architecture(model, train.shape[-1]))

    def write_history(history):
        write_table(Path(f"metrics/{name}/history.tsv"), pd.DataFrame(history), separator="\t")

    def on_epoch(history):
        write_history(history)
        print(" ".join(f"{key} {value:.5g}" for key, value in history[-1].items()), flush=True)

    settings = {"model": name, "seed": seed, **dataclasses.asdict(params)}
    resume = ResumeState(CHECKPOINTS / name / fingerprint(settings, [TRAIN, VAL]))
    with resume.locked():
        fitted = fit(model, train, val, params, seed=seed, fabric=fabric, resume=resume, on_epoch=on_epoch)
        write_history(fitted.history)  # a training that was resumed at its end has written none
        about = {"image_size": train.shape[-1], "epoch": fitted.epoch, "photographs": len(train), "params": settings}
        save_model(Path(f"models/{name}.safetensors"), fitted.weights, name=name, network=params.network(), about=about)
        resume.drop()


if __name__ == "__main__":
    run(main)
