"""Old kinds of film, made of clean ones: how steady and true their colours are beside the clean film's.

A part of python -m benchmarks.film. The kinds change the gray film alone. The colours are compared, joined to the clean
film's lightness, with the true ones.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.davis import COUNT, ENCODING, film_of, frames, maps_of, painted_small, shrunk_to
from benchmarks.steadiness import consistency, difference
from colorization.film.interlacing import Progressive
from colorization.film.moment import Moment
from colorization.film.scenes import levels_of, moments, shown
from colorization.film.steady import colours_of, steadied
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.preparation import shrunk

Lumas = NDArray[np.uint8]  # a gray film (T,H,W), full range
SEED = 7
FLICKER = 0.15  # standard deviation of a picture's gain; its offset's is a third of that
FLASHES = 0.05  # share of the pictures that are twice as bright
GATE = 0.012  # of the height: standard deviation of a picture's shift, down; across half as much
SCRATCHES, DUST = 3, 12  # of a picture; scratches stay for some pictures
FADED = 70, 0.45  # darkest gray, and contrast
GRAIN = 12.0  # gray values: standard deviation


def clean(lumas: Lumas) -> Lumas:
    return lumas


def repeated(lumas: Lumas) -> Lumas:
    """18 pictures a second, shown at 24: every third one twice."""
    return lumas[[i - i // 4 for i in range(len(lumas))]]


def interlaced(lumas: Lumas) -> Lumas:
    """Two pictures' fields woven into one, and what the engine's deinterlacer makes of them: half as many."""
    import av

    def frames():
        for number, (top, bottom) in enumerate(zip(lumas[::2], lumas[1::2])):
            woven = top.copy()
            woven[1::2] = bottom[1::2]
            frame = av.VideoFrame.from_ndarray(woven, format="gray").reformat(format="yuvj420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            yield frame

    found = [frame.to_ndarray()[: frame.height] for frame in Progressive(Fraction(1, 25)).of(frames())]
    return np.stack(found)


def flickering(lumas: Lumas) -> Lumas:
    rng = np.random.default_rng(SEED)
    gain = 1 + rng.normal(0, FLICKER, len(lumas)) + (rng.random(len(lumas)) < FLASHES)
    return _gray(lumas * gain[:, None, None] + 255 * rng.normal(0, FLICKER / 3, len(lumas))[:, None, None])


def scratched(lumas: Lumas) -> Lumas:
    rng, found = np.random.default_rng(SEED), lumas.copy()
    height, width = lumas.shape[1:]
    columns = rng.integers(0, width - 3, SCRATCHES)
    for picture in found:
        columns = np.where(rng.random(SCRATCHES) < 0.2, rng.integers(0, width - 3, SCRATCHES), columns)
        columns = np.clip(columns + rng.integers(-2, 3, SCRATCHES), 0, width - 3)
        for number, column in enumerate(columns):
            picture[:, column : column + 2] = 255 if number % 2 else 0
        for row, column, side in rng.integers((0, 0, 3), (height, width, 18), (DUST, 3)):
            picture[row : row + side, column : column + side] = 255 * (side % 2)
    return found


def shifts(count: int, height: int) -> NDArray[np.int64]:
    """The gate's unsteadiness: (T,2) down and across, in pixels; whole pixels also of a third of the size."""
    steps = np.random.default_rng(SEED).normal(0, GATE * height / 3, (count, 2)) * (1, 0.5)
    return 3 * np.round(steps).astype(int)


def unsteady(lumas: Lumas) -> Lumas:
    return np.stack([np.roll(y, shift, axis=(0, 1)) for y, shift in zip(lumas, shifts(len(lumas), lumas.shape[1]))])


def faded(lumas: Lumas) -> Lumas:
    grain = np.random.default_rng(SEED).normal(0, GRAIN, lumas.shape)
    return _gray(FADED[0] + FADED[1] * (lumas + grain))


def everything(lumas: Lumas) -> Lumas:
    return faded(flickering(scratched(unsteady(repeated(lumas)))))


KINDS: dict[str, Callable[[Lumas], Lumas]] = {
    "clean": clean, "18 a second": repeated, "interlaced": interlaced, "jumps of brightness": flickering,
    "scratches and dust": scratched, "unsteady gate": unsteady, "faded, grainy": faded,
    "all but interlaced": everything,
}  # fmt: skip


def originals(kind: str, count: int) -> list[int]:
    """The clean film's picture that each picture of a kind shows."""
    if kind == "interlaced":
        return list(range(0, count, 2))
    if kind in ("18 a second", "all but interlaced"):
        return [i - i // 4 for i in range(count)]
    return list(range(count))


def steadied_gate(kind: str, ab: NDArray, height: int) -> NDArray:
    """Colours (T,2,h,w) of a kind, moved back by the gate's shifts of a film of this height."""
    if kind not in ("unsteady gate", "all but interlaced"):
        return ab
    moved = np.round(shifts(len(ab), height) * (ab.shape[2] / height)).astype(int)
    return np.stack([np.roll(each, -shift, axis=(1, 2)) for each, shift in zip(ab, moved)])


def measured(folder: Path, kind: str, colorizer: PhotoColorizer) -> list[float]:
    """Scenes found, consistency × 1000 and ΔE of a sequence as a kind of film, and the true pictures' consistency."""
    images = frames(folder)
    lumas = np.stack([np.asarray(image.convert("YCbCr"))[..., 0] for image in images])
    changed = film_of(KINDS[kind](lumas))

    def colours(moment: Moment) -> NDArray:
        return colorizer.predict(levels_of(moment.picture, colorizer.image_size), compared=moment.compared)[0]

    found = list(moments(changed, colorizer.image_size))
    with ThreadPoolExecutor(1) as network:
        maps = [each for _, each in steadied(shown(found, colours, network))]
    ab = np.stack([colours_of(each, moment.seen.L) for each, moment in zip(maps, found)])
    ab = steadied_gate(kind, ab, lumas.shape[1])
    clean_L = [shrunk(ENCODING.levels(lumas[i]), colorizer.image_size) for i in originals(kind, len(lumas))]
    film = np.stack([painted_small(L, maps_of(each)) for L, each in zip(clean_L, ab)])
    true = shrunk_to([images[i] for i in originals(kind, len(images))], film.shape[1:3])
    scenes = sum(moment.link is None for moment in found)
    return [scenes, 1000 * consistency(film), 1000 * consistency(true), difference(film, true)]


def table(davis: Path, names: tuple[str, ...], colorizer: PhotoColorizer) -> str:
    """Means over the sequences, as Markdown."""
    text = f"| {COUNT} pictures | scenes | consistency × 1000 | the true film's | ΔE |\n|---|---|---|---|---|\n"
    for kind in KINDS:
        rows = np.array([measured(davis / name, kind, colorizer) for name in names])
        print(kind, np.round(rows, 2).tolist(), flush=True)
        scenes, mine, true, delta_e = rows.mean(axis=0)
        text += f"| {kind} | {scenes:.1f} | {mine:.2f} | {true:.2f} | {delta_e:.2f} |\n"
    return text


def _gray(values: NDArray) -> Lumas:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)
