"""One training from parameters to weights: seeded, locked, resumed where it stopped, its state dropped when all is kept."""

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
from lightning_fabric import Fabric

from colorization.checkpoint import ResumeState, build, fingerprint
from colorization.config import Fit
from colorization.dataset import Photos
from colorization.models.base import Trainable
from colorization.processes import Processes
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
    On several processes all get the outcome; the first one (fabric.is_global_zero) writes the files.
    """
    torch.manual_seed(seed)
    model = build(name, network)
    depends_on = settings(name, params, seed) | {"precision": os.environ.get("LT_PRECISION", "")}
    resume = ResumeState(checkpoints / name / fingerprint(depends_on, files))
    with resume.locked() if fabric.is_global_zero else nullcontext():
        processes = Processes(fabric)
        yield model, fit(model, train, val, params, seed=seed, processes=processes, resume=resume, on_epoch=on_epoch)
        if fabric.is_global_zero:
            resume.drop()


def settings(name: str, params: Fit, seed: int) -> dict:
    """What of params.yaml a training depends on."""
    return {"model": name, "seed": seed, **dataclasses.asdict(params)}
