"""Films: how steady, true and fast their colours are: python -m benchmarks.film DAVIS [--speed] [--flows FOLDER].

DAVIS: the folder JPEGImages/480p of DAVIS 2016 (CC BY 4.0). Forty pictures of each sequence, as a gray film of their
luma (BT.601), are coloured frame by frame and steadily, at the size that the network sees. The table has the ten
sequences of REPORT; the engine's numbers were chosen on those of TUNING (--tuning).
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.steadiness import colour, consistency, difference, lab_of, warped_error
from colorization.core.process import processors
from colorization.evaluation.intervals import draws, interval
from colorization.film.coloring import Look, colorize_film, coloured
from colorization.film.opening import opened
from colorization.film.planes import BT601, Encoding
from colorization.film.reading import Film, Picture
from colorization.film.writing import FilmWriter
from colorization.photo.colorizer import PhotoColorizer, load
from colorization.photo.preparation import shrunk
from colorization.photo.recolor import painted

TUNING = ("bmx-trees", "breakdance", "camel", "car-roundabout", "cows", "drift-chicane", "kite-surf", "libby",
          "motocross-jump", "parkour")  # fmt: skip
REPORT = ("blackswan", "car-shadow", "dance-twirl", "dog", "drift-straight", "goat", "horsejump-high",
          "paragliding-launch", "scooter-black", "soapbox")  # fmt: skip
COUNT = 40  # pictures of a sequence
FLOWS = range(2, COUNT, 3)  # pictures whose motion from the one before is measured
MEASURES = ("consistency × 1000", "warped error (ab)", "ΔE (CIEDE2000)", "colourfulness")
RESAMPLES, SEED = 10_000, 0
SPEED = {"480p": (854, 480), "1080p": (1920, 1080)}
ENCODING = Encoding(matrix=BT601, full=True)


class Remembering:
    """A colorizer that predicts each picture once."""

    def __init__(self, colorizer: PhotoColorizer):
        self.image_size, self._colorizer, self._known = colorizer.image_size, colorizer, {}

    def predict(self, levels: NDArray[np.uint16], **options) -> list[NDArray]:
        key = levels.tobytes()
        if key not in self._known:
            self._known[key] = self._colorizer.predict(levels, **options)
        return self._known[key]


def sequence(folder: Path) -> tuple[list[Picture], NDArray[np.uint8]]:
    """The pictures of a sequence, gray, and its true colours (T,H,W,3)."""
    images = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))[:COUNT]]
    lumas = [np.asarray(image.convert("YCbCr"))[..., 0] for image in images]
    pictures = [Picture(luma=y, encoding=ENCODING, pts=i, duration=1, number=i) for i, y in enumerate(lumas)]
    return pictures, np.stack([np.asarray(image) for image in images])


def measured(folder: Path, colorizer: Remembering, flows: Path | None) -> dict[str, list[float]]:
    """MEASURES of a sequence: the true film, gray, frame by frame and steady, at the network's size."""
    pictures, true = sequence(folder)
    lightness = [ENCODING.levels(picture.luma) for picture in pictures]
    L = np.stack([shrunk(levels, colorizer.image_size) for levels in lightness])
    size = L.shape[:0:-1]
    true = np.stack([np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX)) for rgb in true])
    motion = optical_flow(L, flows and flows / f"{folder.name}-flow.npz")
    films = {"the true film": true}
    for name, look in {"frame by frame": Look(steady=False), "steady": Look()}.items():
        shot = SimpleNamespace(pictures=lambda: (picture for picture in pictures))
        maps = [each for _, each in coloured(shot, colorizer, look)]
        films[name] = np.stack([_painted(each, m) for each, m in zip(L, maps)])
    films["gray"] = np.stack([_painted(each, None) for each in L])
    return {
        name: [
            1000 * consistency(film),
            warped_error(lab_of(film)[:, 1:], motion),
            difference(film, true),
            colour(film),
        ]
        for name, film in films.items()
    }


