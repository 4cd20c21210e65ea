"""What the faults of old photographs cost: python -m benchmarks.old_photographs [--count N] [--model NAME|FILE].

Takes test photographs of the last run (data/raw/photos.zip, data/lab/index.csv), makes them gray, makes of each one
kind of `old_kinds.KINDS` after the other, and colorizes them as `colorize` does, with its preparation and without. The
predicted a and b, joined to the original's lightness at its size, are compared with the original; of a photograph in a
border, on a page or in a mat only the photograph counts. Writes benchmarks/results/old_photographs.md.
"""

import argparse
import zipfile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.old_kinds import KINDS, Kind
from colorization import load
from colorization.color import unscaled_lab
from colorization.core import paths
from colorization.core.files import write_bytes
from colorization.dataset.index import rows_of
from colorization.evaluation import intervals, metrics
from colorization.imaging.srgb import to_rgb
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.negative import positive
from colorization.photo.pixels import levels_of_array

OUT = Path("benchmarks/results/old_photographs.md")
OTHERS = 3  # photographs that share a page with each
RESAMPLES = 10_000
ABOUT = """\
{count} test photographs; vividness {vividness} (C: chroma). Cost: the ΔE above that of the clean photographs (of the
same part of them, enlarged where the kind is), with a paired 95 % interval. a and b: mean cast against the originals.
"""
HEAD = ["", "ΔE", "cost", "ab RMSE", "a", "b", "ΔE without preparation", "a", "b"]


class Judged(NamedTuple):
    """ΔE and the errors of a and b (2) of each pixel of a photograph (h,w)."""

    delta_e: NDArray[np.float32]
    errors: NDArray[np.float32]


def originals(count: int, source: str | None) -> list[Image.Image]:
    """Test photographs of the last run, evenly chosen from the index (of one source), at full resolution."""
    rows = rows_of(paths.INDEX, "test")
    names = rows[rows.source == source].name if source else rows.name
    chosen = names.iloc[np.linspace(0, len(names) - 1, min(count, len(names))).astype(int)]
    with zipfile.ZipFile(paths.ARCHIVE) as archive:
        return [to_rgb(Image.open(BytesIO(archive.read(name)))) for name in chosen]


def judged(model: PhotoColorizer, photos: list[Image.Image], number: int, kind: Kind, *, prepare: bool) -> Judged:
    """One photograph as a kind of scan, colorized and compared with itself."""
    photo = photos[number]
    scale = kind.side / min(photo.size) if kind.side else 1
    size = round(photo.width * scale), round(photo.height * scale)
    near = (photos[(number + step) % len(photos)] for step in range(OTHERS + 1))
    gray, *others = (np.asarray(one.convert("L").resize(size, Image.Resampling.LANCZOS), np.float64) for one in near)
    levels, _ = levels_of_array(np.clip(kind.scan(gray, others) + 0.5, 0, 255).astype(np.uint8))
    levels = positive(levels) if kind.negative else levels
    (colour,) = model.predict(levels, prepare=prepare)
    if levels.shape == gray.shape:  # on clean lightness: dots of pure black and white cannot show any colour
        levels, place = levels_of_array(np.asarray(photo.convert("L")))[0], (slice(None), slice(None))
    else:
        place = kind.place(gray.shape)
    pixels = np.ascontiguousarray(np.concatenate(list(model.bands(levels, colour, bits=8)))[place])
    result = Image.fromarray(pixels).resize(photo.size, Image.Resampling.LANCZOS)
    lab, original = lab_of(np.asarray(result)), lab_of(np.asarray(photo))
    lab[:, 0] = original[:, 0]
    return Judged(metrics.ciede2000(original, lab)[0].numpy(), (lab - original)[0, 1:].numpy())


def lab_of(pixels: np.ndarray) -> torch.Tensor:
    return unscaled_lab(torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32) / 255))


def means(found: list[Judged], kind: Kind) -> NDArray:
    """ΔE, squared ab error, mean a and b minus the original's, of each photograph's part that counts: (N,4)."""
    rows = []
    for delta_e, errors in found:
        part = kind.counts(delta_e.shape)
        a, b = errors[:, part]
        rows.append([delta_e[part].mean(), np.mean(a**2 + b**2) / 2, a.mean(), b.mean()])
    return np.array(rows)


def cost(differences: np.ndarray) -> str:
    """The mean of paired differences (N,), with its 95 % bootstrap interval."""
    if not differences.any():
        return ""
    draws = intervals.draws(len(differences), RESAMPLES, seed=0)
    low, high = intervals.interval(np.concatenate([shares @ differences for shares in draws]))
    return f"{differences.mean():+.2f} ({low:+.2f} to {high:+.2f})"


def row_of(model: PhotoColorizer, photos: list[Image.Image], kind: Kind, clean: list[Judged]) -> str:
    """A kind's line of the table. clean: the clean photographs, whose ΔE is subtracted."""
    found = [judged(model, photos, number, kind, prepare=True) for number in range(len(photos))]
    bare = [judged(model, photos, number, kind, prepare=False) for number in range(len(photos))]
    rows = means(found, kind)
    (delta_e, error, a, b), plain = rows.mean(axis=0), means(bare, kind).mean(axis=0)
    cells = [f"{delta_e:.2f}", cost((rows - means(clean, kind))[:, 0]), f"{error**0.5:.1f}", f"{a:+.1f}", f"{b:+.1f}"]
    cells += [f"{plain[0]:.2f}", f"{plain[2]:+.1f}", f"{plain[3]:+.1f}"]
    return f"| {kind.name} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.old_photographs", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=48, help="test photographs (default: %(default)s)")
    parser.add_argument("--source", help="a source of data/lab/index.csv (default: all)")
    parser.add_argument("--kind", action="append", help="a kind by its name; may be given several times (default: all)")
    parser.add_argument("--model", help="a name of colorize --list or a file")
    wanted = parser.parse_args()
    photos, model = originals(wanted.count, wanted.source), load(wanted.model)
    lines = [ABOUT.format(count=len(photos), vividness=model.curve.times(model.vividness))]
    lines += [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    clean: dict[bool, list[Judged]] = {}
    for kind in KINDS:
        if not wanted.kind or kind.name in wanted.kind:
            large = kind.side > 0
            if large not in clean:
                plain = next(one for one in KINDS if (one.side > 0) == large)
                clean[large] = [judged(model, photos, number, plain, prepare=True) for number in range(len(photos))]
            lines.append(row_of(model, photos, kind, clean[large]))
            print(lines[-1], flush=True)
    if not wanted.kind:
        write_bytes(OUT, ("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main()
