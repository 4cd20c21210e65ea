"""What the faults of old photographs cost: python -m benchmarks.old_photographs [--count N] [--model NAME|FILE].

Takes test photographs of the last run (data/raw/photos.zip, data/lab/index.csv), makes them gray, gives them one fault
after the other, and colorizes them at full resolution as `colorize` does, with its preparation and without. The
predicted a and b, joined to the original's lightness, are compared with the original; of a bordered photograph only the
inside counts. Writes benchmarks/results/old_photographs.md.
"""

import argparse
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter

from colorization import load
from colorization.color import unscaled_lab
from colorization.core import paths
from colorization.core.files import write_bytes
from colorization.dataset.index import rows_of
from colorization.evaluation import intervals, metrics
from colorization.imaging.curve import gamma, linear
from colorization.imaging.srgb import to_rgb
from colorization.photo.colorizer import PhotoColorizer

OUT = Path("benchmarks/results/old_photographs.md")
BORDER = 0.05  # of the shorter side
RESAMPLES = 10_000
ABOUT = """\
{count} test photographs; vividness {vividness} (C: chroma). Cost: the ΔE above that of the clean photographs, with a
paired 95 % interval. a and b: mean cast against the originals."""
SEPIA = np.array([1.0, 0.86, 0.66])  # of the lightest tone


def faded(gray: np.ndarray) -> np.ndarray:
    return 60 + 0.5 * gray


def sepia(gray: np.ndarray) -> np.ndarray:
    return faded(gray)[..., None] * SEPIA


def dark(gray: np.ndarray) -> np.ndarray:
    return gamma(0.1 * linear(gray / 255)) * 255


def bordered(gray: np.ndarray) -> np.ndarray:
    width = border_of(gray.shape)
    return np.pad(gray, width, constant_values=235.0) + np.random.default_rng(1).normal(
        0, 2, [side + 2 * width for side in gray.shape]
    )


def grainy(gray: np.ndarray) -> np.ndarray:
    return gray + np.random.default_rng(2).normal(0, 16, gray.shape)


def blurred(gray: np.ndarray) -> np.ndarray:
    return np.asarray(image_of(gray).filter(ImageFilter.GaussianBlur(2)), np.float64)


def jpeg(gray: np.ndarray) -> np.ndarray:
    buffer = BytesIO()
    image_of(gray).save(buffer, "jpeg", quality=30)
    return np.asarray(Image.open(buffer), np.float64)


def everything(gray: np.ndarray) -> np.ndarray:
    return jpeg(bordered(faded(grainy(blurred(gray)))))


FAULTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "clean": lambda gray: gray, "faded": faded, "sepia": sepia, "dark": dark, "bordered": bordered, "grainy": grainy,
    "blurred": blurred, "JPEG 30": jpeg, "all but sepia and dark": everything,
}  # fmt: skip


def border_of(shape: tuple[int, ...]) -> int:
    return max(1, round(BORDER * min(shape[:2])))


def image_of(gray: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(gray + 0.5, 0, 255).astype(np.uint8))


def originals(count: int) -> list[Image.Image]:
    """Test photographs of the last run, evenly chosen from the index, at full resolution."""
    names = rows_of(paths.INDEX, "test").name
    chosen = names.iloc[np.linspace(0, len(names) - 1, min(count, len(names))).astype(int)]
    with zipfile.ZipFile(paths.ARCHIVE) as archive:
        return [to_rgb(Image.open(BytesIO(archive.read(name)))) for name in chosen]


def scored(model: PhotoColorizer, photo: Image.Image, fault: str, *, prepare: bool) -> list[float]:
    """ΔE, squared ab error, and mean a and b minus the original's, of one photograph."""
    image = image_of(FAULTS[fault](np.asarray(photo.convert("L"), np.float64)))
    result = np.asarray(model.colorize(image.convert("RGB"), prepare=prepare))
    if result.shape[:2] != (photo.height, photo.width):
        width = border_of((photo.height, photo.width))
        result = result[width:-width, width:-width]
    lab, original = (lab_of(np.asarray(pixels)) for pixels in (result, photo))
    lab[:, 0] = original[:, 0]
    cast = (lab - original)[:, 1:].mean(dim=(0, 2, 3)).tolist()
    return [metrics.delta_e(lab, original).item(), metrics.ab_mse(lab, original).item(), *cast]


def lab_of(pixels: np.ndarray) -> torch.Tensor:
    return unscaled_lab(torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32) / 255))


def cost(differences: np.ndarray) -> str:
    """The mean of paired differences (N,), with its 95 % bootstrap interval."""
    if not differences.any():
        return ""
    draws = intervals.draws(len(differences), RESAMPLES, seed=0)
    low, high = intervals.interval(np.concatenate([shares @ differences for shares in draws]))
    return f"{differences.mean():+.2f} ({low:+.2f} to {high:+.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.old_photographs", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="test photographs (default: %(default)s)")
    parser.add_argument("--model", help="a name of colorize --list or a file")
    wanted = parser.parse_args()
    photos, model = originals(wanted.count), load(wanted.model)
    head = ["", "ΔE", "cost", "ab RMSE", "a", "b", "ΔE without preparation", "a", "b"]
    lines = [ABOUT.format(count=len(photos), vividness=model.curve.times(model.vividness)), ""]
    lines += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    measured: list[np.ndarray] = []  # of each fault, the clean photographs first
    for fault in FAULTS:
        rows = np.array([scored(model, photo, fault, prepare=True) for photo in photos])
        bare = np.mean([scored(model, photo, fault, prepare=False) for photo in photos], axis=0)
        delta_e, error, a, b = rows.mean(axis=0)
        measured.append(rows)
        cells = [f"{delta_e:.2f}", cost((rows - measured[0])[:, 0]), f"{error**0.5:.1f}", f"{a:+.1f}", f"{b:+.1f}"]
        cells += [f"{bare[0]:.2f}", f"{bare[2]:+.1f}", f"{bare[3]:+.1f}"]
        lines.append(f"| {fault} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    write_bytes(OUT, ("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main()
