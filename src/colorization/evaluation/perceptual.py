"""LPIPS and FID through torchmetrics. Both are off by default, because they download weights trained by others."""

from collections.abc import Callable
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from colorization.core.errors import InputError, one_line
from colorization.dataset.devices import has_double

BATCH = 32  # photographs at once through Inception, which resizes them to 299×299


def lpips(device) -> Callable[[Tensor, Tensor], Tensor]:
    """Learned perceptual distance (Zhang et al. 2018, AlexNet) of sRGB pairs (B,3,H,W) in [0, 1] → (B,).

    Raises InputError if torchmetrics or the weights cannot be loaded.
    """
    with _told("evaluate.lpips"):
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

        measure = LearnedPerceptualImagePatchSimilarity("alex", reduction="none", normalize=True).to(device)
    return lambda result, original: measure(result.clamp(0, 1), original.clamp(0, 1)).reshape(-1)


def fid(results: np.ndarray, originals: np.ndarray, device) -> float:
    """Fréchet inception distance (Heusel et al. 2017) of photographs (N,S,S,3) uint8, N ≥ 2.

    In double precision; on the CPU if the device has none, as Apple's GPUs.
    Raises InputError for one photograph, and if the weights, torchmetrics or torch-fidelity cannot be loaded.
    """
    device = device if has_double(device) else torch.device("cpu")
    if len(results) < 2:
        raise InputError("evaluate.fid: FID needs at least two photographs; add photographs, or set it to false")
    with _told("evaluate.fid"):
        from torchmetrics.image.fid import FrechetInceptionDistance

        measure = FrechetInceptionDistance().set_dtype(torch.float64).to(device)
    for pictures, real in ((originals, True), (results, False)):
        for start in range(0, len(pictures), BATCH):
            batch = torch.from_numpy(pictures[start : start + BATCH]).permute(0, 3, 1, 2).to(device)
            measure.update(batch, real=real)
    return float(measure.compute())


@contextmanager
def _told(key: str):
    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(f"{key}: {one_line(error, 400)} Or set it to false") from None
    except (OSError, RuntimeError) as error:  # URLError is an OSError; a damaged weights file raises RuntimeError
        raise InputError(
            f"{key}: its weights cannot be loaded ({one_line(error)}); connect to the internet, or set it to false"
        ) from None
