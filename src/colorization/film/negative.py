"""A film of negatives: one table of tones for the whole film, so that its light does not flicker."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from colorization.film.opening import opened
from colorization.film.reading import Film
from colorization.photo.negative import ENDS, turned

ROWS = 8  # one row of so many tells a picture's tones


def positive_tones(source: Path, progress: Callable[[], object]) -> NDArray[np.uint8]:
    """The table (256,) that turns a negative film's luma into its positive's. Reads the film once.

    progress: called after each picture; it may raise to end the work.
    """
    counts = np.zeros(256, np.int64)
    with opened(source) as container:
        for picture in Film(container, source).pictures():
            progress()
            encoding = picture.encoding
            counts += np.bincount(picture.luma[::ROWS].ravel(), minlength=256)
    low, high = encoding.gray[np.searchsorted(counts.cumsum() / counts.sum(), np.array(ENDS) / 100)]
    return encoding.luma_of(turned(encoding.gray, low, high))
