"""How long the trainings of params.yaml will take on this machine: python -m tools.estimate [SECONDS].

Trains every model, and the classifier, in both precisions of LT_PRECISION for SECONDS (default 10) each on the packed
photographs, after a step that is not counted, and saves nothing. Run it on an otherwise idle machine, after
`dvc repro preprocess`.
"""

import math
import sys
import time

import torch

from colorization.core import paths
from colorization.core.errors import InputError, run
from colorization.core.params import Fit, load_config
from colorization.core.process import processors
from colorization.dataset.devices import HALF, KNOWN, PRECISION, one_device
from colorization.dataset.index import rows_of, shared_categories, shown
from colorization.dataset.photos import Photos, labelled, load
from colorization.models.common.weights import build

SECONDS = 10.0
PRECISIONS = KNOWN[PRECISION]


def rate(name: str, params: Fit, network: dict, photos: Photos, seconds: float, precision: str) -> float:
    """Photographs per second in training in a precision of LT_PRECISION, data loading included."""
    with torch.autocast(photos.device.type, torch.bfloat16, enabled=precision == HALF):
        return _rate(name, params, network, photos, seconds)


def _rate(name: str, params: Fit, network: dict, photos: Photos, seconds: float) -> float:
    model = build(name, network).to(photos.device, memory_format=torch.channels_last).train()  # as `Trainer`
    optimizers = model.configure_optimizers(lr=params.lr, beta1=params.beta1)
    count, start = 0, math.inf
    while True:
        for size, batch in photos.batches(params.batch_size, augment=True):
            terms = model.training_step(batch, optimizers, lambda loss: loss.backward())
            terms["loss"].item()  # waits for the device
            if start == math.inf:
                start = time.perf_counter()
                continue
            count += size
            if (spent := time.perf_counter() - start) >= seconds:
                return count / spent


def clock(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def main() -> None:
    try:
        seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    except ValueError:
        raise InputError(f"{sys.argv[1]}: not a number of seconds; expected: python -m tools.estimate 10") from None
    if not paths.TRAIN.exists():
        raise InputError(f"{paths.TRAIN}: missing; run: dvc repro preprocess")
    config, device = load_config(), one_device()
    photos = Photos.near(load(paths.TRAIN), device, rows=shown(paths.INDEX, config.train.copies))
    print(f"{len(photos)} photographs; {device.type}, {processors()} processors")
    print(f"{'':21}" + "".join(f"{precision:>20}" for precision in PRECISIONS) + "  faster")
    whole = dict.fromkeys(PRECISIONS, 0.0)
    for name in config.models:
        seeds = config.train.seeds if name in config.train.repeats else 1
        add(whole, expected(name, config.model(name), config.model(name).network(), photos, seconds, seeds))
    if len(known := shared_categories(paths.INDEX)) > 1:
        photos = labelled(paths.TRAIN, rows_of(paths.INDEX, "train").category, known, device)
        network = config.classifier.network() | {"categories": known}
        add(whole, expected("classifier", config.classifier, network, photos, seconds))
    times = ", ".join(f"{clock(spent)} in {precision}" for precision, spent in whole.items())
    faster = min(PRECISIONS, key=lambda precision: whole[precision])
    print(f"all trainings: {times}; {advice(faster)}")


def add(whole: dict[str, float], spent: dict[str, float]) -> None:
    for precision in PRECISIONS:
        whole[precision] += spent[precision]


def advice(faster: str) -> str:
    """How to choose a precision."""
    return f"faster: LT_PRECISION={faster} dvc repro" if faster != PRECISIONS[0] else "the default is the faster one"


def expected(name: str, params: Fit, network: dict, photos: Photos, seconds: float, seeds: int = 1) -> dict[str, float]:
    """Print a model's line; return the seconds that its trainings, one per seed, will take in each precision."""
    rates = {precision: rate(name, params, network, photos, seconds, precision) for precision in PRECISIONS}
    count = seeds * params.epochs * len(photos)
    spent = {precision: count / per_second for precision, per_second in rates.items()}
    cells = "".join(f"  {rates[precision]:7.1f}/s {clock(spent[precision]):>8}" for precision in PRECISIONS)
    faster, again = min(spent, key=lambda each: spent[each]), f", {seeds} seeds" if seeds > 1 else ""
    print(f"{name:10} {params.epochs:3} epochs{cells}  {faster}{again}", flush=True)
    return spent


if __name__ == "__main__":
    run(main)
