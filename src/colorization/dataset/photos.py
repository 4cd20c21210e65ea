"""Packed photographs: load them, and take them in batches, from the device where they fit, from the file where not."""

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from colorization.core.errors import InputError

RESIDENT = "COLORIZATION_RESIDENT_BYTES"  # an environment variable


@dataclass(frozen=True)
class Photos:
    """Packed photographs (N,3,S,S) and, if a network learns from them, labels (N,), for batches on a device.

    packed: a tensor on the device, or an array in the host's memory or in a file, of which only batches get there.
    """

    packed: Tensor | np.ndarray
    device: torch.device
    labels: tuple[Tensor, ...] = ()

    @classmethod
    def near(cls, packed: np.ndarray, device: torch.device, labels: tuple[Tensor, ...] = ()) -> "Photos":
        """Photographs on the device if they leave room there (see `room`), else where they are."""
        resident = packed.nbytes <= room(device)
        return cls(torch.from_numpy(np.array(packed)).to(device) if resident else packed, device, labels)

    def __len__(self) -> int:
        return len(self.packed)

    def batches(
        self, batch_size: int, *, augment: bool, share: Callable[[Tensor], Tensor] = lambda whole: whole
    ) -> Iterator[tuple[int, tuple[Tensor, ...]]]:
        """Every photograph once, in nearly equal batches of at most `batch_size`: their sizes, and `take`'s tensors.

        augment: in random order, each mirrored with probability ½. share: the part of a batch that this process takes;
        the size is that of the whole batch. One batch is read ahead.
        """
        parts = split(len(self), batch_size, shuffle=augment)
        with ThreadPoolExecutor(1) as reader:
            reading = reader.submit(self.read, share(parts[0]))
            for index, following in zip(parts, [*parts[1:], None]):
                rows = reading.result()
                if following is not None:
                    reading = reader.submit(self.read, share(following))
                mirrored = share(torch.rand(len(index), device=self.device).lt(0.5)) if augment else None
                yield len(index), self.take(share(index), rows, mirrored)

    def read(self, index: Tensor) -> Tensor:
        """Packed rows (B,3,S,S) float16 by index (B,), where they are."""
        if isinstance(self.packed, Tensor):
            return self.packed[index.to(self.device)]
        return torch.from_numpy(self.packed[index.numpy()])

    def take(self, index: Tensor, rows: Tensor, mirrored: Tensor | None) -> tuple[Tensor, ...]:
        """Rows that were read → L (B,1,S,S) and ab (B,2,S,S), float32, those `mirrored` (B,) mirrored; and labels."""
        if self.device.type == "cuda" and not rows.is_cuda:
            rows = rows.pin_memory()  # not by the thread that reads: it would take memory of the first GPU
        lab = rows.to(self.device, non_blocking=True).float()
        if mirrored is not None:
            lab = torch.where(mirrored.view(-1, 1, 1, 1), lab.flip(-1), lab)
        lab = lab.contiguous(memory_format=torch.channels_last)
        return lab[:, :1], lab[:, 1:], *(label[index.to(label.device)] for label in self.labels)


def labelled(path: Path, categories: pd.Series, known: list[str], device: torch.device) -> Photos:
    """The photographs of a packed split that belong to a known category, labelled with its number in `known`.

    categories: of all photographs of the split, (N,).
    """
    codes = torch.tensor([known.index(category) if category in known else -1 for category in categories])
    kept, packed = codes >= 0, load(path)
    return Photos.near(packed if kept.all() else packed[kept.numpy()], device, (codes[kept].to(device),))


def split(count: int, batch_size: int, *, shuffle: bool) -> tuple[Tensor, ...]:
    """Indices (B,) of nearly equal batches of at most `batch_size`, each of `count` photographs once."""
    order = torch.randperm(count) if shuffle else torch.arange(count)
    return order.tensor_split(math.ceil(count / batch_size))


def room(device: torch.device) -> float:
    """Bytes of photographs that a device may hold: the variable RESIDENT, or half of a GPU's free memory.

    0 for the CPU, whose memory the file's pages are in anyway. Raises InputError where RESIDENT is no number.
    """
    if wanted := os.environ.get(RESIDENT):
        try:
            found = float(wanted)
        except ValueError:
            found = math.nan
        if not found >= 0:
            raise InputError(f"{RESIDENT}: must be a number of bytes from 0, like 60e9, not {wanted[:80]!r}")
        return found
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] / 2
    return 0 if device.type == "cpu" else math.inf


def load(path: Path) -> np.ndarray:
    """A packed split (N,3,S,S) float16 as a read-only memory map: never written through, it may be a link into a cache.

    Raises InputError when the file is no such array.
    """
    try:
        with open(path, "rb") as file:
            np.lib.format.read_magic(file)
            shape, by_column, kind = np.lib.format.read_array_header_1_0(file)
            start, size = file.tell(), os.fstat(file.fileno()).st_size
    except Exception as error:  # NumPy lets through whatever a damaged header makes it do
        raise InputError(f"{path}: not a packed array ({error}); run: dvc repro preprocess") from None
    fits = len(shape) == 4 and shape[1] == 3 and min(shape) > 0 and kind == np.float16 and not by_column
    if not fits or size != start + math.prod(shape) * kind.itemsize:  # before it is mapped: a width of 0 kills NumPy
        raise InputError(
            f"{path}: expected (N,3,S,S) float16, found {shape} {kind} in {size} bytes; run: dvc repro preprocess"
        )
    return np.memmap(path, np.float16, "r", offset=start, shape=shape)
