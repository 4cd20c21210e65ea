"""The result of a photograph in bands from top to bottom, each painted tile by tile, which bounds memory."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from colorization.photo.pixels import TILE, parts
from colorization.photo.recolor import canvas, heightened, interpolation, paint, widened
from colorization.photo.sixteen_bit import STRIP

BAND = 2**22  # pixels of the result that are computed at a time


def painted_bands(levels: NDArray[np.uint16], colour: NDArray, bits: int, each: Callable) -> Iterator[NDArray]:
    """Lightness levels (H,W) in the colours of a map (4,h,w) → bands (rows,W,3) of sRGB.

    bits: 8 or 16, see `canvas`. each: `map`, or that of an executor.
    """
    height, width = levels.shape
    rows = max(1, BAND // width // STRIP * STRIP)
    for top in range(0, height, rows):
        band = canvas((min(rows, height - top), width), bits)
        first, last = (
            interpolation(row, row + 1, size=colour.shape[1], full=height)[0] for row in (top, top + len(band) - 1)
        )
        needed = slice(first.start, last.stop)

        def fill(columns: slice, top=top, band=band, needed=needed):
            wide = np.empty((*colour.shape[:2], columns.stop - columns.start), np.float32)
            wide[:, needed] = widened(colour[:, needed], columns, width)
            for part in parts(len(band), TILE[0]):
                here = slice(top + part.start, top + part.stop)
                paint(levels[here, columns], heightened(wide, here, height), band[part, columns])

        list(each(fill, parts(width, TILE[1])))
        yield band
