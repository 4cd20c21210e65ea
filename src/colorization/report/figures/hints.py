"""Error over the number of hints, beside the floor that needs no learning and the bounds."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from colorization.report.figures.style import plt
from colorization.report.labels import FLOOR_COLORS, INK, Labels, axis_label

PANELS = ("delta_e", "psnr")
LINEAR = 1  # up to this number of hints the axis is linear: a logarithmic one has no 0
FLOOR = "#7a5c00"


def hints(tables: Mapping[str, pd.DataFrame], title: str, labels: Labels) -> Figure:
    """A panel per measure of PANELS, with two lines per model that takes hints: alone, and with the hints spread over
    its colours. The floor is the same for all models.

    tables: of `hinted.table`, by model; one at least.
    """
    figure, axes = plt.subplots(1, len(PANELS), figsize=(6.2 * len(PANELS), 5.2), layout="constrained")
    whole = {model: table[table.category.isna()] for model, table in tables.items()}
    first = next(iter(whole.values()))
    for axis, measure in zip(axes, PANELS):
        shown = first[first.measure == measure]
        for model, table in whole.items():
            rows = table[table.measure == measure].set_index("who")
            _line(axis, rows.loc[["spread"]], labels.colors[model], "-", f"{labels.names[model]}, hints spread")
            _line(axis, rows.loc[["network"]], labels.colors[model], "-.", f"{labels.names[model]}, network alone")
            value, name = rows.loc["known", "value"], f"{labels.names[model]}, every pixel given"
            axis.axhline(value, color=labels.colors[model], ls=":", lw=1.5, label=name)
        _line(axis, shown[shown.who == "floor"], FLOOR, "--", "spread without a network")
        bound = shown.set_index("who").loc["bound", "value"]
        axis.axhline(bound, color=INK, ls=":", lw=1.5, label="true colours at a quarter of the side")
        gray = shown[(shown.who == "floor") & (shown["count"] == 0)]
        axis.axhline(float(gray.value.iloc[0]), color=FLOOR_COLORS["gray"], ls="--", lw=1.2, label=labels.names["gray"])
        axis.set_xscale("symlog", linthresh=LINEAR)
        counts = sorted(shown["count"].dropna().astype(int).unique())
        axis.set_xticks(counts, [str(count) for count in counts])
        axis.set_xlim(left=-LINEAR / 5)
        axis.minorticks_off()
        axis.set(xlabel="hints per photograph", ylabel=axis_label(measure))
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3)
    figure.suptitle(title)
    return figure


def _line(axis, rows: pd.DataFrame, color: str, style: str, name: str) -> None:
    counts = rows["count"].astype(float)
    axis.fill_between(counts, rows.low, rows.high, color=color, alpha=0.15, lw=0)
    axis.plot(counts, rows.value, style, color=color, marker="o", ms=4, lw=1.8, label=name)
