"""How fast films are coloured, beside decoding and encoding alone: the table of speed of `benchmarks.film`."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.davis import COUNT
from colorization.core.process import processors
from colorization.film.coloring import Look, colorize_film
from colorization.film.opening import opened
from colorization.film.reading import Film
from colorization.film.writing import FilmWriter
from colorization.photo.colorizer import PhotoColorizer

SPEED = {"480p": (854, 480), "1080p": (1920, 1080)}


def table(folder: Path, colorizer: PhotoColorizer, repeats: int) -> None:
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
