"""Compare all rows (models and floors): measures with intervals, pair by pair, by category, and between seeds."""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from colorization.core.params import Compare
from colorization.evaluation import frechet
from colorization.evaluation.intervals import bootstrap, interval
from colorization.evaluation.measures import MEASURES, summarise
from colorization.evaluation.significance import holm, p_value


def measured(scores: Mapping[str, pd.DataFrame], params: Compare, seed: int):
    """The measures of every row, and the same measures on resampled photographs."""
    values = {name: summarise(table) for name, table in scores.items()}
    return values, bootstrap(scores, params.resamples, seed)


def overall(
    scores: pd.DataFrame, features: np.ndarray, original: np.ndarray, params: Compare, seed: int
) -> dict[str, float]:
    """The measures of one row with its Fréchet distance. features, original: (N,F) of its results and the originals."""
    values = summarise(scores)
    if "recognised" in values:
        for distance, _ in frechet.estimates({"": features}, original, params.frechet_resamples, seed).values():
            values["scene_frechet"] = distance
    return values


def add_frechet(
    values: dict, resampled: dict, features: Mapping[str, np.ndarray], original: np.ndarray, params: Compare, seed: int
) -> None:
    """Add the Fréchet distance in the classifier's features, if the classifier knows categories.

    features, original: (N,F) of each row and of the originals.
    """
    features = {name: found for name, found in features.items() if "recognised" in values[name]}
    if not features:
        return
    found = frechet.estimates(features, original, params.frechet_resamples, seed)
    for name, (value, drawn) in found.items():
        values[name]["scene_frechet"], resampled[name]["scene_frechet"] = value, drawn


def add_fid(values: dict, resampled: dict, summaries: Mapping[str, Mapping[str, float]]) -> None:
    """Add the Fréchet inception distance if evaluate.fid is true; it has no interval."""
    for name, measures in values.items():
        if "fid" in summaries[name]:
            measures["fid"], resampled[name]["fid"] = summaries[name]["fid"], np.full(1, np.nan)


def table(values: dict, resampled: dict, photographs: int) -> pd.DataFrame:
    """One row per model or floor: each measure with both ends of its interval."""
    rows = []
    for name, measures in values.items():
        row = {"model": name, "photographs": photographs}
        for measure, value in measures.items():
            low, high = interval(resampled[name][measure])
            row |= {measure: value, f"{measure}_low": low, f"{measure}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def differences(values: Mapping[str, Mapping[str, float]], resampled: Mapping[str, Mapping[str, np.ndarray]]):
    """Rows (measure, first, second, difference, low, high, p, p_holm): first minus second, for pairs with the measure.

    values: the measures of every model; resampled: the same measures on draws that all models share. low, high: the
    plain 95 % interval of this pair. p_holm: p corrected for all pairs of the table within the measure.
    """
    rows = []
    for first, second in combinations(values, 2):
        for measure in values[first]:
            if measure in values[second] and MEASURES[measure].compared:
                drawn = resampled[first][measure] - resampled[second][measure]
                difference = values[first][measure] - values[second][measure]
                rows.append((measure, first, second, difference, *interval(drawn), p_value(difference, drawn)))
    table = pd.DataFrame(rows, columns=["measure", "first", "second", "difference", "low", "high", "p"])
    return table.assign(p_holm=table.groupby("measure").p.transform(lambda p: holm(p.to_numpy())))


def by_category(scores: Mapping[str, pd.DataFrame], params: Compare, seed: int) -> pd.DataFrame:
    """The same table within each category; with several sources, within each source and each of its categories."""
    parts = []
    for source, category, inside in groups(next(iter(scores.values()))):
        ours = {name: rows[inside] for name, rows in scores.items()}
        values, resampled = measured(ours, params, seed)
        parts.append(table(values, resampled, int(inside.sum())).assign(source=source, category=category))
    return pd.concat(parts, ignore_index=True)


def groups(scores: pd.DataFrame) -> Iterator[tuple[str, str, pd.Series]]:
    """Source, name and rows (N,) bool of each category; with several sources, of each source before its categories."""
    several = scores.source.nunique() > 1
    for source, ours in scores.groupby("source"):
        if several:
            yield source, source, scores.source == source
        for category in sorted(set(ours.category)):
            name = f"{source}/{category}" if several else category
            yield source, name, (scores.source == source) & (scores.category == category)


def between_seeds(values: Mapping, whole: pd.DataFrame, repeats: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Mean and standard deviation over trainings with different seeds, beside the interval of the first training.

    repeats: the tables of models that were trained again (columns seed, measure, value; without the first seed).
    """
    rows = []
    for name, table_of_seeds in repeats.items():
        others = [dict(zip(part.measure, part.value)) for _, part in table_of_seeds.groupby("seed")]
        runs = [values[name], *others]
        first = whole.set_index("model").loc[name]
        for measure in filter(lambda m: all(m in run for run in runs), values[name]):
            found = np.array([run[measure] for run in runs])
            spread = found.std(ddof=1) if len(found) > 1 else np.nan
            ends = (first[f"{measure}_low"], first[f"{measure}_high"])
            rows.append((name, measure, len(found), found.mean(), spread, found.min(), found.max(), *ends))
    columns = ["model", "measure", "seeds", "mean", "sd", "min", "max", "first_low", "first_high"]
    return pd.DataFrame(rows, columns=columns)
