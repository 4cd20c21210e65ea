"""Photographs a second through the measures, against a loop of scikit-image's, and how far their values part."""

from io import BytesIO

import numpy as np
import torch
from PIL import Image

from benchmarks import measure, photographs, reference
from colorization import metrics
from colorization.color import unscaled_lab
from colorization.evaluation import batches

COUNT = 300


def main(repeats: int) -> dict[str, list[measure.Row]]:
    rows = []
    for side in (64, 128):
        originals = pixels(side)
        results = (originals + np.random.default_rng(1).normal(0, 0.05, originals.shape)).clip(0, 1).astype(np.float32)
        found = {}
        sides = {
            "ours": lambda: found.update(ours=ours(results, originals)),
            "plain": lambda: found.update(plain=reference.evaluate(results, originals)),
        }
        times = {key: measure.rates(COUNT, values) for key, values in measure.in_turn(sides, repeats, False).items()}
        apart = max(float(np.abs(found["ours"][name] / values - 1).max()) for name, values in found["plain"].items())
        note = f"MSE, PSNR, SSIM, ΔE, ab; values within {apart:.0e} of each other"
        rows.append(
            measure.Row(
                f"{side} px", "photographs/s", times["ours"], times["plain"], "a loop of scikit-image", note=note
            )
        )
    return {"Evaluation": rows}


def pixels(side: int) -> np.ndarray:
    """Photographs (N,S,S,3) float32 in [0, 1]."""
    images = (Image.open(BytesIO(content)).resize((side, side)) for _, content in photographs.jpegs(COUNT))
    return np.stack([np.asarray(image, np.float32) / 255 for image in images])


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
