"""The other side: common code in plain PyTorch, Pillow and scikit-image."""

from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity
from torch.utils.data import DataLoader, Dataset


class Photographs(Dataset):
    """Decodes, crops, converts and flips each item on access."""

    def __init__(self, folder: Path, side: int, count: int):
        self.paths, self.side = list(islice(cycle(sorted(folder.rglob("*.jpg"))), count)), side

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        lab = packed_lab(self.paths[i], self.side)
        if torch.rand(()) < 0.5:
            lab = lab[:, ::-1]
        lab = torch.from_numpy(np.ascontiguousarray(lab.transpose(2, 0, 1), np.float32))
        return lab[:1], lab[1:]


def packed_lab(path: Path, side: int) -> np.ndarray:
    """The central square of a photograph, resized to `side`, as normalised Lab (S,S,3)."""
    image = Image.open(path).convert("RGB")
    shorter = min(image.size)
    left, top = (image.width - shorter) // 2, (image.height - shorter) // 2
    image = image.crop((left, top, left + shorter, top + shorter)).resize((side, side), Image.Resampling.BICUBIC)
    return rgb2lab(np.asarray(image)) / (50, 110, 110) - (1, 0, 0)


def loader(folder: Path, side: int, count: int, batch_size: int, workers: int) -> DataLoader:
    return DataLoader(
        Photographs(folder, side, count), batch_size, shuffle=True, num_workers=workers, persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
    )  # fmt: skip


def train_epoch(model, optimizers, batches: DataLoader, device: torch.device) -> float:
    """Train one epoch in a plain loop (float32, NCHW, eager); returns the mean loss."""
    model.train()
    total = 0.0
    for L, ab in batches:
        batch = L.to(device), ab.to(device)
        terms = model.training_step(batch, optimizers, lambda loss: loss.backward())
        total += terms["loss"].item() * len(L)
    return total / len(batches.dataset)


def preprocess(folder: Path, side: int, out: Path) -> None:
    """Convert the files in a loop and save one array."""
    paths = sorted(folder.rglob("*.jpg"))
    np.save(out, np.stack([packed_lab(path, side).transpose(2, 0, 1).astype(np.float16) for path in paths]))


def evaluate(results: np.ndarray, originals: np.ndarray) -> dict[str, np.ndarray]:
    """scikit-image's measures of sRGB (N,S,S,3) in [0, 1]: one value per photograph."""
    columns = {"mse": [], "psnr": [], "ssim": [], "delta_e": [], "ab_mse": []}
    for result, original in zip(results, originals):
        columns["mse"].append(mean_squared_error(original, result))
        columns["psnr"].append(peak_signal_noise_ratio(original, result, data_range=1))
        ssim = structural_similarity(
            original,
            result,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1,
            channel_axis=2,
        )
        columns["ssim"].append(ssim)
        lab, original_lab = rgb2lab(result), rgb2lab(original)
        columns["delta_e"].append(deltaE_ciede2000(original_lab, lab).mean())
        columns["ab_mse"].append(((lab - original_lab)[..., 1:] ** 2).mean())
    return {name: np.array(values) for name, values in columns.items()}
