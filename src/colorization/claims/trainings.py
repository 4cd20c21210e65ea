"""The losses of all trainings of a model."""

from pathlib import Path

import pandas as pd

from colorization.core.files import read_table


def trainings(history: Path, seed: int, others: Path | None) -> pd.DataFrame:
    """A row per seed and epoch: the scored training with its seed, then those of `repeat`, if there are any."""
    found = [read_table(history, separator="\t").assign(seed=seed)]
    if others is not None:
        found.append(read_table(others, separator="\t"))
    return pd.concat(found, ignore_index=True)
