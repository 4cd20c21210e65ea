"""Values with 95 % intervals: of every measure, within categories, and between models."""

import pandas as pd
from matplotlib.figure import Figure

from colorization.core.errors import shown
from colorization.evaluation.measures import SHOWN
from colorization.report.figures.style import plt
from colorization.report.labels import FLOOR_COLORS, INK, Labels, axis_label, difference_label
from colorization.report.tables import clear_of_zero

SHORT = {"gray": "gray", "mean": "mean colour"}
COLUMNS = 3  # of panels
STEP = 0.11  # inches between two models within a category
MOST_CATEGORIES, LONGEST_NAME = 40, 40  # categories and letters that fit a figure: categories are arbitrary folders
DERIVED = ("psnr", "fid")  # not shown: PSNR repeats MSE, and FID has no interval
REFERENCES = {  # the values of the originals themselves
    "colorfulness_ratio": lambda table: 1.0,
    "recognised": lambda table: table.recognised_original.iloc[0],
}


def measures(table: pd.DataFrame, title: str, labels: Labels) -> Figure:
    """Every model and floor with its 95 % interval, a panel per measure."""
    shown = [measure for measure in SHOWN if measure in table and measure not in DERIVED]
    figure, axes = _panels(shown, [labels.names[name] for name in table.model], 0.36)
    for axis, measure in zip(axes, shown):
        for place, row in enumerate(table.itertuples()):
            value, *ends = (getattr(row, measure + end) for end in ("", "_low", "_high"))
            _interval(axis, place, value, ends, labels.colors[row.model], format(value, SHOWN[measure].digits))
        if measure in REFERENCES:
            _reference(axis, REFERENCES[measure](table), "originals")
        axis.set(xlabel=axis_label(measure), ylim=(len(table) - 0.5, -0.8))
        axis.margins(x=0.12)
    figure.suptitle(title)
    return figure


def categories(table: pd.DataFrame, title: str, labels: Labels) -> Figure:
    """ΔE of every model and floor within each category, with its 95 % interval."""
    table = _largest_categories(table)
    names, models = list(table.category.unique()), list(table.model.unique())
    size = (9.5, 1.2 + (0.2 + STEP * len(models)) * len(names))
    figure, axis = plt.subplots(figsize=size, layout="constrained")
    for row in table.itertuples():
        place = names.index(row.category) + 0.8 * ((models.index(row.model) + 0.5) / len(models) - 0.5)
        _interval(axis, place, row.delta_e, (row.delta_e_low, row.delta_e_high), labels.colors[row.model])
    sizes = table.drop_duplicates("category").set_index("category").photographs
    texts = [f"{shown(str(name))[:LONGEST_NAME]} ({sizes[name]})" for name in names]
    axis.set_yticks(range(len(names)), texts, parse_math=False)  # a folder may be called $x$
    axis.set(xlabel=axis_label("delta_e"), ylim=(len(names) - 0.5, -0.5))
    handles = [
        plt.Line2D([], [], color=labels.colors[name], marker="o", lw=3, label=labels.names[name]) for name in models
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(5, len(models)))
    figure.suptitle(title)
    return figure


def _largest_categories(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the MOST_CATEGORIES with the most photographs, in their order."""
    sizes = table.drop_duplicates("category").set_index("category").photographs
    return table[table.category.isin(sizes.nlargest(MOST_CATEGORIES).index)]


def differences(table: pd.DataFrame, base: str, title: str, labels: Labels) -> Figure:
    """Every other row minus `base` with the 95 % interval, filled if clear of zero after Holm's correction.

    Right is better in every panel: the axis is reversed where lower is better. The page's table has all pairs.
    """
    table = minus(table, base)
    shown = [measure for measure in SHOWN if measure in set(table.measure) and measure not in DERIVED]
    names, short = list(dict.fromkeys(table["first"])), {**labels.names, **SHORT}
    figure, axes = _panels(shown, [f"{short[name]} − {short[base]}" for name in names], 0.26)
    for axis, measure in zip(axes, shown):
        axis.axvline(0, color="#333333", lw=1)
        rows = table[table.measure == measure]
        for row, clear in zip(rows.itertuples(), clear_of_zero(rows)):
            _interval(axis, names.index(row.first), row.difference, (row.low, row.high),
                      INK if clear else FLOOR_COLORS["gray"], filled=clear)  # fmt: skip
        axis.set(xlabel=difference_label(measure), ylim=(len(names) - 0.5, -0.5))
        if SHOWN[measure].better < 0:
            axis.invert_xaxis()
    figure.suptitle(f"{title}\nfilled: clear of zero after Holm's correction for all pairs")
    return figure


def minus(table: pd.DataFrame, base: str) -> pd.DataFrame:
    """The differences of every other row to `base`; rows with `base` as the first have their sign reversed."""
    turned = table[table["first"] == base]
    turned = turned.assign(first=turned.second, second=base, difference=-turned.difference, low=-turned.high,
                           high=-turned.low)  # fmt: skip
    return pd.concat([table[table.second == base], turned], ignore_index=True)


def _panels(shown: list[str], rows: list[str], height: float):
    """A figure of three columns with an axis per measure, all with the same named rows, and its axes in order."""
    lines = -(-len(shown) // COLUMNS)
    size = (12, (height * len(rows) + 0.75) * lines + 0.5)
    figure, axes = plt.subplots(lines, COLUMNS, figsize=size, sharey=True, squeeze=False, layout="constrained")
    axes[0, 0].set_yticks(range(len(rows)), rows)
    for axis in axes.flat:
        axis.tick_params(labelsize=9.5)
        axis.locator_params(axis="x", nbins=5)
    for axis in axes.flat[len(shown) :]:
        axis.remove()
    return figure, axes.flat[: len(shown)]


def _interval(axis, place: float, value: float, ends, color: str, text: str = "", *, filled: bool = True) -> None:
    """A value with its interval as a horizontal bar at a place of the vertical axis."""
    axis.plot(ends, [place, place], color=color, lw=3, solid_capstyle="round")
    axis.plot(value, place, "o", color=color, ms=7, mfc=color if filled else "white", mew=1.5)
    if text:
        axis.annotate(text, (value, place), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=9)


def _reference(axis, value: float, label: str) -> None:
    axis.axvline(value, color="#333333", lw=1, ls="--")
    axis.annotate(label, (value, 1), xycoords=("data", "axes fraction"), xytext=(0, 2), textcoords="offset points",
                  ha="center", fontsize=8.5, color="#333333")  # fmt: skip
