"""The random numbers of a model's variations."""

import torch

from colorization.models.common.blocks import Noise
from colorization.models.common.variations import Draw, uniform


def draws(count: int, seed: int = 0) -> Draw:
    """`draw` for so many photographs, from a seed."""
    torch.manual_seed(seed)
    return uniform(Noise(), torch.empty(count, 1))
