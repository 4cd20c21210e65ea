"""Is a change better? One model's measures at two revisions, compared photograph by photograph.

python -m tools.diff resunet main my-experiment

A revision is a branch, a commit or the name of an experiment. Without revisions it compares the last commit with the
workspace, like `dvc metrics diff`.
"""

import argparse
import io
from pathlib import Path

import numpy as np
import pandas as pd

from colorization.core import paths
from colorization.core.errors import InputError, run
from colorization.core.files import read_table
from colorization.core.params import Config, load_config
from colorization.evaluation.comparison import add_frechet, differences, measured


class Revision:
    """A model's results at a commit (from DVC's cache) or in the workspace.

    Raises InputError for an unknown revision, and for a file that is missing from the cache.
    """

    def __init__(self, name: str | None):
        from dvc.api import DVCFileSystem  # a second to import
        from dvc.exceptions import DvcException

        self.name, self.failures, self.files = name or "workspace", (DvcException, OSError), DVCFileSystem(rev=name)
        try:
            self.files.exists("dvc.yaml")
        except self.failures as error:
            raise InputError(f"{self.name}: {error}; name a branch, a commit or an experiment") from None

    def read(self, path: Path) -> io.BytesIO:
        try:
            return io.BytesIO(self.files.read_bytes(str(path)))
        except self.failures as error:
            raise InputError(f"{self.name}: {error}; run there: dvc repro, or: dvc fetch") from None

    def scores(self, model: str) -> pd.DataFrame:
        return read_table(self.read(paths.scores(model)))

    def features(self, row: str) -> np.ndarray:
        return np.load(self.read(paths.features(row)), allow_pickle=False)


def compared(model: str, before: Revision, after: Revision, config: Config) -> pd.DataFrame:
    """Rows (measure, before, after, difference, low, high): the difference is after minus before, with its interval.

    Recognition is compared if the same classifier judged both, the rebalanced AuC if the same weights of colours did.
    Raises InputError if the photographs differ.
    """
    scores = {"after": after.scores(model), "before": before.scores(model)}
    if not scores["after"].name.equals(scores["before"].name):
        counts = " and ".join(f"{len(table)} at {side.name}" for table, side in zip(scores.values(), (after, before)))
        raise InputError(f"{model}: scored on different photographs ({counts}); use the same data and evaluate.split")
    if not _near(scores, "mse_gray"):
        raise InputError(f"{model}: scored at different sizes; use the same data.image_size and data.resize")
    values, resampled = measured(scores, config.compare, config.train.seed)
    original = after.features("original")
    if np.array_equal(original, before.features("original")):
        features = {"after": after.features(model), "before": before.features(model)}
        add_frechet(values, resampled, features, original, config.compare, config.train.seed)
    else:
        print("the two revisions have different classifiers: recognised and scene_frechet are left out")
        values = _without("recognised", values)
    if not _near(scores, "weight"):
        print("the two revisions weigh colours differently: auc_rebalanced is left out")
        values = _without("auc_rebalanced", values)
    table = differences(values, resampled).drop(columns=["first", "second", "p", "p_holm"])
    for place, side in enumerate(("before", "after"), 1):
        table.insert(place, side, table.measure.map(values[side]))
    return table


def _near(scores: dict[str, pd.DataFrame], column: str) -> bool:
    """Whether a column of both tables, which depends on no model, is the same but for rounding."""
    return np.allclose(scores["before"][column], scores["after"][column], rtol=1e-3, atol=1e-6)


def _without(measure: str, values: dict[str, dict]) -> dict[str, dict]:
    return {side: {m: v for m, v in found.items() if m != measure} for side, found in values.items()}


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.diff", description=__doc__.splitlines()[0])
    config = load_config()
    parser.add_argument("model", choices=config.rows)
    parser.add_argument("before", nargs="?", default="HEAD", help="a revision (default: %(default)s)")
    parser.add_argument("after", nargs="?", help="a revision (default: the workspace)")
    wanted = parser.parse_args()
    before, after = Revision(wanted.before), Revision(wanted.after)
    table = compared(wanted.model, before, after, config)
    heads = {"before": before.name, "after": after.name}
    print(table.rename(columns=heads).to_string(index=False, float_format="{:.4g}".format))


if __name__ == "__main__":
    run(main)
