"""The terms of a loss over an epoch: their means over batches and processes, and whether they are finite."""

import math

import torch
from torch import Tensor

from colorization.dataset.photos import Photos, batch_count
from colorization.models.common.contract import Trainable
from colorization.training.distributed import Processes


class NotFiniteError(Exception):
    """A loss is NaN or infinite; the message names the loss, epoch and step."""


class Terms:
    """Named loss terms of up to `steps` batches, each a mean over the whole batch of all processes, on the device.

    They stand in one array: a small tensor of each step, kept to the end of an epoch, would lie among the large ones
    that come and go, and memory would grow by the pieces that no longer fit together.
    """

    def __init__(self, processes: Processes, steps: int):
        self.processes, self.steps = processes, steps
        self.names: list[str] = []
        self.counts: list[int] = []
        self._rows = torch.empty(0)

    @property
    def rows(self) -> Tensor:
        """(batches so far, terms)."""
        return self._rows[: len(self.counts)]

    def add(self, terms: dict[str, Tensor]) -> None:
        if not self.counts:
            self._name(list(terms))
        row = self.processes.mean(torch.stack([term.detach().float() for term in terms.values()]))
        self._rows[len(self.counts)] = row
        self.counts.append(self.processes.count)

    def _name(self, names: list[str]) -> None:
        self.names, self._rows = names, torch.empty(self.steps, len(names), device=self.processes.fabric.device)

    def state_dict(self) -> dict:
        return {"names": self.names, "rows": self.rows.clone(), "counts": self.counts}

    def load_state_dict(self, state: dict) -> None:
        self._name(state["names"])
        self.counts = state["counts"]
        self.rows.copy_(state["rows"])

    def means(self) -> dict[str, float]:
        rows = self.rows.cpu().double()  # on the CPU first: Apple's GPUs have no double precision
        counts = torch.tensor(self.counts, dtype=torch.float64)
        return dict(zip(self.names, (rows.T @ counts / counts.sum()).tolist()))


def validate(model: Trainable, val: Photos, batch_size: int, processes: Processes) -> dict[str, float]:
    """The means of the model's `validation` measures over the validation photographs."""
    model.eval()
    total = Terms(processes, batch_count(len(val), batch_size))
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
