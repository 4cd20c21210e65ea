"""The content of the page's tables: cells with intervals, marked if they are the best or clear of zero.

A difference is clear of zero if Holm's correction for all pairs within its measure leaves it so.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from colorization.evaluation.measures import SHOWN

ALPHA = 0.05  # probability of any wrong "clear of zero" within a measure, if no pair differs
FEW = ("delta_e", "skill", "colorfulness_ratio", "scene_frechet")  # columns that fit a page and a phone
HINTED = ["network", "spread", "floor", "spread - floor"]  # of `hinted.table`, in the order of the page


def clear_of_zero(differences: pd.DataFrame) -> pd.Series:
    """Which rows of the table of differences are clear of zero: after Holm's correction, and by their own interval."""
    own = (differences.low > 0) | (differences.high < 0)
    return own & (differences.p_holm < ALPHA)


def number(value: float, digits: str) -> str:
    """A number with a proper minus sign, or a dash for nan."""
    return "–" if pd.isna(value) else format(value, digits).replace("-", "−")


def results_table(table: pd.DataFrame, differences: pd.DataFrame, measures: Iterable[str] = tuple(SHOWN)) -> dict:
    """Columns {measure: Measure}, and a row of cells per model: text, interval, and whether it is the best.

    The best value and all values whose paired difference to it is not clear of zero count as best.
    """
    shown = {m: SHOWN[m] for m in measures if m in table and table[m].notna().any()}
    best = {m: best_of(table, differences, m) if SHOWN[m].better else set() for m in shown}
    rows = []
    for row in table.to_dict("records"):
        cells = []
        for measure, about in shown.items():
            ends = [row.get(f"{measure}{end}", np.nan) for end in ("_low", "_high")]
            interval = "" if pd.isna(ends[0]) else "–".join(number(end, about.digits) for end in ends)
            is_best = row["model"] in best[measure]
            cells.append({"text": number(row[measure], about.digits), "interval": interval, "best": is_best})
        rows.append({"name": row["model"], "cells": cells})
    return {"columns": shown, "rows": rows}


def best_of(table: pd.DataFrame, differences: pd.DataFrame, measure: str, among: tuple[str, ...] = ()) -> set[str]:
    """The model with the best value of a measure, and those whose paired difference to it is not clear of zero."""
    values = table.set_index("model")[measure].dropna()
    values = values[[name for name in values.index if not among or name in among]]
    first = (values * SHOWN[measure].better).idxmax()
    rows = differences[differences.measure == measure]
    open_ = rows[~clear_of_zero(rows)]
    pairs = {frozenset(pair) for pair in zip(open_["first"], open_.second)}
    return {name for name in values.index if name == first or frozenset((first, name)) in pairs}


def lead(table: pd.DataFrame, differences: pd.DataFrame, models: tuple[str, ...], measure: str = "delta_e") -> dict:
    """The model with the lowest ΔE and the gray floor as rows of the table, and the names that tie with that model."""
    rows = table.set_index("model", drop=False)
    model = rows.loc[list(models)].sort_values(measure).iloc[0].to_dict()
    rivals = best_of(table, differences, measure, models) - {model["model"]}
    return {"model": model, "rivals": [name for name in models if name in rivals],
            "gray": rows.loc["gray"].to_dict()}  # fmt: skip


def category_table(table: pd.DataFrame) -> dict:
    """ΔE with its interval, by category (rows) and model (columns)."""
    models = list(dict.fromkeys(table.model))
    rows = []
    for name, part in table.groupby("category", sort=False):
        part = part.set_index("model")
        cells = [part.loc[model, ["delta_e", "delta_e_low", "delta_e_high"]].tolist() for model in models]
        first = part.iloc[0]
        rows.append({"name": name, "source": first.source, "photographs": int(first.photographs), "cells": cells})
    return {"models": models, "rows": rows}


def difference_table(differences: pd.DataFrame) -> dict:
    """First minus second for every pair of rows: columns of measures; cells with interval, and if it is clear of 0."""
    measures = [m for m in SHOWN if m in set(differences.measure)]
    rows = []
    for (first, second), part in differences.groupby(["first", "second"], sort=False):
        part = part.assign(clear=clear_of_zero(part)).set_index("measure")
        cells = []
        for measure in measures:
            digits = SHOWN[measure].digits
            value, low, high = part.loc[measure, ["difference", "low", "high"]]
            interval = f"{number(low, digits)} to {number(high, digits)}"
            cells.append({"text": number(value, digits), "interval": interval, "clear": part.clear[measure]})
        rows.append({"first": first, "second": second, "cells": cells})
    return {"headings": [SHOWN[measure].heading for measure in measures], "rows": rows}


def seed_table(seeds: pd.DataFrame) -> list[dict]:
    """Mean and spread of ΔE, MSE and colour over the seeds, for models with more than one seed."""
    shown = seeds[(seeds.seeds > 1) & seeds.measure.isin(["delta_e", "mse", "colorfulness_ratio"])]
    return shown.to_dict("records")


def joined(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The models' tables as one, with a column `model`."""
    return pd.concat([table.assign(model=name) for name, table in tables.items()], ignore_index=True)


def vivid_rows(curves: pd.DataFrame) -> list[dict]:
    """For each curve of the trade-off (a model and a knob), the point whose colour is nearest to the originals'."""
    away = (curves.colorfulness_ratio - 1).abs()
    nearest = away.groupby([curves.model, curves.knob], sort=False).idxmin()
    return curves.loc[nearest].to_dict("records")


def hint_rows(tables: Mapping[str, pd.DataFrame]) -> list[dict]:
    """ΔE over the number of hints: a row per model and number, with a cell for each of HINTED."""
    found = []
    for model, table in tables.items():
        shown = table[table.category.isna() & (table.measure == "delta_e")].dropna(subset="count")
        for count, part in shown.groupby("count"):
            cells = part.set_index("who").loc[HINTED].to_dict("records")
            found.append({"model": model, "count": int(count), "photographs": cells[0]["photographs"], "cells": cells})
    return found


def count_verdicts(claims: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    return {kind: sum(c["verdict"] == kind for c in claims.values()) for kind in ("confirmed", "refuted", "undecided")}
