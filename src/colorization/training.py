"""fit(): the one training loop. Nothing in this file knows which model it trains."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from lightning_fabric import Fabric
from torch import Tensor
from tqdm import tqdm

from colorization.checkpoint import ResumeState
from colorization.config import Fit
from colorization.dataset import Photos, batches, gather
from colorization.errors import InputError
from colorization.models.base import Trainable

LOOK_EVERY = 16  # steps between two looks at the losses: each look waits for the device


@dataclass
class Fitted:
    """The outcome: one row per epoch, and the weights of the epoch with the lowest validation loss."""

    history: list[dict[str, float]]
    weights: dict[str, Tensor]
    epoch: int


def fit(
    model: Trainable,
    train: Photos,
    val: Photos,
    params: Fit,
    *,
    seed: int,
    fabric: Fabric,
    resume: ResumeState,
    on_epoch: Callable[[list[dict]], None],
) -> Fitted:
    """Train on packed photographs that lie on the device, for params.epochs epochs.

    Every epoch is seeded by (seed, epoch), so one that is resumed runs as the uninterrupted one would have.
    Raises InputError, naming epoch and step, when a loss is not finite.
    """
    bare = model.to(memory_format=torch.channels_last)
    module, *optimizers = fabric.setup(bare, *bare.configure_optimizers(lr=params.lr, beta1=params.beta1))
    module.mark_forward_method("training_step")
    module.mark_forward_method("validation")
    state = resume.load() or {"epoch": 0, "history": [], "best": math.inf, "best_epoch": 0, "weights": {}}
    if state["epoch"]:
        bare.load_state_dict(state["model"])
        for optimizer, saved in zip(optimizers, state["optimizers"]):
            optimizer.load_state_dict(saved)
        fabric.print(f"resumed after epoch {state['epoch']} of {params.epochs}")

    for epoch in range(state["epoch"], params.epochs):
        torch.manual_seed(seed * 1_000_003 + epoch)
        terms = _train_epoch(module, optimizers, train, params, epoch, fabric.backward)
        row = {"epoch": epoch + 1, "lr": optimizers[0].param_groups[0]["lr"]}
        row |= {f"train_{name}": value for name, value in terms.items()}
        row |= {f"val_{name}": value for name, value in validate(module, val, params.batch_size).items()}
        _require_finite(list(row), list(row.values()), epoch, None)

        state["history"] = [*state["history"], row]
        if row[f"val_{bare.selects_by}"] < state["best"]:
            state |= {"best": row[f"val_{bare.selects_by}"], "best_epoch": epoch + 1, "weights": _copy(bare)}
        state |= {"epoch": epoch + 1, "model": bare.state_dict(), "optimizers": [o.state_dict() for o in optimizers]}
        resume.save(state)
        on_epoch(state["history"])
    return Fitted(state["history"], state["weights"], state["best_epoch"])


def learning_rate(params: Fit, progress: float) -> float:
    """The rate at a fraction of the training: constant, or half a cosine from lr to 0 (Loshchilov & Hutter 2017)."""
    return params.lr if params.lr_schedule == "constant" else params.lr * (1 + math.cos(math.pi * progress)) / 2


@torch.no_grad()
def validate(module, val: Photos, batch_size: int) -> dict[str, float]:
    """Mean of everything that `validation` measures over the validation photographs."""
    module.eval()
    total = Terms()
    for index in batches(len(val[0]), batch_size, val[0].device, shuffle=False):
        total.add(module.validation(gather(val, index, flip=False)), len(index))
    return total.means()


class Terms:
    """Weighted sums of named loss terms, kept on the device."""

    def __init__(self):
        self.names, self.rows, self.weights = [], [], []

    def add(self, terms: dict[str, Tensor], weight: int) -> None:
        self.names = list(terms)
        self.rows.append(torch.stack([term.detach().float() for term in terms.values()]))
        self.weights.append(weight)

    def means(self) -> dict[str, float]:
        rows = torch.stack(self.rows).double().cpu()
        weights = torch.tensor(self.weights, dtype=torch.float64)
        return dict(zip(self.names, (rows.T @ weights / weights.sum()).tolist()))


def _train_epoch(module, optimizers, train: Photos, params: Fit, epoch: int, backward) -> dict[str, float]:
    module.train()
    total = Terms()
    count, device = len(train[0]), train[0].device
    steps = math.ceil(count / params.batch_size)
    label = f"epoch {epoch + 1}/{params.epochs}"
    looked = 0
    with tqdm(total=count, desc=label, unit="img", leave=False, disable=None) as bar:
        for step, index in enumerate(batches(count, params.batch_size, device, shuffle=True)):
            for optimizer in optimizers:
                optimizer.param_groups[0]["lr"] = learning_rate(params, (epoch + step / steps) / params.epochs)
            terms = module.training_step(gather(train, index, flip=True), optimizers, backward)
            total.add(terms, len(index))
            bar.update(len(index))
            if step % LOOK_EVERY == 0 or step == steps - 1:
                for step_looked in range(looked, step + 1):
                    _require_finite(total.names, total.rows[step_looked].tolist(), epoch, step_looked)
                looked = step + 1
                bar.set_postfix({name: f"{value:.4g}" for name, value in zip(total.names, total.rows[-1].tolist())})
    return total.means()


def _require_finite(names: list[str], values: list[float], epoch: int, step: int | None) -> None:
    for name, value in zip(names, values):
        if not math.isfinite(value):
            where = f"epoch {epoch + 1}" + ("" if step is None else f", step {step + 1}")
            raise InputError(f"{name} is {value} in {where}: the training diverged; lower its lr in params.yaml")


def _copy(model: Trainable) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
