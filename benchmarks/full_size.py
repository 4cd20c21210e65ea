"""Models beside each other on test photographs of the last run, as `colorize` paints them at full size.

python -m benchmarks.full_size --model old.onnx --model ours [--count N] [--source NAME | --folder PHOTOGRAPHS]
python -m benchmarks.full_size --folder ORIGINALS --results THEIRS --results OTHERS

Photographs of the index data/lab/index.csv lose their a and b, are painted at each of SATURATIONS, and compared with
themselves. Prints, with 95 % bootstrap intervals over the photographs: gray, each model's own colours, its default, and
its ΔE at equal colour (interpolated between the saturations); and the paired differences of the later models to the
first. Results that others published count as a model: folders with the names of the originals, of which a and b are
scored, with the original's lightness; their default is their own colours.
"""

import argparse
import glob
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from benchmarks.old_photographs import lab_of, originals
from colorization import load
from colorization.color import lab_to_rgb, normalise, unscaled_lab
from colorization.evaluation import intervals, metrics
from colorization.imaging.srgb import to_rgb
from colorization.photo.colorizer import PhotoColorizer
from colorization.vividness import OWN

SATURATIONS = (0.4, 0.6, 0.8, 1.0, 1.25, 1.6, 2.0)  # factors on the default; 1 is the default
EQUAL = 0.6  # colorfulness of the results over the originals'
RESAMPLES, SEED = 10_000, 0
DELTA_E, ERROR, COLOUR = range(3)


def measured(result: Image.Image, original: Image.Image) -> list[float]:
    """ΔE, the squared error of sRGB in [0, 1], and the colorfulness of a result."""
    mine, true = _tensor(result), _tensor(original)
    delta_e = metrics.delta_e(unscaled_lab(mine), unscaled_lab(true))
    return [delta_e.item(), metrics.mse(mine, true).item(), metrics.colorfulness(mine).item()]


def scored(model: PhotoColorizer, photos: list[Image.Image]) -> NDArray:
    """What is `measured` of each photograph: its own colours, and each of SATURATIONS: (N, 1 + S, 3)."""
    default, rows = model.curve, []
    for photo in photos:
        found = []
        for model.curve, factor in [(OWN, 1.0), *((default, factor) for factor in SATURATIONS)]:
            found.append(measured(model.colorize(photo, saturation=factor), photo))
        rows.append(found)
    model.curve = default
    return np.array(rows)


def published(folder: Path, files: list[Path], photos: list[Image.Image]) -> NDArray:
    """What is `measured` of the results of others, at the same factors on their a and b: (N, 1 + S, 3)."""
    rows = []
    for file, photo in zip(files, photos):
        result = next(folder.glob(f"{glob.escape(file.stem)}.*"), None)
        if result is None:
            raise SystemExit(f"{folder}: has no result of {file.name}")
        theirs, true = (lab_of(np.asarray(each)) for each in (to_rgb(Image.open(result)), photo))
        found = []
        for factor in (1.0, *SATURATIONS):
            rgb = lab_to_rgb(*normalise(true[:, :1], factor * theirs[:, 1:]))
            painted = Image.fromarray((rgb[0] * 255).round().byte().permute(1, 2, 0).numpy())
            found.append(measured(painted, photo))
        rows.append(found)
    return np.array(rows)


def _tensor(image: Image.Image) -> Tensor:
    """sRGB (1,3,H,W) in [0, 1]."""
    return torch.from_numpy(np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 255)


def resampled(values: NDArray) -> NDArray:
    """Means over the photographs of values (N,…), of each resample: (R,…)."""
    chunks = intervals.draws(len(values), RESAMPLES, SEED)
    return np.concatenate([np.tensordot(shares, values, axes=1) for shares in chunks])


def summary(means: NDArray, gray: NDArray, original: NDArray) -> NDArray:
    """ΔE, skill and colour of a model's own colours, the same of its default, and ΔE at equal colour: (…,7).

    means: means (…, 1 + S, 3); gray: (…, 3); original: mean colorfulness (…).
    """
    skill = 1 - means[..., ERROR] / gray[..., None, ERROR]
    colour = means[..., COLOUR] / original[..., None]
    parts = np.stack([means[..., DELTA_E], skill, colour], axis=-1)
    flat = zip(colour[..., 1:].reshape(-1, len(SATURATIONS)), means[..., 1:, DELTA_E].reshape(-1, len(SATURATIONS)))
    equal = np.array([np.interp(EQUAL, one, errors, left=np.nan, right=np.nan) for one, errors in flat])
    default = parts[..., 1 + SATURATIONS.index(1.0), :]
    return np.concatenate([parts[..., 0, :], default, equal.reshape(*means.shape[:-2], 1)], axis=-1)


def told(value: float, draws: NDArray) -> str:
    low, high = intervals.interval(draws)
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.full_size", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", action="append", help="a name of colorize --list or a file; may be given several times"
    )
    parser.add_argument("--count", type=int, default=250, help="test photographs (default: %(default)s)")
    parser.add_argument("--source", help="a source of data/lab/index.csv (default: all)")
    parser.add_argument("--folder", type=Path, help="a folder of photographs in place of the index")
    parser.add_argument("--results", type=Path, action="append", default=[], help="results of others for --folder")
    wanted = parser.parse_args()
    if wanted.results and not wanted.folder:
        parser.error("--results: needs --folder, the originals")
    names = wanted.model or ["ours"]
    files = sorted(wanted.folder.iterdir())[: wanted.count] if wanted.folder else []
    photos = [to_rgb(Image.open(file)) for file in files] or originals(wanted.count, wanted.source)
    models = [load(name) for name in names]
    grays = np.array([measured(models[0].colorize(photo, saturation=0), photo) for photo in photos])
    truth = np.array([measured(photo, photo)[COLOUR] for photo in photos])
    scores = [scored(model, photos) for model in models]
    scores += [published(folder, files, photos) for folder in wanted.results]
    names += [folder.name for folder in wanted.results]
    floor, colour, floors, colours = grays.mean(axis=0), truth.mean(), resampled(grays), resampled(truth)
    found = [(summary(each.mean(axis=0), floor, colour), summary(resampled(each), floors, colours)) for each in scores]
    print(f"{len(photos)} photographs; gray: ΔE {told(floor[DELTA_E], floors[:, DELTA_E])}")
    print(
        f"| model | own: ΔE | skill | colour | default: ΔE | skill | colour | ΔE at colour {EQUAL} |\n|---|"
        + "---|" * 7
    )
    for name, (values, draws) in zip(names, found):
        print(f"| {name} | " + " | ".join(told(*each) for each in zip(values, draws.T)) + " |")
    first, base = found[0]
    for name, (values, draws) in zip(names[1:], found[1:]):
        print(
            f"| {name} − {names[0]} | "
            + " | ".join(told(*each) for each in zip(values - first, (draws - base).T))
            + " |"
        )


if __name__ == "__main__":
    main()
