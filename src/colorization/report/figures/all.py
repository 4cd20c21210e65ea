"""All figures of a run, from its tables and results. Nothing here reads a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from colorization.report.examples import spread
from colorization.report.figures import curves, diagrams, intervals, pictures
from colorization.report.figures.hints import hints
from colorization.report.labels import HINTS, INPUT, SPLITS, Labels, model_figures
from colorization.report.tables import joined


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The data of the figures, by model or by row (floors, models); results (N,S,S,3) uint8 include "original"."""

    descriptions: Mapping[str, Mapping]  # label and color of every model
    architectures: Mapping[str, Mapping]
    histories: Mapping[str, pd.DataFrame]
    scores: Mapping[str, pd.DataFrame]
    results: Mapping[str, np.ndarray]
    table: pd.DataFrame
    categories: pd.DataFrame
    differences: pd.DataFrame
    tradeoff: Mapping[str, pd.DataFrame]
    hints: Mapping[str, pd.DataFrame]  # of models that take them
    split: str


def draw(run: Evidence, examples: int) -> Iterator[tuple[str, Figure]]:
    """Names and figures: three per model with `examples` photographs, then the figures of all models together."""
    labels, split = Labels.of(run.descriptions), SPLITS[run.split]
    first = next(iter(run.scores.values()))
    rows = spread(first.category, examples)
    shown = {name: np.asarray(pictured[rows]) for name, pictured in run.results.items()}
    for name in run.histories:
        yield from of_a_model(run, name, shown, labels)
    scores = {name: table.iloc[rows] for name, table in run.scores.items()}
    rowwise = {name: pictured for name, pictured in shown.items() if name != "mean"}  # it looks like the gray input
    yield "comparison", pictures.comparison(rowwise, scores, f"The same {split} photographs, every model", labels)
    about = f"{len(first)} {split} photographs, 95 % intervals"
    table = run.table.set_index("model", drop=False)
    yield "measures", intervals.measures(table, about, labels)
    yield "categories", intervals.categories(run.categories, f"ΔE by category: {about}", labels)
    best = table.delta_e[list(run.histories)].idxmin()
    title = f"Differences to the model with the lowest ΔE, {labels.names[best]}: {about}"
    yield "differences", intervals.differences(run.differences, best, title, labels)
    yield "learning-curves", curves.learning_curves(run.histories, "Colour error on the validation photographs", labels)
    title = f"Error over vividness: {len(first)} {split} photographs"
    yield "tradeoff", curves.tradeoff(joined(run.tradeoff), table.loc["gray"], title, labels)
    if run.hints:
        count = next(iter(run.hints.values())).photographs.max()
        yield HINTS, hints(run.hints, f"Error over the number of hints: {count} {split} photographs", labels)


def of_a_model(
    run: Evidence, name: str, shown: Mapping[str, np.ndarray], labels: Labels
) -> Iterator[tuple[str, Figure]]:
    """A model's architecture, predictions and losses."""
    label, split = labels.names[name], SPLITS[run.split]
    (architecture, at), (predictions, on), (loss, of) = model_figures(name).values()
    yield architecture, diagrams.architecture(name, run.architectures[name], f"{at}{label}", labels)
    grid = {INPUT: shown["gray"], label: shown[name], "original": shown["original"]}
    yield predictions, pictures.grid(grid, f"{on}{label} on {split} photographs")[0]
    yield loss, curves.losses(name, run.histories[name], f"{of}{label}, loss by epoch", labels)
