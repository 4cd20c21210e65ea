"""Base classes: `Trainable` for training, `Colorizer` for evaluation and the command line."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorization.color import AB_SCALE, lab_to_rgb, rgb_to_lab

CHANNELS = {"ab": 2, "rgb": 3}


class Trainable(nn.Module):
    """A model that `Trainer.fit` can train. Subclasses define `loss`; the default uses one optimizer.

    A batch is a tuple of L (B,1,H,W) and ab (B,2,H,W), normalised by `color.normalise`, and optional labels.
    """

    selects_by = "loss"  # the validation term that is lowest in the best epoch
    progress = 1.0  # the completed fraction of the training, in [0, 1]; set before each step
    averaging = 0.0  # decay of the weights' moving average, which is validated and saved; 0: plain weights

    def prepare(self, packed: np.ndarray | Tensor) -> None:
        """Prepare from all training photographs (N,3,S,S) before the first epoch; most models do nothing."""

    def loss(self, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Named scalar terms of the loss of a batch; training minimises "loss"."""
        raise TypeError(f"{type(self).__name__} does not define loss")

    def validation(self, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Named measures of a batch of validation photographs: the loss, and a subclass's own."""
        return self.loss(batch)

    def used(self, batch: tuple[Tensor, ...]) -> Tensor:
        """What the model gives for a batch in use."""
        return self(batch[0])

    def passes(self) -> list[Callable]:
        """The methods in which the time of `loss` and `forward` goes: the same computation for every tensor of a shape.

        A training may compile them; see docs/scale.md.
        """
        return [self.forward]

    def configure_optimizers(self, *, lr: float, beta1: float) -> list[torch.optim.Optimizer]:
        """The optimizers, in the order that `training_step` expects."""
        return [torch.optim.Adam(self.parameters(), lr=lr, betas=(beta1, 0.999), fused=True)]

    def training_step(self, batch, optimizers, backward) -> dict[str, Tensor]:
        """One update from a batch; `backward(loss)` stands for loss.backward(). Returns the terms of the loss."""
        (optimizer,) = optimizers
        terms = self.loss(batch)
        optimizer.zero_grad(set_to_none=True)
        backward(terms["loss"])
        optimizer.step()
        return terms


class Colorizer(Trainable):
    """A model that predicts colour from luminance. Subclasses define `forward`, `loss` and `blocks`.

    predicts: "ab", joined to the input's luminance, or "rgb" in [-1, 1], whose luminance is dropped.
    """

    stride = 1  # H and W of the input of `forward` must be multiples of this
    draws = False  # whether `colorize` draws random numbers, which ONNX cannot express
    takes_hints = False  # whether `colorize` takes a map of hints (see `common.hints`) as a second argument

    def __init__(self, *, predicts: str):
        super().__init__()
        self.predicts = predicts

    def forward(self, L: Tensor) -> Tensor:
        """L (B,1,H,W) → prediction (B,2,H,W) ab or (B,3,H,W) rgb, depending on `predicts`."""
        raise TypeError(f"{type(self).__name__} does not define forward")

    def blocks(self) -> list[tuple[str, nn.Module]]:
        """The blocks in data order, for the architecture's figure; together they hold every parameter."""
        raise TypeError(f"{type(self).__name__} does not define blocks")

    def skips(self) -> list[tuple[int, int]]:
        """Pairs of indices into `blocks`: the first's output also enters the second."""
        return []

    def validation(self, batch):
        """The loss and `ab_mse`: mean squared error in ab units, comparable between models."""
        L, ab = batch
        return {**self.loss(batch), "ab_mse": (self.colorize(L) - ab).mul(AB_SCALE).square().mean()}

    def target(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """The target of `forward` for a batch: normalised ab, or rgb in [-1, 1]."""
        L, ab = batch
        return ab if self.predicts == "ab" else lab_to_rgb(L, ab) * 2 - 1

    def to_ab(self, prediction: Tensor) -> Tensor:
        """A prediction → normalised ab (B,2,H,W)."""
        return prediction if self.predicts == "ab" else rgb_to_lab(((prediction + 1) / 2).clamp(0, 1))[1]

    @torch.no_grad()
    def colorize(self, L: Tensor) -> Tensor:
        """L (B,1,H,W) of any size → ab (B,2,H,W), both normalised. Repeats the edges up to a multiple of the stride."""
        return self.to_ab(self._at_stride(self, L))

    def _at_stride(self, network, L: Tensor) -> Tensor:
        height, width = L.shape[-2:]
        padding = (0, -width % self.stride, 0, -height % self.stride)
        return network(F.pad(L, padding, mode="replicate"))[..., :height, :width]
