"""A network's weights in half the bytes, and what that changes."""

import numpy as np
import torch
from torch import Tensor

from colorization.color import AB_SCALE
from colorization.evaluation.scoring import batches
from colorization.models.common.contract import Colorizer


def halved(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors as float16; whole numbers stay, and a tensor with a value that float16 cannot hold."""
    return {key: _half(value) if value.is_floating_point() else value for key, value in weights.items()}


def _half(value: Tensor) -> Tensor:
    half = value.half()
    return half if half.isfinite().all() else value


@torch.no_grad()
def largest_change(first: Colorizer, second: Colorizer, photos: np.ndarray, device) -> float:
    """How far apart two networks' a or b get, in ab units, at any pixel of the packed photographs (N,3,S,S)."""
    found = 0.0
    for part in batches(photos):
        L = torch.from_numpy(photos[part, :1].copy()).to(device).float()
        L = L.contiguous(memory_format=torch.channels_last)
        found = max(found, (first.colorize(L) - second.colorize(L)).abs().max().item())
    return found * AB_SCALE
