"""The losses of all trainings of a model."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from colorization.core.files import read_table


def trainings(histories: Sequence[Path], seed: int) -> pd.DataFrame:
    """A row per seed and epoch: the scored training with its seed, then those of `repeat`, if there are any."""
    scored, *others = (read_table(path, separator="\t") for path in histories)
    return pd.concat([scored.assign(seed=seed), *others], ignore_index=True)
