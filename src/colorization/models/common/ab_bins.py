"""Weights for rare colours, from the colours of the training photographs.

After Zhang et al. 2016, section 2.2: ab is cut into bins of 10, their empirical distribution is smoothed with a
Gaussian of σ = 5, and a pixel's weight is the inverse of its colour's probability (equation 4 with λ = 0, as in their
section 3.1). On the Intel scenes 1 % of the photographs carry 40 % of the weight, so compare rebalanced scores within
one study only.
"""

import math

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from colorization.color import AB_SCALE

BIN, SIGMA = 10.0, 5.0  # ab units
SIDE = 2 * int(AB_SCALE / BIN) + 1  # bins along each axis, centred at -110, -100, …, 110
ENOUGH = 16_000  # photographs to count; of more, every second, third, … is counted
MIN_PROBABILITY = 1e-5  # limits the weight of colours rarer than one pixel in 100,000


def colour_weights(train: np.ndarray) -> Tensor:
    """Packed training photographs (N,3,S,S) → weights of the bins (SIDE, SIDE), a first; mean 1 over the pixels."""
    share = shares(train)
    weights = 1 / np.maximum(smoothed(share), MIN_PROBABILITY)
    return torch.from_numpy(weights / (weights * share).sum()).float()


def shares(train: np.ndarray | Tensor) -> np.ndarray:
    """Packed photographs (N,3,S,S) → the share of their pixels in each bin (SIDE, SIDE), a first."""
    counts = torch.zeros(SIDE * SIDE, dtype=torch.int64)
    some = train[:: math.ceil(len(train) / ENOUGH)]
    for start in range(0, len(some), 1000):
        part = some[start : start + 1000, 1:]
        ab = torch.from_numpy(part.astype(np.float32)) if isinstance(part, np.ndarray) else part.float()
        counts += torch.bincount(bins(ab * AB_SCALE).flatten(), minlength=SIDE * SIDE).cpu()
    return (counts / counts.sum()).view(SIDE, SIDE).numpy()


def smoothed(share: np.ndarray) -> np.ndarray:
    """Shares of the bins (SIDE, SIDE), smoothed as Zhang et al. do; the part beyond the edge is lost."""
    return gaussian_filter(share, SIGMA / BIN, mode="constant")


def bins(ab: Tensor) -> Tensor:
    """ab (B,2,H,W) in CIE units → the index (B,H,W) of each pixel's bin in the flattened weights."""
    a, b = (ab / BIN).round().long().add(SIDE // 2).clamp(0, SIDE - 1).unbind(dim=1)
    return a * SIDE + b
