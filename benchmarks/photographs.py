"""Photographs for the benchmarks: crops of the photographs in scikit-image, so that no download is needed."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

PRESET = Path(__file__).resolve().parents[1] / "presets/intel-cpu.yaml"  # defines the measured models
NAMES = ("astronaut.png", "chelsea.png", "coffee.png")
SIDE = 150  # pixels, as the Intel scenes
CATEGORIES = ("coast", "forest", "street")


def jpegs(count: int):
    """Yield (category, content) of `count` different JPEGs, 150×150 px, quality 90."""
    import skimage.data

    folder = Path(skimage.data.__file__).parent
    sources = [Image.open(folder / name).convert("RGB") for name in NAMES]
    random = np.random.default_rng(0)
    for i in range(count):
        source = sources[i % len(sources)]
        side = int(random.integers(60, min(source.size)))
        left, top = (int(random.integers(0, extent - side + 1)) for extent in source.size)
        image = source.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
        buffer = BytesIO()
        image.save(buffer, "jpeg", quality=90)
        yield CATEGORIES[i % len(CATEGORIES)], buffer.getvalue()


def folder_of(path: Path, count: int) -> Path:
    """Fill a folder with `count` photographs, in one subfolder per category."""
    for i, (category, content) in enumerate(jpegs(count)):
        (path / category).mkdir(parents=True, exist_ok=True)
        (path / category / f"{i:06}.jpg").write_bytes(content)
    return path
