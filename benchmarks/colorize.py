"""Time, start-up included, and peak memory of `colorize`: python benchmarks/colorize.py [--model FILE …].

Several models, such as an .onnx file and the .safetensors file that it was exported from, are measured side by side.
Each time is a median, with the seconds of all processors in brackets; the commands run in turn, each in its own
process. The floor of one photograph is the import of numpy and Pillow; that of the hundred is decoding and encoding
alone, with Pillow: in a plain loop, and on as many threads as `colorize` has processes.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from colorization.command.crew import MOST
from colorization.core.process import processors, workers
from colorization.photo.catalog import find

COUNT, SIDE = 100, 1000  # a hundred photographs of 1 megapixel
NAMES = ("astronaut.png", "chelsea.png", "coffee.png")  # photographs in the scikit-image package
WORKERS = workers(MOST)
IMPORT = "the import of numpy and Pillow"
COLORIZE = [sys.executable, "-m", "colorization.command.main"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--model", nargs="+", default=[str(find(None))], help="files (default: that of colorize)")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--floor", nargs=3, metavar=("THREADS", "FOLDER", "OUT"), help="only decode and encode a folder"
    )
    parser.add_argument("--only-memory", action="store_true", help="measure memory only")
    parser.add_argument("--memory", action="store_true", help="also measure 100 megapixels, which take minutes to make")
    wanted = parser.parse_args()
    if wanted.floor:
        floor(int(wanted.floor[0]), *map(Path, wanted.floor[1:]))
        return
    print(f"{processors()} processors, load {os.getloadavg()[0]:.1f} before the first run")
    with tempfile.TemporaryDirectory() as folder:
        if not wanted.only_memory:
            speed(Path(folder), wanted)
        if wanted.memory or wanted.only_memory:
            memory(Path(folder), wanted)


def speed(folder: Path, wanted) -> None:
    floors = {IMPORT: [sys.executable, "-c", "import numpy, PIL"]}
    make(folder / "one.jpg", 1200, 833, "RGB", 0)
    make(folder / "12.jpg", 4000, 3000, "L", 0)
    sources = {"1 megapixel": folder / "one.jpg", "12 megapixels": folder / "12.jpg"}
    for mode in ("L", "RGB"):
        photos = sources[f"{COUNT} × 1 megapixel {mode}"] = folder / mode
        photos.mkdir()
        for i in range(COUNT):
            make(photos / f"{i}.jpg", SIDE, SIDE, mode, i)
        for threads in (1, WORKERS):
            command = [sys.executable, __file__, "--floor", threads, photos, folder / f"floor-{mode}-{threads}"]
            floors[f"{COUNT} × 1 megapixel {mode}, floor {threads}"] = command
    commands = dict(floors)
    for model in wanted.model:
        for name, source in sources.items():
            out = folder / f"out {name} {Path(model).suffix}"
            commands[f"{name}, {Path(model).name}"] = [
                *COLORIZE, source, "-o", f"{out}/", "--model", model, "--overwrite"]  # fmt: skip
    runs: dict[str, list] = {name: [] for name in commands}
    for _ in range(wanted.repeats):
        for name, command in commands.items():
            runs[name].append(run(command))
    tell(runs, wanted.model)


def tell(runs: dict[str, list], models: list[str]) -> None:
    """Print each command's seconds, and the ratios of each model's to its floor's."""
    medians = {name: statistics.median(seconds for seconds, *_ in values) for name, values in runs.items()}
    for name, values in runs.items():
        wall, busy = ([one[i] for one in values] for i in (0, 2))
        spread = f"{min(wall):.2f} to {max(wall):.2f}; {statistics.median(busy):.2f} on all processors"
        print(f"{name:<44} {medians[name]:6.2f} s  ({spread})")
    for model in (Path(model).name for model in models):
        print(f"{model}: 1 megapixel takes {medians[f'1 megapixel, {model}'] / medians[IMPORT]:.1f} times {IMPORT}")
        for mode in ("L", "RGB"):
            name = f"{COUNT} × 1 megapixel {mode}"
            ratios = [medians[f"{name}, {model}"] / medians[f"{name}, floor {threads}"] for threads in (1, WORKERS)]
            print(f"{model}: {name} takes {ratios[0]:.2f} times the floor on 1 thread, {ratios[1]:.2f} on {WORKERS}")


def memory(folder: Path, wanted) -> None:
    """A separate process makes the photographs: a child process would inherit our peak of memory."""
    for name, mode in (
        ("l.jpg", "L"),
        ("rgb.jpg", "RGB"),
        ("rgba.png", "RGBA"),
        ("cmyk.jpg", "CMYK"),
        ("deep.png", "16"),
    ):
        with ProcessPoolExecutor(1) as maker:
            maker.submit(make, folder / name, 10_000, 10_000, mode, 1).result()
        for model in wanted.model:
            seconds, peak, _ = run([*COLORIZE, folder / name, "-o", folder / "large/", "--model", model, "--overwrite"])
            print(f"100 megapixels, {name:<10} {Path(model).name}: {seconds:6.1f} s, peak {peak / 1e9:.2f} GB")


def make(path: Path, width: int, height: int, mode: str, seed: int) -> None:
    """An enlarged photograph of scikit-image with grain; without grain it would decode too fast."""
    import skimage.data

    source = Image.open(Path(skimage.data.__file__).parent / NAMES[seed % len(NAMES)]).convert("RGB")
    image = source.resize((width, height), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(seed).normal(0, 4, (min(height, 512), min(width, 512), 1)).astype(np.int16)
    for top in range(0, height, 512):
        for left in range(0, width, 512):
            tile = np.asarray(image.crop((left, top, min(left + 512, width), min(top + 512, height))))
            noisy = np.clip(tile + grain[: tile.shape[0], : tile.shape[1]], 0, 255).astype(np.uint8)
            image.paste(Image.fromarray(noisy), (left, top))
    if mode == "16":
        import pyvips

        deep = pyvips.Image.new_from_memory(image.tobytes(), width, height, 3, "uchar").cast("ushort") * 257
        deep.cast("ushort").copy(interpretation="rgb16").pngsave(str(path), compression=1)
        return
    image.convert(mode).save(path, quality=92)


def run(command: list) -> tuple[float, int, float]:
    """Run a process that must succeed: its seconds, its peak memory in bytes, and the seconds of all processors."""
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"error: {' '.join(map(str, command))}: {errors.decode()[-500:]}")
    return time.perf_counter() - start, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime


def floor(threads: int, folder: Path, out: Path) -> None:
    out.mkdir(exist_ok=True)

    def recode(path: Path) -> None:
        with Image.open(path) as image:
            image.convert("RGB").save(out / path.name, quality=95)

    with ThreadPoolExecutor(threads) as workers:
        list(workers.map(recode, sorted(folder.iterdir())))


if __name__ == "__main__":
    main()
