"""One training from parameters to weights: seeded, locked, resumed where it stopped; deletes its state at the end."""

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import torch

from colorization.core.errors import InputError
from colorization.core.files import write_bytes, write_table
from colorization.core.params import Fit
from colorization.dataset.devices import own_statistics
from colorization.dataset.photos import Photos
from colorization.models.common.contract import Trainable
from colorization.models.common.weights import build, load_model, mixed, start_from
from colorization.training.distributed import Processes
from colorization.training.resume import ResumeState, fingerprint, seconds_between
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
    start: Path | None = None,
    start_share: float = 0.0,
) -> Iterator[tuple[Trainable, Fitted]]:
    """The trained model and its outcome. Save them within the block: its end deletes the resume state.

    network: the arguments of the model's constructor.
    files: the photographs' files; together with the parameters, seed and code they identify the resume state.
    checkpoints: the folder of all resume states. history: a table, rewritten after every epoch.
    start: a file of trained weights of the same network, from which this training starts. start_share: their share in
    the outcome's weights, see `mixed`.
    All processes get the outcome; the first one (fabric.is_global_zero) writes the files. Raises InputError if `start`
    is missing, damaged or of another network.
    """

    def on_epoch(rows: list[dict]) -> None:
        if history:
            write_history(history, rows)
        print(" ".join(f"{key} {value:.5g}" for key, value in rows[-1].items()), flush=True)

    torch.manual_seed(seed)
    model = build(name, network)
    if start:
        if not start.is_file():
            raise InputError(f"train.start: {start}: file not found; name trained weights that no stage writes")
        files = [*files, start]
        begun = load_model(start, type(model))
        start_from(model, begun, str(start))
    folder = checkpoints / name / fingerprint(settings(name, params, seed) | surroundings(fabric, train), files)
    resume = ResumeState(folder, **seconds_between(fabric.device))
    with resume.locked() if fabric.is_global_zero else nullcontext():
        trainer = Trainer(
            model, train, val, params, seed=seed, processes=Processes(fabric), resume=resume, on_epoch=on_epoch
        )
        fitted = trainer.fit()
        if start and start_share:
            fitted.weights = mixed(fitted.weights, begun, start_share)
        if history and fabric.is_global_zero:
            write_history(history, fitted.history)  # a training resumed after its last epoch has not written it
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
    history: Path,
    start: Path | None = None,
    start_share: float = 0.0,
) -> None:
    """Train a model once per seed and write a table of seed, measure, value, and the histories with their seeds.

    score: (trained model, seed) → its measures. Each finished training is kept until all are finished.
    """
    rows, epochs = [], []
    with ExitStack() as until_all_are_done:
        for seed in seeds:
            fabric.print(f"seed {seed}", flush=True)
            one = training(
                name, params, params.network(), train, val, seed=seed, fabric=fabric, files=files,
                checkpoints=checkpoints, start=start, start_share=start_share,
            )  # fmt: skip
            model, fitted = until_all_are_done.enter_context(one)
            if fabric.is_global_zero:
                model.load_state_dict(fitted.weights)
                rows += [(seed, measure, value) for measure, value in score(model, seed).items()]
                epochs += [{"seed": seed, **epoch} for epoch in fitted.history]
        if fabric.is_global_zero:
            write_history(history, epochs)
            write_table(out, pd.DataFrame(rows, columns=["seed", "measure", "value"]))


def surroundings(fabric: "Fabric", train: Photos) -> dict:
    """What else a resume state depends on. Each kind of device has random numbers of its own."""
    found = {"precision": os.environ.get("LT_PRECISION", ""), "device": fabric.device.type}
    if own_statistics(fabric.world_size):
        found["statistics"] = "own"
    if train.rows is not None:
        found["rows"] = train.rows.tolist()
    return found


def settings(name: str, params: Fit, seed: int) -> dict:
    """The parameters that a training depends on."""
    return {"model": name, "seed": seed, **dataclasses.asdict(params)}


def write_history(path: Path, rows: list[dict]) -> None:
    write_table(path, pd.DataFrame(rows), separator="\t")


def write_empty_history(path: Path) -> None:
    """Write a history without rows, for a training that was not needed."""
    write_bytes(path, b"epoch\n")
