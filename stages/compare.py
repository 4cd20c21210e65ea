"""Scores of all models and floors → metrics/summary.json and four tables, with 95 % intervals and paired differences."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from colorization import frechet, statistics
from colorization.config import MODELS, Compare, load_config
from colorization.errors import run
from colorization.files import TEXTS, write_json, write_table

SCORES = "data/scores/{}.csv"


def measured(scores: dict[str, pd.DataFrame], params: Compare, seed: int):
    """Every row's measures, and the same on resampled photographs."""
    values = {name: statistics.summarise(table) for name, table in scores.items()}
    return values, statistics.bootstrap(scores, params.resamples, seed)


def add_frechet(
    values: dict, resampled: dict, features: dict[str, np.ndarray], original: np.ndarray, params: Compare, seed: int
) -> None:
    """The Fréchet distance in the classifier's features, (N,F) of every row and the originals', where it knows categories."""
    features = {name: found for name, found in features.items() if "accuracy" in values[name]}
    if not features:
        return
    found = frechet.estimates(features, original, params.frechet_resamples, seed)
    for name, (value, drawn) in found.items():
        values[name]["scene_frechet"], resampled[name]["scene_frechet"] = value, drawn


def add_fid(values: dict, resampled: dict) -> None:
    """The Fréchet inception distance, where evaluate.fid asked for it; it has no interval."""
    for name, measures in values.items():
        overall = json.loads(Path(f"metrics/{name}/scores.json").read_text())["overall"]
        if "fid" in overall:
            measures["fid"], resampled[name]["fid"] = overall["fid"], np.full(1, np.nan)


def table(values: dict, resampled: dict, photographs: int) -> pd.DataFrame:
    """A row per model: each measure with the ends of its interval."""
    rows = []
    for name, measures in values.items():
        row = {"model": name, "photographs": photographs}
        for measure, value in measures.items():
            low, high = statistics.interval(resampled[name][measure])
            row |= {measure: value, f"{measure}_low": low, f"{measure}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def by_category(scores: dict[str, pd.DataFrame], params: Compare, seed: int) -> pd.DataFrame:
    parts = []
    for category in sorted(set(next(iter(scores.values())).category)):
        ours = {name: table[table.category == category] for name, table in scores.items()}
        part = table(*measured(ours, params, seed), len(next(iter(ours.values()))))
        parts.append(part.assign(category=category))
    return pd.concat(parts, ignore_index=True)


def between_seeds(values: dict, whole: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over trainings with other seeds, beside the interval within the first."""
    rows = []
    for name in MODELS:
        repeats = [values[name], *json.loads(Path(f"metrics/{name}/seeds.json").read_text()).values()]
        first = whole.set_index("model").loc[name]
        for measure in filter(lambda m: all(m in repeat for repeat in repeats), values[name]):
            found = np.array([repeat[measure] for repeat in repeats])
            spread = found.std(ddof=1) if len(found) > 1 else np.nan
            ends = (first[f"{measure}_low"], first[f"{measure}_high"])
            rows.append((name, measure, len(found), found.mean(), spread, found.min(), found.max(), *ends))
    columns = ["model", "measure", "seeds", "mean", "sd", "min", "max", "first_low", "first_high"]
    return pd.DataFrame(rows, columns=columns)


def main():
    names, config = sys.argv[1:], load_config()
    params, seed = config.compare, config.train.seed
    scores = {name: pd.read_csv(SCORES.format(name), keep_default_na=False, dtype=TEXTS) for name in names}
    values, resampled = measured(scores, params, seed)
    features = {name: np.load(f"data/features/{name}.npy", allow_pickle=False) for name in ("original", *names)}
    original = features.pop("original")
    add_frechet(values, resampled, features, original, params, seed)
    add_fid(values, resampled)
    whole = table(values, resampled, len(next(iter(scores.values()))))
    write_json(Path("metrics/summary.json"), statistics.rounded(values))
    write_table(Path("metrics/table.csv"), whole)
    write_table(Path("metrics/categories.csv"), by_category(scores, params, seed))
    write_table(Path("metrics/differences.csv"), statistics.differences(values, resampled))
    write_table(Path("metrics/seeds.csv"), between_seeds(values, whole))
    print(pd.DataFrame(values).round(4).to_string())


if __name__ == "__main__":
    run(main)
