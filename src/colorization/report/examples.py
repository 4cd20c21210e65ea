"""Choose photographs for figures and pages: a few of each category, and a model's best, typical and worst."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

KINDS = ("best", "typical", "worst")
COLOURFUL = 5.0  # ΔE of the gray photograph: with less there is hardly a colour to find
ALIKE = 30.0  # root mean square difference, in 8-bit levels, below which thumbnails look alike
CELLS = 8  # of a thumbnail's side


def spread(categories: pd.Series, count: int) -> list[int]:
    """Rows of at most `count` photographs, one of each category in turn, in the order given."""
    turn = categories.groupby(categories).cumcount()
    return sorted(categories.index, key=lambda row: (turn[row], categories[row]))[:count]


def extremes(errors: pd.Series, gray_errors: pd.Series, originals: np.ndarray, count: int) -> dict[str, list[int]]:
    """Rows of at most `count` photographs with the lowest, the middle and the highest errors, the most extreme first.

    errors, gray_errors: ΔE of the results and of the gray photographs, by row; originals (N,S,S,3) uint8. Photographs
    with hardly a colour (gray_errors below COLOURFUL) are passed over, and so are those that look like one already
    chosen. The photographs left are divided into thirds, so that each row has one kind.
    """
    order = errors[gray_errors >= COLOURFUL].sort_values(kind="stable").index.to_numpy()
    best, typical, worst = np.array_split(order, 3)
    middle = typical[np.argsort(np.abs(np.arange(len(typical)) - (len(typical) - 1) / 2), kind="stable")]
    chosen: list[np.ndarray] = []
    orders = zip(KINDS, (best, middle, worst[::-1]))
    return {kind: _unlike(rows, originals, count, chosen) for kind, rows in orders}


def _unlike(rows: Iterable[int], originals: np.ndarray, count: int, chosen: list[np.ndarray]) -> list[int]:
    """The first `count` rows whose thumbnail looks like none of those chosen before, to which they are added."""
    found: list[int] = []
    for row in rows:
        if len(found) == count:
            break
        small = thumbnail(originals[row])
        if all(np.sqrt(np.mean((small - other) ** 2)) >= ALIKE for other in chosen):
            chosen.append(small)
            found.append(int(row))
    return found


def thumbnail(picture: np.ndarray) -> np.ndarray:
    """(S,S,3) uint8 → (CELLS,CELLS,3) float, each value the mean of its cell."""
    side = len(picture) // CELLS
    return picture[: side * CELLS, : side * CELLS].reshape(CELLS, side, CELLS, side, 3).mean(axis=(1, 3))
