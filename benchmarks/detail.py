"""What `--detail 2` costs and changes: python -m benchmarks.detail GROUPS=FOLDER … [--model NAME|FILE].

Each folder holds colour photographs of one kind, of 320 px or more on the shorter side, on which the model was not
trained. They are colorized with detail 1 and 2 in turn and compared with themselves. Prints a line per kind.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from benchmarks.old_photographs import cost, lab_of
from colorization import load
from colorization.core.errors import InputError, run
from colorization.evaluation import metrics
from colorization.imaging.srgb import to_rgb
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.recolor import lightness_of

DETAILS = (1, 2)
LARGEST = 480  # pixels of the shorter side: larger photographs are shrunk, which says as much and is quicker
SUFFIXES = (".jpg", ".jpeg", ".png")

Result = TypeVar("Result")


def photographs(folder: Path, image_size: int) -> list[Image.Image]:
    """The photographs of a folder. Raises InputError if there is none, and for one too small for detail 2."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    found = [shrunk(to_rgb(Image.open(path))) for path in paths]
    for path, photo in zip(paths, found):
        if min(photo.size) < DETAILS[-1] * image_size:
            raise InputError(f"{path}: has {min(photo.size)} pixels; detail 2 needs {DETAILS[-1] * image_size}")
    if not found:
        raise InputError(f"{folder}: holds no photograph")
    return found


def shrunk(photo: Image.Image) -> Image.Image:
    """A photograph with at most LARGEST pixels on its shorter side."""
    scale = min(1, LARGEST / min(photo.size))
    return photo.resize((round(photo.width * scale), round(photo.height * scale)), Image.Resampling.LANCZOS)


def timed(act: Callable[[], Result]) -> tuple[Result, float]:
    start = time.perf_counter()
    return act(), time.perf_counter() - start


def judged(model: PhotoColorizer, photo: Image.Image, detail: float) -> list[float]:
    """ΔE, mean chroma of the result and of the photograph, and seconds."""
    pixels = np.asarray(photo)
    levels = lightness_of(pixels)
    (colour,), seconds = timed(lambda: model.predict(levels, detail=detail))
    result, original = lab_of(np.concatenate(list(model.bands(levels, colour, bits=8)))), lab_of(pixels)
    chroma = [float(lab[:, 1:].norm(dim=1).mean()) for lab in (result, original)]
    return [metrics.delta_e(result, original).item(), *chroma, seconds]


def line_of(name: str, rows: np.ndarray) -> str:
    """A kind's line. rows: (photographs, details, values of `judged`)."""
    (once, colour, true, _), (twice, more, _, _) = rows.mean(axis=0)
    ratio = float(np.median(rows[:, 1, 3] / rows[:, 0, 3]))
    change = cost(rows[:, 1, 0] - rows[:, 0, 0]) or "0"
    cells = [f"{len(rows)}", f"{once:.2f}", f"{twice:.2f}", change, f"{colour:.1f}", f"{more:.1f}", f"{true:.1f}"]
    return f"| {name} | {' | '.join(cells)} | {ratio:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detail", description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="+", metavar="NAME=FOLDER", help="a kind of photographs and where they lie")
    parser.add_argument("--model", help="a name of colorize --list or a file")
    wanted = parser.parse_args()
    model = load(wanted.model)
    print("| | photographs | ΔE | detail 2 | change | chroma | detail 2 | theirs | time of the prediction |")
    print("|---|---:|---:|---:|---|---:|---:|---:|---:|")
    for kind in wanted.kinds:
        name, _, folder = kind.partition("=")
        photos = photographs(Path(folder), model.image_size)
        judged(model, photos[0], 1)  # the first prediction also prepares the network
        rows = np.array([[judged(model, photo, detail) for detail in DETAILS] for photo in photos])
        print(line_of(name, rows), flush=True)


if __name__ == "__main__":
    run(main)
