"""report/index.html from a run's tables, results and figures: one file that needs nothing else."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO

import numpy as np
import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from PIL import Image

from colorization.labels import COLORS, MEASURES, NAMES
from colorization.selection import extremes, spread

SLIDERS, EXTREMES = 12, 4  # photographs with a slider; of each kind for each model
TEMPLATES = files("colorization.report")


@dataclass(frozen=True, kw_only=True)
class Run:
    """Everything that the page tells. Tables as the stages write them; results (N,S,S,3) uint8 by row and "original"."""

    table: pd.DataFrame
    categories: pd.DataFrame
    differences: pd.DataFrame
    seeds: pd.DataFrame
    scores: Mapping[str, pd.DataFrame]
    results: Mapping[str, np.ndarray]
    audit: Mapping
    download: Mapping
    claims: Mapping[str, Mapping[str, str]]
    people: Mapping
    figures: Mapping[str, bytes]  # PNG by name, in the order of the page
    params: str
    versions: Mapping[str, str]
    revision: str
    models: tuple[str, ...]
    samples: int  # draws of a network that can draw several


def render(run: Run) -> str:
    """The page as HTML. Nothing in it comes from the network, and what comes from files is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": number, "figure": figure_uri}
    template = environment.from_string(TEMPLATES.joinpath("page.html.j2").read_text("utf-8"))
    return template.render(
        run=run, names=NAMES, colors=COLORS, rows=list(run.scores), test=len(run.results["original"]),
        css=_inlined("page.css"), js=_inlined("page.js"),
        results=results_table(run.table, run.differences), best=lead(run), categories=category_table(run.categories),
        sliders=sliders(run), extremes=of_models(run), verdicts=count_verdicts(run.claims),
        measures=MEASURES,
        sampled=run.table[run.table.diversity.notna()].to_dict("records") if "diversity" in run.table else [],
        seeds=seed_table(run.seeds),
        differences=difference_table(run.differences),
    )  # fmt: skip


def number(value: float, digits: str) -> str:
    """A number with a proper minus, or a dash where there is none."""
    return "–" if pd.isna(value) else format(value, digits).replace("-", "−")


def results_table(table: pd.DataFrame, differences: pd.DataFrame) -> dict:
    """Columns {measure: what it is} and a row per model of cells: text, interval, and whether it is the best.

    Best are the best value and all that the paired differences do not tell from it.
    """
    shown = {m: about for m, about in MEASURES.items() if m in table and table[m].notna().any()}
    best = {m: best_of(table, differences, m) if about.better else set() for m, about in shown.items()}
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
    """The model with the best value of a measure, and those whose paired difference to it holds zero."""
    values = table.set_index("model")[measure].dropna()
    values = values[[name for name in values.index if not among or name in among]]
    first = (values * MEASURES[measure].better).idxmax()
    rows = differences[differences.measure == measure]
    open_ = rows[~((rows.low > 0) | (rows.high < 0))]
    pairs = {frozenset(pair) for pair in zip(open_["first"], open_.second)}
    return {name for name in values.index if name == first or frozenset((first, name)) in pairs}


def lead(run: Run, measure: str = "delta_e") -> dict:
    """The network with the lowest ΔE as a row of the table, the names that are not told from it, and the gray floor."""
    rows = run.table.set_index("model", drop=False)
    model = rows.loc[list(run.models)].sort_values(measure).iloc[0].to_dict()
    rivals = best_of(run.table, run.differences, measure, run.models) - {model["model"]}
    return {"model": model, "rivals": [NAMES[name] for name in run.models if name in rivals],
            "gray": rows.loc["gray"].to_dict()}  # fmt: skip


def category_table(table: pd.DataFrame) -> dict:
    """ΔE with its interval, by category (rows) and model (columns)."""
    models = list(dict.fromkeys(table.model))
    rows = []
    for name, part in table.groupby("category", sort=False):
        part = part.set_index("model")
        cells = [part.loc[model, ["delta_e", "delta_e_low", "delta_e_high"]].tolist() for model in models]
        rows.append({"name": name, "photographs": int(part.photographs.iloc[0]), "cells": cells})
    return {"models": models, "rows": rows}


def sliders(run: Run) -> list[dict]:
    """Test photographs, a few of every category: their pictures by row, and their scores."""
    scores = next(iter(run.scores.values()))
    return [
        {
            "name": scores.name[row],
            "category": scores.category[row],
            "pictures": {name: picture_uri(pictures[row]) for name, pictures in run.results.items()},
            "scores": {name: f"ΔE\u00a0{table.delta_e[row]:.1f}, MSE\u00a0{table.mse[row]:.4f}, SSIM\u00a0{table.ssim[row]:.3f}"
                       for name, table in run.scores.items()},
        }
        for row in spread(scores.category, SLIDERS)
    ]  # fmt: skip


def of_models(run: Run) -> dict[str, dict[str, list[dict]]]:
    """For each network its best, typical and worst results by ΔE, beside the originals."""
    found = {}
    for model in run.models:
        table = run.scores[model]
        found[model] = {
            kind: [
                {"name": table.name[row], "category": table.category[row], "delta_e": table.delta_e[row],
                 "result": picture_uri(run.results[model][row]), "original": picture_uri(run.results["original"][row])}
                for row in rows
            ]
            for kind, rows in extremes(table.delta_e, EXTREMES).items()
        }  # fmt: skip
    return found


def difference_table(differences: pd.DataFrame) -> dict:
    """First minus second of every two rows: columns of measures, cells with the interval and whether it is clear of 0."""
    measures = [m for m in MEASURES if m in set(differences.measure)]
    rows = []
    for (first, second), part in differences.groupby(["first", "second"], sort=False):
        part = part.set_index("measure")
        cells = []
        for measure in measures:
            digits = MEASURES[measure].digits
            value, low, high = part.loc[measure, ["difference", "low", "high"]]
            interval = f"{number(low, digits)} to {number(high, digits)}"
            cells.append({"text": number(value, digits), "interval": interval, "clear": low > 0 or high < 0})
        rows.append({"first": first, "second": second, "cells": cells})
    return {"headings": [MEASURES[measure].heading for measure in measures], "rows": rows}


def seed_table(seeds: pd.DataFrame) -> list[dict]:
    """Mean and spread of ΔE, MSE and colour over the seeds, where there is more than one."""
    shown = seeds[(seeds.seeds > 1) & seeds.measure.isin(["delta_e", "mse", "colorfulness_ratio"])]
    return shown.to_dict("records")


def count_verdicts(claims: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    return {kind: sum(c["verdict"] == kind for c in claims.values()) for kind in ("confirmed", "refuted", "undecided")}


def picture_uri(pixels: np.ndarray) -> str:
    """(S,S,3) uint8 → a data URI, lossless: a lossy one would blur the very colours that are shown."""
    return _webp(Image.fromarray(pixels), lossless=True)


def figure_uri(png: bytes) -> str:
    """A figure as a data URI, lossless and smaller than its PNG."""
    with Image.open(BytesIO(png)) as image:
        return _webp(image.convert("RGB"), lossless=True)


def _webp(image: Image.Image, **options) -> str:
    buffer = BytesIO()
    image.save(buffer, "webp", **options)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def _inlined(name: str) -> Markup:
    return Markup(TEMPLATES.joinpath(name).read_text("utf-8"))
