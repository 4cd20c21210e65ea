"""PNG's chunk gAMA: how the stored values relate to light, where no profile says it better.

PNG specification, third edition, section 4.3: cICP comes before iCCP, that before sRGB, and that before gAMA.
"""

from functools import lru_cache
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.imaging import curve

SRGB_GAMMA = 1 / 2.2  # a file that says so is in sRGB for all practical purposes
TOLERANCE = 0.05  # libpng's PNG_GAMMA_THRESHOLD: a smaller difference is not seen
RANGE = (0.05, 20.0)  # beyond it the chunk is damaged
LENGTH, HEADER = 4, 8  # bytes of a chunk's length, and of the file's signature


def exponent(info: dict) -> float | None:
    """The gamma of an image's `info` as Pillow reads it, stored = light ** gamma. None: it is sRGB, or not told."""
    gamma = info.get("gamma")
    if not isinstance(gamma, float) or not RANGE[0] <= gamma <= RANGE[1] or info.get("icc_profile") or "srgb" in info:
        return None
    return None if abs(gamma / SRGB_GAMMA - 1) <= TOLERANCE else gamma


@lru_cache(maxsize=8)
def table(gamma: float, levels: int) -> NDArray:
    """Stored value → sRGB, both 0..levels-1; uint8 for 256 levels, uint16 for 65536."""
    light = np.linspace(0, 1, levels) ** (1 / gamma)
    return (curve.gamma(light) * (levels - 1) + 0.5).astype(np.uint8 if levels == 256 else np.uint16)


def drop_overruled_gamma(image: Image.Image) -> None:
    """Remove the gamma of an opened PNG that has the chunk cICP, which Pillow ignores. Leaves its file in place."""
    file = getattr(image, "fp", None)
    if image.format == "PNG" and "gamma" in image.info and file:
        start = file.tell()
        if _has_cicp(file):
            del image.info["gamma"]
        file.seek(start)


def _has_cicp(file: IO[bytes]) -> bool:
    at = HEADER
    while True:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or head[LENGTH:] in (b"cICP", b"IDAT"):
            return head[LENGTH:] == b"cICP"
        at += int.from_bytes(head[:LENGTH]) + 12  # its length, its kind and its CRC have 4 bytes each
