"""Read preprocessing's index of all photographs: their splits and categories."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from colorization.core.errors import InputError
from colorization.core.files import read_table


def rows_of(index: Path, split: str) -> pd.DataFrame:
    """The index rows of a split's photographs, in the order of its packed array."""
    table = read_table(index)
    return table[(table.split == split) & (table.row >= 0)].sort_values("row", ignore_index=True)


def shared_categories(index: Path) -> list[str]:
    """The categories that training and validation photographs have in common, sorted."""
    return sorted(set(rows_of(index, "train").category) & set(rows_of(index, "val").category))


def shown(index: Path, copies: Mapping[str, int]) -> NDArray[np.intp] | None:
    """The rows (M,) of the training photographs that an epoch shows: those of a source in `copies` that many times.

    None: each once. Raises InputError for a source that no training photograph has.
    """
    if not copies:
        return None
    sources = rows_of(index, "train").source
    for name in copies:
        if name not in set(sources):
            known = ", ".join(sorted(set(sources)))
            raise InputError(f"train.copies: {name}: no training photograph is from there; the sources are {known}")
    return np.repeat(np.arange(len(sources)), [copies.get(name, 1) for name in sources])
