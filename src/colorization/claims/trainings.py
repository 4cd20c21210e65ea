"""The losses of all trainings of a run."""

import pandas as pd

from colorization.core import paths
from colorization.core.files import read_table
from colorization.core.params import Train


def trainings(model: str, train: Train) -> pd.DataFrame:
    """A row per seed and epoch, the scored training first, then those of `repeat`; the columns of both, and `seed`."""
    found = [read_table(paths.history(model), separator="\t").assign(seed=train.seed)]
    if model in train.repeats:
        found.append(read_table(paths.seeds_history(model), separator="\t"))
    return pd.concat(found, ignore_index=True)
