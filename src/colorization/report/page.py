"""Render report/index.html from a run's tables, results and figures: one self-contained file."""

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

from colorization.core.params import PAPER
from colorization.evaluation.measures import SHOWN
from colorization.report import tables
from colorization.report.examples import extremes, spread
from colorization.report.labels import SPLITS, Labels, model_figures

SLIDERS, EXTREMES = 12, 4  # photographs with a slider; photographs of each kind (best, typical, worst) for each model
TEMPLATES = files("colorization.report")


@dataclass(frozen=True, kw_only=True)
class Run:
    """The content of the page. Tables as the stages write them; results (N,S,S,3) uint8 by row and "original"."""

    table: pd.DataFrame
    categories: pd.DataFrame
    differences: pd.DataFrame
    seeds: pd.DataFrame
    tradeoff: Mapping[str, pd.DataFrame]  # by model
    hints: Mapping[str, pd.DataFrame]  # by model; empty for one that takes none
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
    descriptions: Mapping[str, Mapping]  # label, colour and architecture of every model
    samples: int  # number of draws from a model that can draw several
    split: str  # the split that was scored


def render(run: Run) -> str:
    """The page as HTML. It loads nothing from the internet, and all text from files is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": tables.number, "figure": figure_uri}
    template = environment.from_string(TEMPLATES.joinpath("page.html.j2").read_text("utf-8"))
    labels, best = Labels.of(run.descriptions), tables.lead(run.table, run.differences, run.models)
    return template.render(
        run=run, names=labels.names, colors=labels.colors, rows=list(run.scores),
        scored=len(run.results["original"]), split=SPLITS[run.split],
        css=_inlined("page.css"), js=_inlined("page.js"),
        results=tables.results_table(run.table, run.differences),
        best=best, rivals=[labels.names[name] for name in best["rivals"]],
        categories=tables.category_table(run.categories),
        sources=sorted(set(run.categories.source)),
        sliders=sliders(run), extremes=of_models(run), verdicts=tables.count_verdicts(run.claims),
        others=[labels.names[name] for name in run.models if name not in PAPER],
        hints=tables.hint_rows(run.hints),
        measures=SHOWN, vivid=tables.vivid_rows(tables.joined(run.tradeoff)),
        model_figures={name: {kind: stem for kind, (stem, _) in model_figures(name).items()} for name in run.models},
        sampled=run.table[run.table.diversity.notna()].to_dict("records") if "diversity" in run.table else [],
        seeds=tables.seed_table(run.seeds), differences=tables.difference_table(run.differences),
    )  # fmt: skip


def sliders(run: Run) -> list[dict]:
    """Scored photographs, a few from each category: their pictures by row, and their scores."""
    scores = next(iter(run.scores.values()))
    return [
        {
            "name": scores.name[row],
            "source": scores.source[row],
            "category": scores.category[row],
            "pictures": {name: picture_uri(pictures[row]) for name, pictures in run.results.items()},
            "scores": {name: _scores_of(table, row) for name, table in run.scores.items()},
        }
        for row in spread(scores.category, SLIDERS)
    ]


def _scores_of(table: pd.DataFrame, row: int) -> str:
    return f"ΔE\u00a0{table.delta_e[row]:.1f}, MSE\u00a0{table.mse[row]:.4f}, SSIM\u00a0{table.ssim[row]:.3f}"


def of_models(run: Run) -> dict[str, dict[str, list[dict]]]:
    """The best, typical and worst results of each model by ΔE, beside the originals."""
    found = {}
    for model in run.models:
        table = run.scores[model]
        found[model] = {
            kind: [
                {"name": table.name[row], "source": table.source[row], "category": table.category[row],
                 "delta_e": table.delta_e[row], "result": picture_uri(run.results[model][row]),
                 "original": picture_uri(run.results["original"][row])}
                for row in rows
            ]
            for kind, rows in extremes(table.delta_e, EXTREMES).items()
        }  # fmt: skip
    return found


def picture_uri(pixels: np.ndarray) -> str:
    """(S,S,3) uint8 → a data URI, lossless, because lossy compression would blur the colours."""
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
