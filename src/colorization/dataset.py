"""Packed photographs: load them, and take them in batches on the device that they lie on."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from colorization.errors import InputError

Photos = tuple[Tensor, ...]  # packed photographs (N,3,S,S) on a device, and labels (N,) if a network learns from them


def load(path: Path) -> np.ndarray:
    """A packed split (N,3,S,S) float16 as a read-only memory map: never written through, it may be a link into a cache.

    Raises InputError when the file is no such array.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(f"{path}: not a packed array ({error}); run: dvc repro preprocess") from None
    if array.ndim != 4 or array.shape[1] != 3 or array.dtype != np.float16 or not len(array):
        raise InputError(
            f"{path}: expected (N,3,S,S) float16, found {array.shape} {array.dtype}; run: dvc repro preprocess"
        )
    return array


def rows_of(index: Path, split: str) -> pd.DataFrame:
    """The index's rows of a split's photographs, in the order of its packed array."""
    table = pd.read_csv(index, keep_default_na=False)
    return table[(table.split == split) & (table.row >= 0)].sort_values("row", ignore_index=True)


def batches(count: int, batch_size: int, device: torch.device, *, shuffle: bool) -> Iterator[Tensor]:
    """Indices (B,) of nearly equal batches of at most `batch_size`, each of `count` photographs once."""
    order = torch.randperm(count) if shuffle else torch.arange(count)
    for batch in order.tensor_split(math.ceil(count / batch_size)):
        yield batch.to(device)


def gather(photos: Photos, index: Tensor, *, flip: bool) -> tuple[Tensor, ...]:
    """Photographs by index → L (B,1,S,S) and ab (B,2,S,S), float32, each mirrored with probability ½ if `flip`.

    Labels follow as they are.
    """
    packed, *labels = photos
    lab = packed[index].float()
    if flip:
        mirrored = torch.rand(len(lab), device=lab.device).lt(0.5).view(-1, 1, 1, 1)
        lab = torch.where(mirrored, lab.flip(-1), lab)
    lab = lab.contiguous(memory_format=torch.channels_last)
    return lab[:, :1], lab[:, 1:], *(label[index] for label in labels)
