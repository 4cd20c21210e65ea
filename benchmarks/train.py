"""Training photographs per second, data loading included, for each model at 64 and 128 px."""

from concurrent.futures import Executor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from lightning_fabric import Fabric

from benchmarks import measure, photographs, reference
from colorization.core.params import Fit, load_config
from colorization.core.process import keep_memory, processors
from colorization.dataset.photos import Photos, load
from colorization.models.common.contract import Trainable
from colorization.models.common.weights import build
from colorization.preprocessing.packing import decode, write_rows
from colorization.training.distributed import Processes
from colorization.training.resume import ResumeState
from colorization.training.trainer import Trainer

SECONDS = 3.0  # approximate duration of one repetition
WORKERS = processors()


def main(repeats: int) -> dict[str, list[measure.Row]]:
    keep_memory()
    fabric = Fabric(devices=1)
    rows, floors = [], []
    with TemporaryDirectory() as folder, measure.other_program() as program:
        photos = photographs.folder_of(Path(folder) / "photos", 256)
        for side in (64, 128):
            for name in ("resnet", "gan", "vae"):
                row, floor = one(name, side, photos, fabric, program, repeats)
                rows.append(row)
                floors.append(floor)
    return {"Training, data loading included": rows, "Training, against its forward, backward and update alone": floors}


def one(
    name: str, side: int, folder: Path, fabric: Fabric, program: Executor, repeats: int
) -> tuple[measure.Row, measure.Row]:
    config = load_config(photographs.PRESET)
    params, size = config.model(name), config.model(name).batch_size
    packed = pack(folder, side, config)
    ours_alone = prepared(name, params, fabric.device)
    fixed = next(iter(Photos.near(packed[:size], fabric.device).batches(size, augment=False)))[1]
    seconds = measure.in_turn({"step": partial(alone, *ours_alone, fixed, 1)}, 2)["step"]
    steps = max(2, round(SECONDS / min(seconds)))
    count = steps * size
    train = Photos.near(packed[np.arange(count) % len(packed)], fabric.device)
    ours = trainer(seeded(name, params), train, params, fabric, folder)
    sides = {
        "ours": lambda: ours._train_epoch(0),
        "alone": lambda: alone(*ours_alone, fixed, steps),
        "plain": lambda: program.submit(plain, name, side, folder, count, fabric.device).result(),
    }
    times = {key: measure.rates(count, values) for key, values in measure.in_turn(sides, repeats).items()}
    what, unit = f"{name}, {side} px", "photographs/s"
    return (
        measure.Row(what, unit, times["ours"], times["plain"], f"DataLoader, {WORKERS} workers, NCHW, eager"),
        measure.Row(what, unit, times["ours"], times["alone"], "one batch again and again"),
    )


def trainer(model: Trainable, train: Photos, params: Fit, fabric: Fabric, folder: Path) -> Trainer:
    """Our loop, which saves nothing."""
    return Trainer(
        model, train, train, params, seed=0, processes=Processes(fabric),
        resume=ResumeState(folder / "no state"), on_epoch=lambda history: None,
    )  # fmt: skip


def plain(name: str, side: int, folder: Path, count: int, device: torch.device) -> None:
    reference.train_epoch(*plain_parts(name, side, folder, count, device), device)


@cache
def plain_parts(name: str, side: int, folder: Path, count: int, device: torch.device) -> tuple:
    """Model, optimizers and batches; made once."""
    params = load_config(photographs.PRESET).model(name)
    model, optimizers = prepared(name, params, device)
    return (
        model.to(memory_format=torch.contiguous_format),
        optimizers,
        reference.loader(folder, side, count, params.batch_size, WORKERS),
    )


def prepared(name: str, params, device: torch.device):
    model = seeded(name, params).to(device, memory_format=torch.channels_last).train()
    return model, model.configure_optimizers(lr=params.lr, beta1=params.beta1)


def seeded(name: str, params):
    torch.manual_seed(0)
    return build(name, params.network())


def alone(model, optimizers, batch, steps: int) -> None:
    for _ in range(steps):
        terms = model.training_step(batch, optimizers, lambda loss: loss.backward())
    terms["loss"].item()


def pack(folder: Path, side: int, config) -> np.ndarray:
    data = replace(config.data, image_size=side, resize=side)
    rows = [decode(path.read_bytes(), data)[0] for path in sorted(folder.rglob("*.jpg"))]
    write_rows(folder / f"{side}.npy", rows, (len(rows), 3, side, side))
    return load(folder / f"{side}.npy")
