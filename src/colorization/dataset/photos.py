"""Load packed photographs and read them in batches: from device memory if they fit, otherwise from the file."""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from colorization.core.environment import number
from colorization.core.errors import InputError
from colorization.dataset.index import shown

RESIDENT = "COLORIZATION_RESIDENT_BYTES"  # an environment variable


@dataclass(frozen=True)
class Photos:
    """Packed photographs (N,3,S,S), and labels (N,) if a model learns them, for batches on a device.

    packed: a tensor on the device, or an array in host memory or in a file; then each batch is copied to the device.
    rows: those of a pass (M,), which may come several times; None: each once.
    """

    packed: Tensor | np.ndarray
    device: torch.device
    labels: tuple[Tensor, ...] = ()
    rows: Tensor | None = None

    @classmethod
    def near(
        cls, packed: np.ndarray, device: torch.device, labels: tuple[Tensor, ...] = (), rows: np.ndarray | None = None
    ) -> "Photos":
        """Photographs, copied to the device if they fit (see `room`)."""
        resident = packed.nbytes <= room(device)
        some = None if rows is None else torch.from_numpy(rows)
        return cls(torch.from_numpy(np.array(packed)).to(device) if resident else packed, device, labels, some)

    def __len__(self) -> int:
        return len(self.packed) if self.rows is None else len(self.rows)

    def batches(
        self, batch_size: int, *, augment: bool, share: Callable[[Tensor], Tensor] = lambda whole: whole, first: int = 0
    ) -> Iterator[tuple[int, tuple[Tensor, ...]]]:
        """The photographs of a pass, in nearly equal batches of at most `batch_size`: (batch size, tensors of `take`).

        augment: in random order, which is drawn at once, each mirrored with probability ½, which is drawn batch by
        batch. share: selects this process's part of a batch; the size is that of the whole batch. first: the number of
        batches to leave out at the start. One batch is read ahead.
        """
        parts = split(len(self), batch_size, shuffle=augment)[first:]
        return self._batches(parts if self.rows is None else [self.rows[part] for part in parts], augment, share)

    def _batches(self, parts: Sequence[Tensor], augment: bool, share: Callable[[Tensor], Tensor]):
        with ThreadPoolExecutor(1) as reader:
            reading = reader.submit(self.read, share(parts[0]))
            for index, following in zip(parts, [*parts[1:], None]):
                rows = reading.result()
                if following is not None:
                    reading = reader.submit(self.read, share(following))
                mirrored = share(torch.rand(len(index), device=self.device).lt(0.5)) if augment else None
                yield len(index), self.take(share(index), rows, mirrored)

    def read(self, index: Tensor) -> Tensor:
        """Packed rows (B,3,S,S) float16 by index (B,), still on the device or host that holds them."""
        if isinstance(self.packed, Tensor):
            return self.packed[index.to(self.device)]
        return torch.from_numpy(self.packed[index.numpy()])

    def take(self, index: Tensor, rows: Tensor, mirrored: Tensor | None) -> tuple[Tensor, ...]:
        """Rows from `read` → L (B,1,S,S) and ab (B,2,S,S), float32, mirrored where `mirrored` (B,); and labels."""
        if self.device.type == "cuda" and not rows.is_cuda:
            rows = rows.pin_memory()  # not in the reading thread: that would use memory of the first GPU
        lab = rows.to(self.device, non_blocking=True).float()
        if mirrored is not None:
            lab = torch.where(mirrored.view(-1, 1, 1, 1), lab.flip(-1), lab)
        lab = lab.contiguous(memory_format=torch.channels_last)
        return lab[:, :1], lab[:, 1:], *(label[index.to(label.device)] for label in self.labels)


def for_training(
    train: Path, val: Path, index: Path, copies: Mapping[str, int], device: torch.device
) -> tuple[Photos, Photos]:
    """The photographs that a model trains on, those of a source in `copies` several times, and its judges."""
    return Photos.near(load(train), device, rows=shown(index, copies)), Photos.near(load(val), device)


def labelled(path: Path, categories: pd.Series, known: list[str], device: torch.device) -> Photos:
    """The photographs of a packed split whose category is in `known`, labelled with its position there.

    No photograph is copied: the array may be larger than memory.

    categories: one for each photograph of the split, (N,).
    """
    codes = torch.tensor([known.index(category) if category in known else -1 for category in categories])
    kept = codes >= 0
    return Photos.near(load(path), device, (codes.to(device),), None if kept.all() else kept.numpy().nonzero()[0])


def batch_count(count: int, batch_size: int) -> int:
    """The number of batches of at most `batch_size` in a pass over `count` photographs."""
    return math.ceil(count / batch_size)


def split(count: int, batch_size: int, *, shuffle: bool) -> tuple[Tensor, ...]:
    """Indices (B,) of nearly equal batches of at most `batch_size`; each of `count` photographs appears once."""
    order = torch.randperm(count) if shuffle else torch.arange(count)
    return order.tensor_split(batch_count(count, batch_size))


def room(device: torch.device) -> float:
    """Bytes of photographs that a device may hold: the variable RESIDENT, or half of a GPU's free memory.

    0 for the CPU, because the system already caches the file in memory. Raises InputError for an invalid RESIDENT.
    """
    if (wanted := number(RESIDENT, "bytes", "60e9")) is not None:
        return wanted
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] / 2
    return 0 if device.type == "cpu" else math.inf


def load(path: Path) -> np.ndarray:
    """A packed split (N,3,S,S) float16 as a memory map, read-only because the file may link into DVC's cache.

    Raises InputError if the file is not such an array.
    """
    try:
        with open(path, "rb") as file:
            np.lib.format.read_magic(file)
            shape, by_column, kind = np.lib.format.read_array_header_1_0(file)
            start, size = file.tell(), os.fstat(file.fileno()).st_size
    except Exception as error:  # a damaged header can raise any kind of error in NumPy
        raise InputError(f"{path}: not a packed array ({error}); run: dvc repro preprocess") from None
    fits = len(shape) == 4 and shape[1] == 3 and min(shape) > 0 and kind == np.float16 and not by_column
    if not fits or size != start + math.prod(shape) * kind.itemsize:  # before mapping: a width of 0 crashes NumPy
        raise InputError(
            f"{path}: expected (N,3,S,S) float16, found {shape} {kind} in {size} bytes; run: dvc repro preprocess"
        )
    return np.memmap(path, np.float16, "r", offset=start, shape=shape)
