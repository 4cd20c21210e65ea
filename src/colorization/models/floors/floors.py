"""Floors: models that ignore the photograph. They go through the same evaluation as the trained models."""

import numpy as np
import torch
from torch import Tensor

from colorization.models.common.contract import Colorizer


class Gray(Colorizer):
    """No colour: ab = 0."""

    def __init__(self):
        super().__init__(predicts="ab")

    def forward(self, L):
        return L.new_zeros(len(L), 2, *L.shape[-2:])


class Mean(Colorizer):
    """The mean colour of the training photographs, at every pixel: ab (2,), normalised."""

    def __init__(self, ab: Tensor):
        super().__init__(predicts="ab")
        self.register_buffer("ab", torch.as_tensor(ab, dtype=torch.float32))

    def forward(self, L):
        return self.ab.view(1, 2, 1, 1).expand(len(L), 2, *L.shape[-2:])


def fit(name: str, train: np.ndarray) -> Colorizer:
    """The floor "gray" or "mean", from the packed training photographs (N,3,S,S)."""
    return Gray() if name == "gray" else Mean(torch.from_numpy(train[:, 1:].mean(axis=(0, 2, 3), dtype=np.float64)))
