"""The result of a photograph in bands from top to bottom, each painted tile by tile, which bounds memory."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from colorization.photo.pixels import tiles
from colorization.photo.recolor import enlarged, painted
from colorization.photo.sixteen_bit import STRIP

BAND = 2**22  # pixels of the result that are computed at a time


def painted_bands(levels: NDArray[np.uint16], colour: NDArray, bits: int, each: Callable) -> Iterator[NDArray]:
    """Lightness levels (H,W) in the colours of a map (4,h,w) → bands (rows,W,3) of sRGB.

    bits: 8 for uint8, 16 for uint16. each: `map`, or that of an executor.
    """
    height, width = levels.shape
    rows = max(1, BAND // width // STRIP * STRIP)
    for top in range(0, height, rows):
        band = np.empty((min(rows, height - top), width, 3), np.uint8 if bits == 8 else np.uint16)

        def paint(box, top=top, band=band):
            here = slice(top + box[0].start, top + box[0].stop), box[1]
            band[box] = painted(levels[here], enlarged(colour, here, levels.shape), bits=bits)

        list(each(paint, tiles(band.shape[:2])))
        yield band
