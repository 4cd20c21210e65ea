"""The terms of a loss over an epoch: their means over batches and processes, and whether they are finite."""

import math

import torch
from torch import Tensor

from colorization.dataset.photos import Photos
from colorization.models.common.contract import Trainable
from colorization.training.distributed import Processes


class NotFiniteError(Exception):
    """A loss is NaN or infinite; the message names the loss, epoch and step."""


class Terms:
    """Named loss terms of batches, each a mean over the whole batch of all processes, kept on the device."""

    def __init__(self, processes: Processes):
        self.processes = processes
        self.names: list[str] = []
        self.rows: list[Tensor] = []
        self.counts: list[int] = []

    def add(self, terms: dict[str, Tensor]) -> None:
        self.names = list(terms)
        self.rows.append(self.processes.mean(torch.stack([term.detach().float() for term in terms.values()])))
        self.counts.append(self.processes.count)

    def state_dict(self) -> dict:
        return {"names": self.names, "rows": self.rows, "counts": self.counts}

    def load_state_dict(self, state: dict) -> None:
        device = self.processes.fabric.device
        self.names, self.rows, self.counts = state["names"], [row.to(device) for row in state["rows"]], state["counts"]

    def means(self) -> dict[str, float]:
        rows = torch.stack(self.rows).cpu().double()  # on the CPU first: Apple's GPUs have no double precision
        counts = torch.tensor(self.counts, dtype=torch.float64)
        return dict(zip(self.names, (rows.T @ counts / counts.sum()).tolist()))


def validate(model: Trainable, val: Photos, batch_size: int, processes: Processes) -> dict[str, float]:
    """The means of the model's `validation` measures over the validation photographs."""
    model.eval()
    total = Terms(processes)
    with torch.no_grad(), processes.fabric.autocast():
        for count, batch in val.batches(batch_size, augment=False, share=processes.share):
            processes.count = count
            total.add(model.validation(batch))
    return total.means()


def require_finite(names: list[str], values: list[float], epoch: int, step: int | None) -> None:
    """Raise NotFiniteError for the first value that is not finite; epoch and step from 0, None: of a whole epoch."""
    for name, value in zip(names, values):
        if not math.isfinite(value):
            where = f"epoch {epoch + 1}" + ("" if step is None else f", step {step + 1}")
            raise NotFiniteError(f"{name} is {value} in {where}: the training diverged; lower its lr in params.yaml")
