"""The contracts: what training may ask of any network, and what evaluation and the command line ask of a colorizer."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorization.color import AB_SCALE, lab_to_rgb, rgb_to_lab

CHANNELS = {"ab": 2, "rgb": 3}


class Trainable(nn.Module):
    """A network that `training.fit` can train. Subclasses give `loss`; this is the case of one optimizer.

    A batch is a tuple of L (B,1,H,W) and ab (B,2,H,W), normalised as by `color.normalise`, and labels if there are any.
    """

    selects_by = "loss"  # the validation term whose lowest value marks the best epoch
    progress = 1.0  # the part of the training that is done, in [0, 1]; set before each of its steps
    averaging = 0.0  # decay of the weights' moving average, which is validated and kept; 0: the weights themselves

    def prepare(self, packed: np.ndarray | Tensor) -> None:
        """What a network takes from all training photographs (N,3,S,S) before its first epoch; most take nothing."""

    def loss(self, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Named terms of the loss of a batch, scalars; "loss" is the one to minimise."""
        raise TypeError(f"{type(self).__name__} defines no loss")

    def validation(self, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """What is measured on a batch of validation photographs: the loss, and more where a subclass knows it."""
        return self.loss(batch)

    def configure_optimizers(self, *, lr: float, beta1: float) -> list[torch.optim.Optimizer]:
        """The optimizers, in the order in which `training_step` takes them."""
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
    """A network from luminance to colour. Subclasses give `forward`, `loss` and `blocks`.

    predicts: "ab", joined to the input's luminance, or "rgb" in [-1, 1], of which the luminance is dropped.
    """

    stride = 1  # H and W given to `forward` must be multiples of it

    def __init__(self, *, predicts: str):
        super().__init__()
        self.predicts = predicts

    def forward(self, L: Tensor) -> Tensor:
        """L (B,1,H,W) → prediction (B,2,H,W) ab or (B,3,H,W) rgb, by `predicts`."""
        raise TypeError(f"{type(self).__name__} defines no forward")

    def blocks(self) -> list[tuple[str, nn.Module]]:
        """The parts in the order of the data, for the architecture's figure: every parameter lies in one of them."""
        raise TypeError(f"{type(self).__name__} defines no blocks")

    def skips(self) -> list[tuple[int, int]]:
        """Pairs of indices into `blocks`: the first's output also enters the second."""
        return []

    def validation(self, batch):
        """The loss, and `ab_mse`: the mean squared error of the colours in ab units, one scale for every network."""
        L, ab = batch
        return {**self.loss(batch), "ab_mse": (self.colorize(L) - ab).mul(AB_SCALE).square().mean()}

    def target(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """What `forward` should predict for a batch, in the prediction's own space."""
        L, ab = batch
        return ab if self.predicts == "ab" else lab_to_rgb(L, ab) * 2 - 1

    def to_ab(self, prediction: Tensor) -> Tensor:
        """A prediction → normalised ab (B,2,H,W)."""
        return prediction if self.predicts == "ab" else rgb_to_lab(((prediction + 1) / 2).clamp(0, 1))[1]

    @torch.no_grad()
    def colorize(self, L: Tensor) -> Tensor:
        """L (B,1,H,W) of any size → ab (B,2,H,W), both normalised; edges are repeated up to the stride."""
        return self.to_ab(self._at_stride(self, L))

    def _at_stride(self, network, L: Tensor) -> Tensor:
        height, width = L.shape[-2:]
        padding = (0, -width % self.stride, 0, -height % self.stride)
        return network(F.pad(L, padding, mode="replicate"))[..., :height, :width]
