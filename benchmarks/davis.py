"""The sequences of DAVIS 2016 (CC BY 4.0), JPEGImages/480p: which are for what, and a gray film of each."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.film.planes import BT601, Encoding
from colorization.film.reading import Picture
from colorization.photo.recolor import L_LEVELS, colour_maps, painted

TUNING = ("bmx-trees", "breakdance", "camel", "car-roundabout", "cows", "drift-chicane", "kite-surf", "libby",
          "motocross-jump", "parkour")  # fmt: skip
REPORT = ("blackswan", "car-shadow", "dance-twirl", "dog", "drift-straight", "goat", "horsejump-high",
          "paragliding-launch", "scooter-black", "soapbox")  # fmt: skip
COUNT = 40  # pictures of a sequence
ENCODING = Encoding(matrix=BT601, full=True)


def frames(folder: Path, count: int = COUNT) -> list[Image.Image]:
    return [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))[:count]]


def gray_film(images: list[Image.Image]) -> list[Picture]:
    """The pictures' luma (BT.601) as a film."""
    return film_of([np.asarray(image.convert("YCbCr"))[..., 0] for image in images])


def film_of(lumas: list[NDArray[np.uint8]] | NDArray[np.uint8]) -> list[Picture]:
    return [Picture(luma=y, encoding=ENCODING, pts=i, duration=1, number=i) for i, y in enumerate(lumas)]


def shrunk_to(images: list[Image.Image], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The pictures at a size (h,w): (T,h,w,3)."""
    return np.stack([np.asarray(image.resize(shape[::-1], Image.Resampling.BOX)) for image in images])


def painted_small(L: NDArray[np.float32], maps: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Normalised L (h,w) in the colours of maps (4,h,w): (h,w,3)."""
    levels = ((L + 1) / 2 * L_LEVELS + 0.5).astype(np.uint16)
    return painted(levels, maps.copy(), bits=8)


def maps_of(ab: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colour maps (4,h,w) of ab (2,h,w) in Lab units."""
    return colour_maps(np.zeros_like(ab), ab)
