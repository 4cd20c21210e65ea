"""Install the package as people do, in a fresh environment, colorize, and build the browser's page with it:

python -m benchmarks.install. Asks the package index. Fails if a step fails or the installation adds more than LARGEST.
With NO_NPM in the environment it leaves out the page.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
LARGEST = 200  # megabytes that the installation may add: ONNX Runtime has 58, numpy 71, libvips 19, Pillow 21, we 8


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="colorize-install-") as folder:
        place = Path(folder)
        run(sys.executable, "-m", "venv", place / "venv")
        python, before = place / "venv/bin/python", size(place / "venv")
        source = copied(place / "source")
        run(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", place, source)
        (wheel,) = place.glob("*.whl")
        seconds = run(python, "-m", "pip", "install", "--quiet", "--no-cache-dir", wheel)
        megabytes = size(place / "venv") - before
        pixels = np.linspace(0, 255, 1_000_000).reshape(1000, 1000).astype(np.uint8)
        Image.fromarray(pixels).save(place / "photo.jpg")
        first, again = (run(place / "venv/bin/colorize", "photo.jpg", "--overwrite", cwd=place) for _ in range(2))
        if "NO_NPM" not in os.environ:
            run(python, "-m", "tools.try_page", place / "try")
        result = np.asarray(Image.open(place / "photo-colorized.jpg"))
    print(f"{wheel.name}: {megabytes:.0f} MB in {seconds:.0f} s; a megapixel: {first:.1f} s, again {again:.1f} s")
    if megabytes > LARGEST or result.shape != (1000, 1000, 3):
        sys.exit(f"error: the installation may add {LARGEST} MB")


def copied(to: Path) -> Path:
    """The files of a package: a build leaves folders behind."""
    shutil.copytree(ROOT / "src", to / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    (to / "docs").mkdir()
    for name in ("pyproject.toml", "docs/pypi.md", "LICENSE"):
        shutil.copy(ROOT / name, to / name)
    return to


def run(*command: object, cwd: Path = ROOT) -> float:
    """Run a command that must succeed, without this environment's packages; returns its seconds."""
    start = time.perf_counter()
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([*map(str, command)], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: {' '.join(map(str, command))}: {done.stderr[-2000:]}")
    return time.perf_counter() - start


def size(folder: Path) -> float:
    """Megabytes of the files in a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


if __name__ == "__main__":
    main()
