"""One training from parameters to weights: seeded, locked, resumed where it stopped, its state dropped when all is kept."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from lightning_fabric import Fabric

from colorization.checkpoint import ResumeState, build, fingerprint
from colorization.config import Fit
from colorization.dataset import Photos
from colorization.errors import InputError
from colorization.models.base import Trainable
from colorization.training import Fitted, fit


@contextmanager
def training(
    name: str,
    params: Fit,
    network: dict,
    train: Photos,
    val: Photos,
    *,
    seed: int,
    fabric: Fabric,
    files: Sequence[Path],
    checkpoints: Path,
    on_epoch: Callable[[list[dict]], None],
) -> Iterator[tuple[Trainable, Fitted]]:
    """The trained model and its outcome; keep them within the block: at its end the resume state is dropped.

    files: what the photographs were read from; with the parameters, the seed and the code they name the resume state.
    """
    torch.manual_seed(seed)
    model = build(name, network)
    settings = {"model": name, "seed": seed, **dataclasses.asdict(params)}
    resume = ResumeState(checkpoints / name / fingerprint(settings, files))
    with resume.locked():
        yield model, fit(model, train, val, params, seed=seed, fabric=fabric, resume=resume, on_epoch=on_epoch)
        resume.drop()


def one_device() -> Fabric:
    """Lightning Fabric on one device; LT_ACCELERATOR and LT_PRECISION choose the rest."""
    fabric = Fabric(devices=1)
    if fabric.world_size > 1:
        raise InputError("LT_DEVICES: training on several devices is not supported; unset it")
    return fabric
