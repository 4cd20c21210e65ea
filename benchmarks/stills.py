"""A film with a coloured still: what it gains from one of its own, and what a still of something else does to it.

A part of python -m benchmarks.film: the first true picture of a sequence is the still, or that of another one.
"""

import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.davis import ENCODING, frames, gray_film, painted_small, shrunk_to
from benchmarks.steadiness import consistency, difference
from colorization.evaluation.intervals import draws, interval
from colorization.film.coloring import Look, coloured
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.preparation import shrunk

APART = (5, 20, 40)  # pictures from the still
RESAMPLES, SEED = 10_000, 0


def measured(images: list[Image.Image], likes: list[Image.Image], colorizer: PhotoColorizer) -> NDArray:
    """ΔE of the pictures APART, consistency × 1000, and seconds of a picture, of a sequence with stills."""
    pictures = gray_film(images)
    start = time.process_time()
    shot = SimpleNamespace(pictures=lambda: (picture for picture in pictures))
    maps = [each for _, each in coloured(shot, colorizer, Look(like=likes))]
    seconds = (time.process_time() - start) / len(maps)
    L = [shrunk(ENCODING.levels(picture.luma), colorizer.image_size) for picture in pictures]
    film = np.stack([painted_small(*each) for each in zip(L, maps)])
    true = shrunk_to(images, film.shape[1:3])
    ends = [min(apart, len(film) - 1) for apart in APART]
    return np.array([*(difference(film[[i]], true[[i]]) for i in ends), 1000 * consistency(film), seconds])


def table(davis: Path, names: tuple[str, ...], colorizer: PhotoColorizer) -> str:
    """Means over the sequences, as Markdown."""
    found: dict[str, list[NDArray]] = {"no still": [], "its first picture": [], "another film's": []}
    for number, name in enumerate(names):
        images = frames(davis / name, max(APART) + 1)
        other = frames(davis / names[(number + 1) % len(names)], 1)
        for kind, likes in zip(found, ([], images[:1], other)):
            found[kind].append(measured(images, likes, colorizer))
            print(name, kind, np.round(found[kind][-1], 2).tolist(), flush=True)
    rows = {kind: np.stack(each) for kind, each in found.items()}
    shares = np.concatenate(list(draws(len(names), RESAMPLES, SEED)))
    plain = rows["no still"]
    heads = [*(f"ΔE, picture {apart}" for apart in APART), "consistency × 1000", "processor, ms a picture"]
    text = f"| still | {' | '.join(heads)} |\n|---|{'---|' * len(heads)}\n"
    for kind, each in rows.items():
        cells = [f"{value:.2f}" for value in each.mean(axis=0)[:-1]]
        if kind != "no still":
            ranges = [interval(shares @ column) for column in (each - plain).T]
            cells = [f"{cell} ({low:+.2f} to {high:+.2f})" for cell, (low, high) in zip(cells, ranges)]
        text += f"| {kind} | {' | '.join(cells)} | {1000 * each[:, -1].mean():.0f} |\n"
    return text
