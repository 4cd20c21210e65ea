"""Photographs per second through the measures, against a loop of scikit-image's, and the difference of their values."""

from concurrent.futures import Executor
from functools import cache
from io import BytesIO

import numpy as np
import torch
from PIL import Image

from benchmarks import measure, photographs, reference
from colorization.color import unscaled_lab
from colorization.core.process import keep_memory
from colorization.evaluation import metrics
from colorization.evaluation.scoring import batches

COUNT = 300


def main(repeats: int) -> dict[str, list[measure.Row]]:
    keep_memory()
    with measure.other_program() as program:
        rows = [compared(side, COUNT, program, repeats) for side in (64, 128)]
    return {"Evaluation": rows}


def compared(side: int, count: int, program: Executor, repeats: int) -> measure.Row:
    found = {}
    sides = {
        "ours": lambda: found.update(ours=ours(*pairs(side, count))),
        "plain": lambda: found.update(plain=program.submit(plain, side, count).result()),
    }
    times = {key: measure.rates(count, values) for key, values in measure.in_turn(sides, repeats).items()}
    apart = max(float(np.abs(found["ours"][name] / values - 1).max()) for name, values in found["plain"].items())
    note = f"MSE, PSNR, SSIM, ΔE, ab; values within {apart:.0e} of each other"
    return measure.Row(
        f"{side} px", "photographs/s", times["ours"], times["plain"], "a loop of scikit-image", note=note
    )


@cache
def pairs(side: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Results and originals, each (N,S,S,3) float32 in [0, 1]; made once per process."""
    images = (Image.open(BytesIO(content)).resize((side, side)) for _, content in photographs.jpegs(count))
    originals = np.stack([np.asarray(image, np.float32) / 255 for image in images])
    results = originals + np.random.default_rng(1).normal(0, 0.05, originals.shape)
    return results.clip(0, 1).astype(np.float32), originals


def plain(side: int, count: int) -> dict[str, np.ndarray]:
    return reference.evaluate(*pairs(side, count))


def ours(results: np.ndarray, originals: np.ndarray) -> dict[str, np.ndarray]:
    parts = []
    for part in batches(results):
        result, original = (torch.from_numpy(x[part]).permute(0, 3, 1, 2).contiguous() for x in (results, originals))
        error, lab, original_lab = metrics.mse(result, original), unscaled_lab(result), unscaled_lab(original)
        columns = {
            "mse": error,
            "psnr": metrics.psnr(error),
            "ssim": metrics.ssim(result, original),
            "delta_e": metrics.delta_e(lab, original_lab),
            "ab_mse": metrics.ab_mse(lab, original_lab),
        }
        parts.append(columns)
    return {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}
