"""Read preprocessing's index of all photographs: their splits and categories."""

from pathlib import Path

import pandas as pd

from colorization.core.files import read_table


def rows_of(index: Path, split: str) -> pd.DataFrame:
    """The index rows of a split's photographs, in the order of its packed array."""
    table = read_table(index)
    return table[(table.split == split) & (table.row >= 0)].sort_values("row", ignore_index=True)


def shared_categories(index: Path) -> list[str]:
    """The categories that training and validation photographs have in common, sorted."""
    return sorted(set(rows_of(index, "train").category) & set(rows_of(index, "val").category))
