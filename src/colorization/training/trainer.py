"""The one training loop. Nothing in this file knows which model it trains."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from colorization.core.errors import InputError
from colorization.core.params import Fit
from colorization.dataset.photos import Photos, batch_count
from colorization.models.common.contract import Trainable
from colorization.training.compiled import compiled
from colorization.training.distributed import Processes, require_a_share_for_each
from colorization.training.moving_average import Average, copy_of
from colorization.training.norms import settle
from colorization.training.resume import ResumeState, place, random_state, set_random_state
from colorization.training.schedule import learning_rate
from colorization.training.terms import NotFiniteError, Terms, require_finite, validate

CHECK_EVERY = 16  # steps between two checks for non-finite losses; each check waits for the device


@dataclass
class Fitted:
    """The outcome: one row per epoch, and the weights of the epoch with the lowest validation loss."""

    history: list[dict[str, float]]
    weights: dict[str, Tensor]
    epoch: int


class Trainer:
    """Trains a model on packed photographs for params.epochs epochs.

    Every epoch is seeded by (seed, epoch), and a state within one holds the generators of random numbers, so a resumed
    training gives the same result as an uninterrupted one.
    resume: saves the state after the last epoch, and after every other epoch or check at which it is due. on_epoch: is
        called with the history after every epoch. Only the first process does both.
    Raises InputError if a batch has fewer photographs than there are processes.
    """

    def __init__(
        self,
        model: Trainable,
        train: Photos,
        val: Photos,
        params: Fit,
        *,
        seed: int,
        processes: Processes,
        resume: ResumeState,
        on_epoch: Callable[[list[dict]], None],
    ):
        require_a_share_for_each(len(train), params.batch_size, processes.size)
        self.train, self.val, self.params, self.seed = train, val, params, seed
        self.processes, self.fabric, self.resume, self.on_epoch = processes, processes.fabric, resume, on_epoch
        self.model = processes.join(model.to(self.fabric.device, memory_format=torch.channels_last))
        own = self.model.configure_optimizers(lr=params.lr, beta1=params.beta1)
        self.state = self.fabric.broadcast(resume.load() if self.fabric.is_global_zero else None)
        if not self.state:
            self.model.prepare(train.packed)
        self.average = Average(self.model, self.model.averaging)
        if self.state:
            self._restore(own)
        else:
            self.state = {"epoch": 0, "step": 0, "history": [], "best": math.inf, "best_epoch": 0, "weights": {}}
        for optimizer in own:
            optimizer.register_step_post_hook(_forget_half_copies)
        self.optimizers = [self.fabric.setup_optimizers(optimizer) for optimizer in own]

    def fit(self) -> Fitted:
        """Train the remaining epochs. Raises InputError that names epoch and step if a loss is not finite."""
        with compiled(self.model, self.processes.size):
            for epoch in range(self.state["epoch"], self.params.epochs):
                torch.manual_seed(self.seed * 1_000_003 + epoch)
                try:
                    row = self._epoch(epoch)
                except NotFiniteError as error:
                    raise InputError(f"{error}; {self.resume.kept()}") from None
                self._record(epoch, row)
        return Fitted(self.state["history"], self.state["weights"], self.state["best_epoch"])

    def _epoch(self, epoch: int) -> dict[str, float]:
        """One row of the history: last learning rate, the first step's loss terms, and their means over both splits."""
        trained = self._train_epoch(epoch)
        row = {"epoch": epoch + 1, "lr": self.optimizers[0].param_groups[0]["lr"]}
        row |= {f"first_{name}": value for name, value in zip(trained.names, trained.rows[0].tolist())}
        row |= {f"train_{name}": value for name, value in trained.means().items()}
        with self.average.used(self.model):
            if not self.average.weights:  # whose statistics are means over many steps already
                settle(self.model, self.train, self.params.batch_size, self.processes)
            validated = validate(self.model, self.val, self.params.batch_size, self.processes)
        row |= {f"val_{name}": value for name, value in validated.items()}
        require_finite(list(row), list(row.values()), epoch, None)
        return row

    def _train_epoch(self, epoch: int) -> Terms:
        """The loss terms of an epoch's steps, with those before a stop within it."""
        self.model.train()
        first, steps = self.state["step"], batch_count(len(self.train), self.params.batch_size)
        total, checked = Terms(self.processes, steps), first
        batches = self.train.batches(self.params.batch_size, augment=True, share=self.processes.share, first=first)
        if first:
            total.load_state_dict(self.state.pop("terms"))
            set_random_state(self.state.pop("random"), self.fabric.device)
        with self._progress_bar(epoch, sum(total.counts)) as bar:
            for step, (count, batch) in enumerate(batches, first):
                self.processes.count = count
                total.add(self._step(batch, (epoch + step / steps) / self.params.epochs))
                bar.update(count)
                if step % CHECK_EVERY == 0 or step == steps - 1:
                    for done in range(checked, step + 1):
                        require_finite(total.names, total.rows[done].tolist(), epoch, done)
                    checked = step + 1
                    bar.set_postfix({name: f"{value:.4g}" for name, value in zip(total.names, total.rows[-1].tolist())})
                    if step < steps - 1:
                        self._save_within(step + 1, total)
        return total

    def _step(self, batch: tuple[Tensor, ...], progress: float) -> dict[str, Tensor]:
        """Update the model once. progress: completed fraction of the training. Returns the terms of the loss."""
        self.model.progress = progress
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(self.params, progress) * group.get("lr_factor", 1.0)
        with self.fabric.autocast():
            terms = self.model.training_step(
                batch, self.optimizers, lambda loss: self.processes.backward(loss, self.model)
            )
        self.average.update(self.model)
        return terms

    def _progress_bar(self, epoch: int, done: int) -> tqdm:
        hidden = None if self.processes.rank == 0 else True  # None: hidden unless stderr is a terminal
        title = f"epoch {epoch + 1}/{self.params.epochs}"
        return tqdm(total=len(self.train), initial=done, desc=title, unit="img", leave=False, disable=hidden)

    def _save_within(self, step: int, total: Terms) -> None:
        """Save the state after so many steps of an epoch, if that is due."""
        if self.fabric.is_global_zero and self.resume.due(within=True):
            so_far = {"step": step, "terms": total.state_dict(), "random": random_state(self.fabric.device)}
            self.resume.save(self.state | self._current() | so_far)

    def _record(self, epoch: int, row: dict[str, float]) -> None:
        """Add an epoch to the state, with the weights if they are the best so far, and save it if that is due."""
        self.state |= {"epoch": epoch + 1, "step": 0, "history": [*self.state["history"], row]}
        loss = row[f"val_{self.model.selects_by}"]
        if loss < self.state["best"]:
            with self.average.used(self.model):
                best = {name: value.cpu() for name, value in copy_of(self.model.state_dict()).items()}
            self.state |= {"best": loss, "best_epoch": epoch + 1, "weights": best}
        if self.fabric.is_global_zero:
            if self.resume.due() or epoch + 1 == self.params.epochs:
                self.resume.save(self.state | self._current())
            self.on_epoch(self.state["history"])

    def _current(self) -> dict:
        """The part of a saved state that changes with every step."""
        optimizers = [optimizer.state_dict() for optimizer in self.optimizers]
        return {"model": self.model.state_dict(), "average": self.average.state_dict(), "optimizers": optimizers}

    def _restore(self, optimizers: list[torch.optim.Optimizer]) -> None:
        self.model.load_state_dict(self.state.pop("model"))
        self.average.load_state_dict(self.state.pop("average"))
        for optimizer, its_state in zip(optimizers, self.state.pop("optimizers")):
            optimizer.load_state_dict(its_state)
        self.fabric.print(f"resumed after {place(self.state['epoch'], self.state['step'])} of {self.params.epochs}")


def _forget_half_copies(*_) -> None:
    """Autocast keeps the half-precision copies of the weights until its block ends; an optimizer's step outdates them.

    A model with several optimizers computes with its new weights within the same block.
    """
    torch.clear_autocast_cache()
