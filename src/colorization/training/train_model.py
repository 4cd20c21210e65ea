"""One training from parameters to weights: seeded, locked, resumed where it stopped, its state dropped at the end."""

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import torch

from colorization.core.files import write_bytes, write_table
from colorization.core.params import Fit
from colorization.dataset.photos import Photos
from colorization.models.common.contract import Trainable
from colorization.models.common.weights import build
from colorization.training.distributed import Processes
from colorization.training.resume import ResumeState, fingerprint
from colorization.training.trainer import Fitted, Trainer

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@contextmanager
def training(
    name: str,
    params: Fit,
    network: dict,
    train: Photos,
    val: Photos,
    *,
    seed: int,
    fabric: "Fabric",
    files: Sequence[Path],
    checkpoints: Path,
    history: Path | None = None,
) -> Iterator[tuple[Trainable, Fitted]]:
    """The trained model and its outcome; keep them within the block: at its end the resume state is dropped.

    network: the arguments of the model's constructor.
    files: the photographs' files; with the parameters, the seed and the code they name the resume state.
    checkpoints: the folder of all resume states. history: is rewritten after every epoch.
    On several processes all get the outcome; the first one (fabric.is_global_zero) writes the files.
    """

    def on_epoch(rows: list[dict]) -> None:
        if history:
            write_history(history, rows)
        print(" ".join(f"{key} {value:.5g}" for key, value in rows[-1].items()), flush=True)

    torch.manual_seed(seed)
    model = build(name, network)
    depends_on = settings(name, params, seed) | {"precision": os.environ.get("LT_PRECISION", "")}
    resume = ResumeState(checkpoints / name / fingerprint(depends_on, files))
    with resume.locked() if fabric.is_global_zero else nullcontext():
        trainer = Trainer(
            model, train, val, params, seed=seed, processes=Processes(fabric), resume=resume, on_epoch=on_epoch
        )
        fitted = trainer.fit()
        if history and fabric.is_global_zero:
            write_history(history, fitted.history)  # a training that was resumed at its end has written none
        yield model, fitted
        if fabric.is_global_zero:
            resume.drop()


def repeated(
    name: str,
    params: Fit,
    train: Photos,
    val: Photos,
    *,
    seeds: Iterable[int],
    fabric: "Fabric",
    files: Sequence[Path],
    checkpoints: Path,
    score: Callable[[Trainable, int], dict[str, float]],
    out: Path,
) -> None:
    """Train a model once per seed and write the measures of each: a table of seed, measure, value.

    score: the measures of a trained model, from it and its seed. A finished training is kept until all are.
    """
    rows = []
    with ExitStack() as until_all_are_done:
        for seed in seeds:
            fabric.print(f"seed {seed}", flush=True)
            one = training(
                name, params, params.network(), train, val, seed=seed, fabric=fabric, files=files,
                checkpoints=checkpoints,
            )  # fmt: skip
            model, fitted = until_all_are_done.enter_context(one)
            if fabric.is_global_zero:
                model.load_state_dict(fitted.weights)
                rows += [(seed, measure, value) for measure, value in score(model, seed).items()]
        if fabric.is_global_zero:
            write_table(out, pd.DataFrame(rows, columns=["seed", "measure", "value"]))


def settings(name: str, params: Fit, seed: int) -> dict:
    """The part of params.yaml that a training depends on."""
    return {"model": name, "seed": seed, **dataclasses.asdict(params)}


def write_history(path: Path, rows: list[dict]) -> None:
    write_table(path, pd.DataFrame(rows), separator="\t")


def write_empty_history(path: Path) -> None:
    """For a training that there was no need of."""
    write_bytes(path, b"epoch\n")
