"""fit(): the one training loop. Nothing in this file knows which model it trains."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from colorization.averaging import Average
from colorization.checkpoint import ResumeState
from colorization.config import Fit
from colorization.dataset import Photos
from colorization.errors import InputError
from colorization.models.base import Trainable
from colorization.processes import Processes

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
    processes: Processes,
    resume: ResumeState,
    on_epoch: Callable[[list[dict]], None],
) -> Fitted:
    """Train on packed photographs for params.epochs epochs; the first of several processes keeps the state and tells.

    Every epoch is seeded by (seed, epoch), so one that is resumed runs as the uninterrupted one would have.
    Raises InputError, naming epoch and step, when a loss is not finite, and when a batch is too small for the processes.
    """
    fabric = processes.fabric
    _require_a_share_for_each(len(train), params.batch_size, processes.size)
    model = processes.join(model.to(fabric.device, memory_format=torch.channels_last))
    optimizers = model.configure_optimizers(lr=params.lr, beta1=params.beta1)
    state = fabric.broadcast(resume.load() if fabric.is_global_zero else None)
    if not state:
        model.prepare(train.packed)
    average = Average(model, model.averaging)
    if state:
        _restore(model, optimizers, average, state)
        fabric.print(f"resumed after epoch {state['epoch']} of {params.epochs}")
    else:
        state = {"epoch": 0, "history": [], "best": math.inf, "best_epoch": 0, "weights": {}}
    steppers = [fabric.setup_optimizers(optimizer) for optimizer in optimizers]

    for epoch in range(state["epoch"], params.epochs):
        torch.manual_seed(seed * 1_000_003 + epoch)
        try:
            row = _epoch(model, steppers, average, train, val, params, epoch, processes)
        except NotFiniteError as error:
            raise InputError(f"{error}; {resume.kept(epoch)}") from None
        state["history"] = [*state["history"], row]
        if row[f"val_{model.selects_by}"] < state["best"]:
            with average.used(model):
                state |= {"best": row[f"val_{model.selects_by}"], "best_epoch": epoch + 1, "weights": _copy(model)}
        state |= {"epoch": epoch + 1, "model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers]}
        state |= {"average": average.state_dict()}
        if fabric.is_global_zero:
            resume.save(state)
            on_epoch(state["history"])
    return Fitted(state["history"], state["weights"], state["best_epoch"])


def learning_rate(params: Fit, progress: float) -> float:
    """The rate at a fraction of the training: constant; half a cosine from lr to 0 (Loshchilov & Hutter 2017); or linear:
    constant for the first half, then in a line to 0 (Isola et al. 2017, as their code has it).
    """
    factors = {
        "constant": 1.0,
        "cosine": (1 + math.cos(math.pi * progress)) / 2,
        "linear": min(1.0, 2 * (1 - progress)),
    }
    return params.lr * factors[params.lr_schedule]


class NotFiniteError(Exception):
    """A loss that is NaN or infinite: the message says which, and in which epoch and step."""


def validate(model: Trainable, val: Photos, batch_size: int, processes: Processes) -> dict[str, float]:
    """Mean of everything that `validation` measures over the validation photographs."""
    model.eval()
    total = Terms(processes)
    with torch.no_grad(), processes.fabric.autocast():
        for count, batch in val.batches(batch_size, augment=False, share=processes.share):
            processes.count = count
            total.add(model.validation(batch))
    return total.means()


class Terms:
    """Named loss terms of batches, each a mean over the batch of all processes, kept on the device."""

    def __init__(self, processes: Processes):
        self.processes, self.names, self.rows, self.counts = processes, [], [], []

    def add(self, terms: dict[str, Tensor]) -> None:
        self.names = list(terms)
        self.rows.append(self.processes.mean(torch.stack([term.detach().float() for term in terms.values()])))
        self.counts.append(self.processes.count)

    def means(self) -> dict[str, float]:
        rows = torch.stack(self.rows).double().cpu()
        counts = torch.tensor(self.counts, dtype=torch.float64)
        return dict(zip(self.names, (rows.T @ counts / counts.sum()).tolist()))


def _restore(model: Trainable, optimizers: list[torch.optim.Optimizer], average: Average, state: dict) -> None:
    model.load_state_dict(state["model"])
    average.load_state_dict(state["average"])
    for optimizer, its_state in zip(optimizers, state["optimizers"]):
        optimizer.load_state_dict(its_state)


def _epoch(
    model, optimizers, average: Average, train: Photos, val: Photos, params: Fit, epoch: int, processes: Processes
) -> dict:
    """One row of the history: the rate in the end, and the means of the terms over either split."""
    trained = _train_epoch(model, optimizers, average, train, params, epoch, processes)
    row = {"epoch": epoch + 1, "lr": optimizers[0].param_groups[0]["lr"]}
    row |= {f"train_{name}": value for name, value in trained.items()}
    with average.used(model):
        row |= {f"val_{name}": value for name, value in validate(model, val, params.batch_size, processes).items()}
    _require_finite(list(row), list(row.values()), epoch, None)
    return row


def _train_epoch(
    model, optimizers, average: Average, train: Photos, params: Fit, epoch: int, processes: Processes
) -> dict[str, float]:
    model.train()
    total, looked = Terms(processes), 0
    steps = math.ceil(len(train) / params.batch_size)
    batches = train.batches(params.batch_size, augment=True, share=processes.share)
    quiet = None if processes.rank == 0 else True
    with tqdm(
        total=len(train), desc=f"epoch {epoch + 1}/{params.epochs}", unit="img", leave=False, disable=quiet
    ) as bar:
        for step, (count, batch) in enumerate(batches):
            processes.count = count
            model.progress = (epoch + step / steps) / params.epochs
            for optimizer in optimizers:
                optimizer.param_groups[0]["lr"] = learning_rate(params, model.progress)
            with processes.fabric.autocast():
                total.add(model.training_step(batch, optimizers, lambda loss: processes.backward(loss, model)))
            average.update(model)
            bar.update(count)
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
            raise NotFiniteError(f"{name} is {value} in {where}: the training diverged; lower its lr in params.yaml")


def _require_a_share_for_each(count: int, batch_size: int, size: int) -> None:
    smallest = count // math.ceil(count / batch_size)
    if smallest < size:
        raise InputError(
            f"a batch of {smallest} photographs cannot be shared by {size} processes: raise batch_size in params.yaml, "
            "or lower LT_DEVICES"
        )


def _copy(model: Trainable) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
