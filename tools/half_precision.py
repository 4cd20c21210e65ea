"""A model's weights in half precision, and the change in its results."""

import numpy as np
import torch
from torch import Tensor

from colorization.color import AB_SCALE
from colorization.evaluation.scoring import batches
from colorization.models.common.contract import Colorizer


def halved(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors as float16; integers and tensors with a value too large for float16 stay as they are."""
    return {key: _half(value) if value.is_floating_point() else value for key, value in weights.items()}


def _half(value: Tensor) -> Tensor:
    half = value.half()
    return half if half.isfinite().all() else value


@torch.no_grad()
def largest_change(first: Colorizer, second: Colorizer, photos: np.ndarray, device) -> float:
    """The largest difference of a or b between two models, in ab units, over the packed photographs (N,3,S,S)."""
    found = 0.0
    for part in batches(photos):
        L = torch.from_numpy(photos[part, :1].copy()).to(device).float()
        L = L.contiguous(memory_format=torch.channels_last)
        found = max(found, (first.colorize(L) - second.colorize(L)).abs().max().item())
    return found * AB_SCALE
