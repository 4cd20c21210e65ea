"""Colours from a photograph: python -m benchmarks.likeness FRAMES PHOTOGRAPHS [--sequences NAME …].

FRAMES: a folder of DAVIS (JPEGImages/480p), a folder of numbered frames for each sequence. PHOTOGRAPHS: a ZIP archive
of unrelated photographs. Frames are colorized as `colorize` does, without a reference, with the first frame of their
sequence, with the first frame of another one, and with a photograph. Writes benchmarks/results/likeness.md. The
constants of `photo.likeness` were chosen on the sequences of davis.TUNING.
"""

import argparse
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.davis import REPORT
from colorization import load
from colorization.color import unscaled_lab
from colorization.core.files import write_bytes
from colorization.evaluation import intervals, metrics

OUT = Path("benchmarks/results/likeness.md")
APART = (5, 20, 40)  # frames between the reference and the frame that gets its colours
STEP = 2  # every second row and column is compared
RESAMPLES = 10_000
HEADER = """\
{count} sequences; ΔE (CIEDE2000) with its change and, in brackets, the change's 95 % interval over the sequences

| frames apart | no reference | a frame of the sequence | a frame of another one | another photograph |
|---:|---:|---:|---:|---:|
"""


def delta_e(result: Image.Image, original: Image.Image) -> float:
    planes = (np.asarray(image)[::STEP, ::STEP].transpose(2, 0, 1)[None] for image in (result, original))
    mine, true = (unscaled_lab(torch.from_numpy(plane.astype(np.float32) / 255)) for plane in planes)
    return metrics.delta_e(mine, true).item()


def scored(folder: Path, names: list[str], archive: Path) -> np.ndarray:
    """ΔE of each sequence (N, len(APART), 4), the mean of two pairs of frames each."""
    model, found = load("ours", device="cpu"), []
    frames = {name: sorted((folder / name).glob("*.jpg")) for name in names}
    with zipfile.ZipFile(archive) as photographs:
        members = sorted(member for member in photographs.namelist() if member.endswith(".jpg"))
        chosen = [members[i] for i in np.linspace(0, len(members) - 1, 2 * len(names)).astype(int)]
        unrelated = [Image.open(BytesIO(photographs.read(member))).convert("RGB") for member in chosen]
    for number, name in enumerate(names):
        rows = []
        for late in (False, True):
            start = max(0, len(frames[name]) - 1 - max(APART)) if late else 0
            other = frames[names[(number + 1 + 2 * late) % len(names)]][0]
            likes = [[], *([Image.open(path)] for path in (frames[name][start], other)), [unrelated[2 * number + late]]]
            likes = [model.references(like) for like in likes]
            ends = [frames[name][min(start + apart, len(frames[name]) - 1)] for apart in APART]
            truth = [Image.open(end) for end in ends]
            rows.append([[delta_e(model.colorize(true, like=like), true) for like in likes] for true in truth])
        found.append(np.mean(rows, axis=0))
        print(name, *np.round(found[-1].mean(axis=0), 2), flush=True)
    return np.array(found)


def told(without: np.ndarray, values: np.ndarray, *, share: bool) -> str:
    """The mean of values (N,), and its change against `without`: in percent or in ΔE, with a 95 % interval."""
    drawn = np.concatenate(list(intervals.draws(len(values), RESAMPLES, seed=0)))  # (RESAMPLES,N)
    if share:
        low, high = intervals.interval(100 * ((drawn @ values) / (drawn @ without) - 1))
        return f"{values.mean():.2f}: {100 * (values.mean() / without.mean() - 1):+.0f} % ({low:+.0f} to {high:+.0f})"
    low, high = intervals.interval(drawn @ (values - without))
    return f"{(values - without).mean():+.2f} ({low:+.2f} to {high:+.2f})"


def table(found: np.ndarray) -> str:
    rows = [(str(apart), found[:, number]) for number, apart in enumerate(APART)] + [("all", found.mean(axis=1))]
    lines = [
        f"| {name} | {row[:, 0].mean():.2f} | {told(row[:, 0], row[:, 1], share=True)} "
        f"| {told(row[:, 0], row[:, 2], share=False)} | {told(row[:, 0], row[:, 3], share=False)} |\n"
        for name, row in rows
    ]
    return HEADER.format(count=len(found)) + "".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.likeness", description=__doc__.splitlines()[0])
    parser.add_argument("frames", type=Path)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--sequences", nargs="+", default=REPORT)
    parser.add_argument("--out", type=Path, default=OUT)
    wanted = parser.parse_args()
    text = table(scored(wanted.frames, list(wanted.sequences), wanted.photographs))
    print(text)
    write_bytes(wanted.out, text.encode())


if __name__ == "__main__":
    main()
