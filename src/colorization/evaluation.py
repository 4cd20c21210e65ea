"""Score a colorizer on packed photographs: one row of measures per photograph, on the device."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from colorization import metrics
from colorization.color import lab_to_rgb
from colorization.models.base import Colorizer

BATCH = 64  # photographs at once; the scores do not depend on it


def score(model: Colorizer, photos: np.ndarray, device: str | torch.device) -> pd.DataFrame:
    """Columns mse, psnr, ssim, delta_e, colorfulness, colorfulness_original of packed photographs (N,3,S,S), N rows."""
    parts = []
    for result, original in colorized(model, photos, device):
        error = metrics.mse(result, original)
        columns = {
            "mse": error,
            "psnr": metrics.psnr(error),
            "ssim": metrics.ssim(result, original),
            "delta_e": metrics.delta_e(result, original),
            "colorfulness": metrics.colorfulness(result),
            "colorfulness_original": metrics.colorfulness(original),
        }
        parts.append(pd.DataFrame({name: values.double().cpu().numpy() for name, values in columns.items()}))
    return pd.concat(parts, ignore_index=True)


@torch.no_grad()
def colorized(model: Colorizer, photos: np.ndarray, device) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of (result, original), sRGB (B,3,S,S) in [0, 1], of packed photographs (N,3,S,S)."""
    model.eval().to(device)
    for start in range(0, len(photos), BATCH):
        lab = torch.from_numpy(np.array(photos[start : start + BATCH])).to(device).float()
        L, ab = lab[:, :1], lab[:, 1:]
        yield lab_to_rgb(L, model.colorize(L)), original_rgb(L, ab)


def original_rgb(L: Tensor, ab: Tensor) -> Tensor:
    """The photograph itself, sRGB (B,3,S,S): rounding to 8 bits undoes the packed array's, but for 0.2 % of one level."""
    return (lab_to_rgb(L, ab) * 255).round() / 255


def spread(categories: pd.Series, count: int) -> list[int]:
    """Rows of `count` photographs (fewer where there are fewer), one of each category in turn, in the order given."""
    turn = categories.groupby(categories).cumcount()
    return sorted(categories.index, key=lambda row: (turn[row], categories[row]))[:count]


def examples(model: Colorizer, photos: np.ndarray, rows: list[int], device) -> bytes:
    """An npz of the photographs at `rows`: gray, result and original, each (n,S,S,3) uint8, and rows (n,)."""
    chosen = np.stack([photos[row] for row in rows])
    L = torch.from_numpy(chosen[:, :1]).float()
    gray = lab_to_rgb(L, L.new_zeros(len(L), 2, *L.shape[-2:]))
    result, original = (torch.cat(parts).cpu() for parts in zip(*colorized(model, chosen, device)))
    pictures = {"gray": gray, "result": result, "original": original}
    buffer = BytesIO()
    np.savez(buffer, rows=np.array(rows), **{name: to_uint8(rgb) for name, rgb in pictures.items()})
    return buffer.getvalue()


def to_uint8(rgb: Tensor) -> np.ndarray:
    """sRGB (B,3,H,W) in [0, 1] → (B,H,W,3) uint8."""
    return (rgb * 255).round().byte().permute(0, 2, 3, 1).numpy()
