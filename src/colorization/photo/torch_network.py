"""A network run by torch: for trained models that were not exported, and for the samples of a VAE."""

import threading
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorization.core.errors import InputError
from colorization.dataset.devices import find_device
from colorization.models.common.contract import Colorizer
from colorization.models.common.weights import load_model
from colorization.photo.network import NO_FEATURES

SEED = 1  # of the VAE's samples: a photograph always gets the same samples


class TorchNetwork:
    """A Colorizer as a `network.Network`.

    device: "auto" (a GPU if there is one), "cpu", "cuda", "cuda:1" or "mps".
    """

    def __init__(self, model: Colorizer, *, device: str = "auto"):
        self._device = find_device(device)
        self._model = model.eval().to(self._device, memory_format=torch.channels_last)  # twice as fast on a CPU
        self.takes_hints, self.takes_references = model.takes_hints, False
        self._random = threading.Lock()

    @classmethod
    def of(cls, path: Path, *, device: str, threads: int | None) -> "TorchNetwork":
        """The network of a file of `save_model`. threads: of torch, in this whole process; None: torch's choice."""
        if threads:
            torch.set_num_threads(threads)
        return cls(load_model(path, Colorizer), device=device)

    def colorize(self, L, known):
        with torch.inference_mode():
            given = [] if known is None else [self._tensor(known)]
            return self._model.colorize(self._tensor(L[None]), *given)[0].cpu().numpy()

    def described(self, L):
        raise InputError(NO_FEATURES)

    def samples(self, L, count):
        if not hasattr(self._model, "sample"):
            raise InputError("--samples: this model gives one result only; use the VAE")
        with torch.inference_mode(), self._random:  # all threads share torch's generator
            torch.manual_seed(SEED)
            return [draw[0].cpu().numpy() for draw in self._model.sample(self._tensor(L[None]), count)]

    def _tensor(self, planes: NDArray[np.float32]) -> Tensor:
        """(C,h,w) → (1,C,h,w) on the device."""
        return torch.from_numpy(np.ascontiguousarray(planes)).to(self._device)[None]