def _painted(L: NDArray, maps: NDArray | None) -> NDArray[np.uint8]:
    levels = ((L + 1) / 2 * 65535 + 0.5).astype(np.uint16)
    gray = np.zeros((4, *L.shape), np.float32)
    gray[:2], gray[2:] = 100 / 116 / 65535, 16 / 116
    return painted(levels, gray if maps is None else maps.copy(), bits=8)


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
    text = f"| | {' | '.join(MEASURES)} |\n|---|{'---|' * len(MEASURES)}\n"
    for name in next(iter(rows.values())):
        values = np.array([row[name] for row in rows.values()])  # (sequences, measures)
        ranges = [interval(shares @ column) for column in values.T]
        cells = (f"{mean:.2f} ({low:.2f}–{high:.2f})" for mean, (low, high) in zip(values.mean(axis=0), ranges))
        text += f"| {name} | {' | '.join(cells)} |\n"
    frame, steady = (np.array([row[name] for row in rows.values()]) for name in ("frame by frame", "steady"))
    gain = [interval(shares @ column) for column in (steady - frame).T]
    cells = (
        f"{mean:+.2f} ({low:+.2f} to {high:+.2f})" for mean, (low, high) in zip((steady - frame).mean(axis=0), gain)
    )
    return text + f"| steady − frame by frame, paired | {' | '.join(cells)} |\n"


def speed(folder: Path, colorizer: PhotoColorizer, repeats: int) -> None:
    """Frames a second of a film of two sequences, beside decoding and encoding alone, in turn."""
    print(f"{processors()} processors, load {os.getloadavg()[0]:.1f} before the first run")
    for name, size in SPEED.items():
        with tempfile.TemporaryDirectory() as place:
            film, out = Path(place) / "film.mp4", Path(place) / "out.mp4"
            write_film(film, [folder / one for one in ("cows", "parkour")], size)
            print(name, rates(film, out, colorizer, repeats))


def rates(film: Path, out: Path, colorizer: PhotoColorizer, repeats: int) -> dict[str, str]:
    """Medians of frames a second, and processor time of a frame."""
    sides: dict[str, Callable[[], object]] = {
        "decoding and encoding alone": lambda: recoded(film, out),
        "frame by frame": lambda: colorize_film(film, out, colorizer, Look(steady=False)),
        "steady": lambda: colorize_film(film, out, colorizer),
    }
    seconds: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
    for _ in range(repeats):
        for side, run in sides.items():
            start, busy = time.perf_counter(), time.process_time()
            run()
            seconds[side].append((time.perf_counter() - start, time.process_time() - busy))
    middle = {side: [statistics.median(column) for column in zip(*values)] for side, values in seconds.items()}
    return {
        side: f"{2 * COUNT / wall:.1f} frames/s, {busy / 2 / COUNT * 1000:.0f} ms of processor"
        for side, (wall, busy) in middle.items()
    }


def recoded(source: Path, target: Path) -> None:
    """The floor: the same streams with gray planes, and no engine."""
    with opened(source) as container, open(target, "w+b") as file:
        film, writer = Film(container, source), None
        for picture in film.pictures():
            writer = writer or FilmWriter(file, film, target.suffix, picture)
            gray = np.full((picture.luma.shape[0] // 2, picture.luma.shape[1] // 2), 128, np.uint8)
            writer.write(picture, (gray, gray))
        assert writer is not None
        writer.close()


def write_film(path: Path, folders: list[Path], size: tuple[int, int]) -> None:
    """A gray H.264 film of sequences."""
    import av

    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"crf": "18"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.time_base = Fraction(1, 25)
        images = [one for folder in folders for one in sorted(folder.glob("*.jpg"))[:COUNT]]
        for number, image in enumerate(images):
            gray = np.asarray(Image.open(image).convert("L").resize(size, Image.Resampling.BICUBIC))
            frame = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format="yuv420p", dst_color_range="MPEG")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("davis", type=Path, help="folder with a folder of JPEG files per sequence")
    parser.add_argument("--tuning", action="store_true", help="the sequences on which the engine's numbers were chosen")
    parser.add_argument("--flows", type=Path, help="folder that keeps the optical flow, which takes minutes")
    parser.add_argument("--speed", action="store_true", help="frames a second in place of the measures")
    parser.add_argument("--repeats", type=int, default=3)
    wanted = parser.parse_args()
    model = load()
    if wanted.speed:
        speed(wanted.davis, model, wanted.repeats)
        return
    rows = {}
    for name in TUNING if wanted.tuning else REPORT:
        rows[name] = measured(wanted.davis / name, Remembering(model), wanted.flows)
        print(name, {film: np.round(values, 2).tolist() for film, values in rows[name].items()}, flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
