"""Crops of six colour photographs from the installed scikit-image package; needs no internet and no extra files."""

import io
from collections.abc import Iterator
from importlib.resources import as_file, files

import numpy as np
from PIL import Image

PHOTOGRAPHS = {
    "astronaut": "astronaut.png",
    "cat": "chelsea.png",
    "coffee": "coffee.png",
    "motorcycle": "motorcycle_left.png",
    "retina": "retina.jpg",
    "rocket": "rocket.jpg",
}
# A photograph is cut into cells × cells disjoint cells; this diagonal pattern assigns each cell to a split.
PATTERN = ("train", "train", "test", "train", "val")
SCALES = ((1.0, 1), (0.75, 2), (0.5, 3))  # (a crop's side over a cell's shorter side, positions along each axis)


def photographs(cells: int) -> Iterator[tuple[str, bytes]]:
    """("split/category/place.png", PNG bytes) of every crop, sorted by name."""
    found = {}
    for category in PHOTOGRAPHS:
        pixels = np.asarray(original(category))
        for split, place, crop in crops(pixels, cells):
            found[f"{split}/{category}/{place}.png"] = crop
    for name in sorted(found):
        buffer = io.BytesIO()
        Image.fromarray(found[name]).save(buffer, "png", compress_level=1)
        yield name, buffer.getvalue()


def original(category: str) -> Image.Image:
    """The whole photograph of a category, in RGB."""
    with as_file(files("skimage.data").joinpath(PHOTOGRAPHS[category])) as path, Image.open(path) as image:
        return image.convert("RGB")


def crops(pixels: np.ndarray, cells: int) -> Iterator[tuple[str, str, np.ndarray]]:
    """(split, place, crop (h,h,3)) of a photograph (H,W,3). Each crop lies in one cell, and each cell in one split."""
    height, width = pixels.shape[0] // cells, pixels.shape[1] // cells
    for row in range(cells):
        for column in range(cells):
            split = PATTERN[(row + 2 * column) % len(PATTERN)]
            cell = pixels[row * height : (row + 1) * height, column * width : (column + 1) * width]
            for scale, positions in SCALES:
                side = int(min(height, width) * scale)
                for y, top in enumerate(_spread(height - side, positions)):
                    for x, left in enumerate(_spread(width - side, positions)):
                        yield split, f"r{row}c{column}-{side}px-{y}{x}", cell[top : top + side, left : left + side]


def _spread(room: int, positions: int) -> list[int]:
    """`positions` offsets from 0 to `room`; a single one lies in the middle."""
    return [room // 2] if positions == 1 else [room * i // (positions - 1) for i in range(positions)]
