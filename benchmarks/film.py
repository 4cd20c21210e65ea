"""Films: the tables of docs/films.md: python -m benchmarks.film DAVIS [TABLE …] [--flows FOLDER].

DAVIS: the folder JPEGImages/480p of DAVIS 2016 (CC BY 4.0). Forty pictures of each sequence, as a gray film of their
luma (BT.601), are coloured at the size that the network sees: frame by frame and steadily (steady), with a still
(stills), as old kinds of film (old), and as files (speed). The tables have the ten sequences of REPORT; the engine's
numbers were chosen on those of TUNING (--tuning).
"""

import argparse
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from benchmarks import film_speed, old_films, stills
from benchmarks.davis import COUNT, ENCODING, REPORT, TUNING, frames, gray_film, maps_of, painted_small, shrunk_to
from benchmarks.steadiness import colour, consistency, difference, lab_of, warped_error
from colorization.evaluation.intervals import draws, interval
from colorization.film.coloring import Look, coloured
from colorization.photo.colorizer import PhotoColorizer, load
from colorization.photo.preparation import shrunk

FLOWS = range(2, COUNT, 3)  # pictures whose motion from the one before is measured
MEASURES = ("consistency × 1000", "warped error (ab)", "ΔE (CIEDE2000)", "colourfulness")
TABLES = ("steady", "stills", "old", "speed")
RESAMPLES, SEED = 10_000, 0


class Remembering:
    """A colorizer that predicts each picture once."""

    def __init__(self, colorizer: PhotoColorizer):
        self.image_size, self._colorizer, self._known = colorizer.image_size, colorizer, {}

    def references(self, images) -> list:
        return self._colorizer.references(images)

    def predict(self, levels: NDArray[np.uint16], *, compared: list | None = None, **options) -> list[NDArray]:
        key = levels.tobytes()
        if key not in self._known:
            found: list = []
            self._known[key] = self._colorizer.predict(levels, compared=found, **options), found
        maps, found = self._known[key]
        if compared is not None:
            compared += found
        return maps


def measured(folder: Path, colorizer: Remembering, flows: Path | None) -> dict[str, list[float]]:
    """MEASURES of a sequence: the true film, gray, frame by frame and steady, at the network's size."""
    images = frames(folder)
    pictures = gray_film(images)
    lightness = [ENCODING.levels(picture.luma) for picture in pictures]
    L = np.stack([shrunk(levels, colorizer.image_size) for levels in lightness])
    true = shrunk_to(images, L.shape[1:])
    motion = optical_flow(L, flows and flows / f"{folder.name}-flow.npz")
    films = {"the true film": true}
    for name, look in {"frame by frame": Look(steady=False), "steady": Look()}.items():
        shot = SimpleNamespace(pictures=lambda: (picture for picture in pictures))
        maps = [each for _, each in coloured(shot, colorizer, look)]
        films[name] = np.stack([painted_small(each, m) for each, m in zip(L, maps)])
    films["gray"] = np.stack([painted_small(each, maps_of(np.zeros((2, *each.shape), np.float32))) for each in L])
    return {
        name: [
            1000 * consistency(film),
            warped_error(lab_of(film)[:, 1:], motion),
            difference(film, true),
            colour(film),
        ]
        for name, film in films.items()
    }


def optical_flow(L: NDArray, kept: Path | None) -> dict[int, tuple[NDArray, NDArray]]:
    """TV-L1 optical flow (Zach et al. 2007) of the film's lightness, back and forth, for the pictures of FLOWS."""
    from skimage.registration import optical_flow_tvl1

    if kept and kept.exists():
        both = np.load(kept)
        back, forth = both["back"], both["forth"]
    else:
        pairs = [(L[t], L[t - 1]) for t in FLOWS]
        back, forth = (
            np.stack([optical_flow_tvl1(*pair[::way], dtype=np.float32) for pair in pairs]) for way in (1, -1)
        )
        if kept:
            np.savez(kept, back=back.astype(np.float16), forth=forth.astype(np.float16))
    return {t: (b.astype(np.float32), f.astype(np.float32)) for t, b, f in zip(FLOWS, back, forth)}


def table(rows: dict[str, dict[str, list[float]]]) -> str:
    """Means over the sequences with 95 % intervals (percentile bootstrap over sequences), as Markdown."""
    shares = np.concatenate(list(draws(len(rows), RESAMPLES, SEED)))
    of = {
        name: np.array([row[name] for row in rows.values()]) for name in next(iter(rows.values()))
    }  # (sequences, measures)

    def line(name: str, values: NDArray, sign: str = "", to: str = "–") -> str:
        cells = []
        for column in values.T:
            low, high = interval(shares @ column)
            cells.append(f"{column.mean():{sign}.2f} ({low:{sign}.2f}{to}{high:{sign}.2f})")
        return f"| {name} | {' | '.join(cells)} |\n"

    text = f"| | {' | '.join(MEASURES)} |\n|---|{'---|' * len(MEASURES)}\n"
    text += "".join(line(name, values) for name, values in of.items())
    for other in ("frame by frame", "the true film"):
        text += line(f"steady − {other}, paired", of["steady"] - of[other], "+", " to ")
    return text


def steady(folder: Path, names: tuple[str, ...], model: PhotoColorizer, flows: Path | None) -> str:
    rows = {}
    for name in names:
        rows[name] = measured(folder / name, Remembering(model), flows)
        print(name, {film: np.round(values, 2).tolist() for film, values in rows[name].items()}, flush=True)
    return table(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("davis", type=Path, help="folder with a folder of JPEG files per sequence")
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"{', '.join(TABLES)} (default: all)")
    parser.add_argument("--tuning", action="store_true", help="the sequences on which the engine's numbers were chosen")
    parser.add_argument("--sequences", nargs="+", help="these sequences alone")
    parser.add_argument("--flows", type=Path, help="folder that keeps the optical flow, which takes minutes")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side of the table of speed")
    wanted = parser.parse_args()
    if unknown := set(wanted.tables) - set(TABLES):
        parser.error(f"{', '.join(unknown)}: unknown table")
    model, names = load(threads=1), wanted.sequences or (TUNING if wanted.tuning else REPORT)
    for name in wanted.tables or TABLES:
        if name == "steady":
            print(steady(wanted.davis, names, model, wanted.flows))
        elif name == "speed":
            film_speed.table(wanted.davis, load(), wanted.repeats)
        else:
            print({"stills": stills, "old": old_films}[name].table(wanted.davis, names, model), flush=True)


if __name__ == "__main__":
    main()
