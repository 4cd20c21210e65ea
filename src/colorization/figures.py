"""Every figure of the study, drawn with matplotlib from arrays, tables and descriptions. Nothing here reads a file."""

from collections.abc import Mapping
from io import BytesIO
from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd

matplotlib.use("Agg")

from matplotlib import pyplot as plt  # (after the choice of the backend)
from matplotlib.figure import Figure

from colorization.errors import shown
from colorization.labels import COLORS, INK, MEASURES, NAMES

SHORT = NAMES | {"gray": "gray", "mean": "mean colour"}
COLUMNS = 3  # of panels
MOST_CATEGORIES, LONGEST_NAME = 40, 40  # that a figure has room for: folders may be many, and called anything
DERIVED = ("psnr", "fid")  # the one says what MSE says, the other has no interval
DIRECTION = {1: "higher is better", -1: "lower is better", 0: "1 is right"}
TERMS = {"loss": "objective", "mse": "MSE", "kl": "KL", "adversarial": "generator: adversarial", "l1": "generator: L1",
         "d_loss": "discriminator"}  # fmt: skip
REFERENCES = {  # where the originals themselves lie
    "colorfulness_ratio": lambda table: 1.0,
    "accuracy": lambda table: table.accuracy_original[0],
}
STYLE = {
    "font.size": 11, "axes.titlesize": 12, "figure.titlesize": 14, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": "#e3e3e3", "axes.axisbelow": True, "figure.dpi": 110, "legend.frameon": False,
}  # fmt: skip
plt.rcParams.update(STYLE)


def png(figure: Figure) -> bytes:
    """The figure as PNG, without the date and version that would make every rerun a diff."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None}, bbox_inches="tight", facecolor="white")
    plt.close(figure)
    return buffer.getvalue()


def grid(rows: Mapping[str, np.ndarray], title: str, label_room: float = 0.05):
    """Photographs, (n,S,S,3) uint8 a row, with a label per row: the figure and its axes."""
    count = len(next(iter(rows.values())))
    figure, axes = plt.subplots(len(rows), count, figsize=(1.9 * count + 0.6, (1.95 + label_room) * len(rows) + 0.5),
                                squeeze=False, layout="constrained")  # fmt: skip
    for line, (label, pictures) in zip(axes, rows.items()):
        for axis, picture in zip(line, pictures):
            axis.imshow(picture, interpolation="bicubic")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            axis.grid(False)
        line[0].set_ylabel(label, fontsize=12)
    figure.suptitle(title)
    return figure, axes


def comparison(pictures: Mapping[str, np.ndarray], scores: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """Floors, models and originals, (n,S,S,3) uint8 each, one photograph a column; results carry their ΔE and MSE."""
    figure, axes = grid({NAMES[name]: rows for name, rows in pictures.items()}, title, label_room=0.2)
    for line, name in zip(axes, pictures):
        line[0].yaxis.label.set_color(COLORS[name])
        for axis, row in zip(line, scores[name].itertuples() if name in scores else []):
            axis.set_xlabel(f"ΔE {row.delta_e:.1f}   MSE {row.mse:.4f}", fontsize=9, labelpad=3)
    return figure


def losses(name: str, history: pd.DataFrame, title: str) -> Figure:
    """A panel per term of the loss over the epochs, training and validation."""
    terms = [column.removeprefix("train_") for column in history if column.startswith("train_")]
    figure, axes = plt.subplots(
        1, len(terms), figsize=(max(6.5, 4.2 * len(terms)), 3.9), squeeze=False, layout="constrained"
    )
    for axis, term in zip(axes[0], terms):
        for part, style, color in (("train", "-", COLORS[name]), ("val", "--", "#333333")):
            axis.plot(history.epoch, history[f"{part}_{term}"], style, color=color, marker="o", ms=3.5, label=part)
        axis.set(title=TERMS[term], xlabel="epoch", ylabel="mean over the split")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.set_ylim(bottom=0)
    axes[0][0].legend(["training", "validation"])
    figure.suptitle(title)
    return figure


def learning_curves(histories: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """Every network's validation error on one scale, whatever its loss is, over its epochs; the lowest is marked."""
    figure, axis = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
    for name, history in histories.items():
        error = np.sqrt(history.val_ab_mse)
        best = error.idxmin()
        axis.plot(history.epoch, error, color=COLORS[name], marker="o", ms=3.5, label=NAMES[name])
        axis.plot(history.epoch[best], error[best], "o", color=COLORS[name], ms=9, mfc="white", mew=2)
        axis.annotate(f"{error[best]:.1f}", (history.epoch[best], error[best]), xytext=(0, -16), ha="center",
                      textcoords="offset points", color=COLORS[name])  # fmt: skip
    axis.set(xlabel="epoch", ylabel="root mean squared error of a and b")
    axis.margins(y=0.12)  # room for the number below the lowest
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.legend()
    axis.set_title(title)
    return figure


def measures(table: pd.DataFrame, title: str) -> Figure:
    """Every model and floor with its 95 % interval, a panel per measure."""
    shown = [measure for measure in MEASURES if measure in table and measure not in DERIVED]
    figure, axes = _panels(shown, [NAMES[name] for name in table.model], 0.42)
    for axis, measure in zip(axes, shown):
        for place, row in enumerate(table.itertuples()):
            value, *ends = (getattr(row, measure + end) for end in ("", "_low", "_high"))
            _interval(axis, place, value, ends, COLORS[row.model], format(value, MEASURES[measure].digits))
        if measure in REFERENCES:
            _reference(axis, REFERENCES[measure](table), "originals")
        axis.set(xlabel=axis_label(measure), ylim=(len(table) - 0.5, -0.8))
        axis.margins(x=0.12)
    figure.suptitle(title)
    return figure


def categories(table: pd.DataFrame, title: str) -> Figure:
    """ΔE of every model and floor within each category, with its 95 % interval."""
    table = _largest_categories(table)
    names, models = list(table.category.unique()), list(table.model.unique())
    figure, axis = plt.subplots(figsize=(9.5, 1.2 + 0.75 * len(names)), layout="constrained")
    for row in table.itertuples():
        place = names.index(row.category) + 0.15 * (models.index(row.model) - (len(models) - 1) / 2)
        _interval(axis, place, row.delta_e, (row.delta_e_low, row.delta_e_high), COLORS[row.model])
    sizes = table.drop_duplicates("category").set_index("category").photographs
    labels = [f"{shown(str(name))[:LONGEST_NAME]} ({sizes[name]})" for name in names]
    axis.set_yticks(range(len(names)), labels, parse_math=False)  # a folder may be called $x$
    axis.set(xlabel=axis_label("delta_e"), ylim=(len(names) - 0.5, -0.5))
    handles = [plt.Line2D([], [], color=COLORS[name], marker="o", lw=3, label=NAMES[name]) for name in models]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(models))
    figure.suptitle(title)
    return figure


def _largest_categories(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the MOST_CATEGORIES with the most photographs, in their order."""
    sizes = table.drop_duplicates("category").set_index("category").photographs
    return table[table.category.isin(sizes.nlargest(MOST_CATEGORIES).index)]


def differences(table: pd.DataFrame, title: str) -> Figure:
    """First minus second of every two rows, with its 95 % interval: clear of zero, or not."""
    shown = [measure for measure in MEASURES if measure in set(table.measure) and measure not in DERIVED]
    pairs = list(dict.fromkeys(zip(table["first"], table.second)))
    figure, axes = _panels(shown, [f"{SHORT[one]} − {SHORT[other]}" for one, other in pairs], 0.26)
    for axis, measure in zip(axes, shown):
        axis.axvline(0, color="#333333", lw=1)
        for row in table[table.measure == measure].itertuples():
            clear = row.low > 0 or row.high < 0
            _interval(axis, pairs.index((row.first, row.second)), row.difference, (row.low, row.high),
                      INK if clear else COLORS["gray"], filled=clear)  # fmt: skip
        axis.set(xlabel=difference_label(measure), ylim=(len(pairs) - 0.5, -0.5))
    figure.suptitle(f"{title}; filled: clear of zero")
    return figure


def axis_label(measure: str) -> str:
    return f"{MEASURES[measure].heading} ({DIRECTION[MEASURES[measure].better]})"


def difference_label(measure: str) -> str:
    side = {1: "above 0: the first is better", -1: "below 0: the first is better", 0: "above 0: the first has more"}
    return f"{MEASURES[measure].heading} ({side[MEASURES[measure].better]})"


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


def architecture(name: str, description: dict, title: str) -> Figure:
    """The network as boxes (width: channels, height: resolution) with each one's name, output shape and parameters.

    A network with skips is folded at its middle, every decoder under the encoder that it hears from.
    """
    blocks, skips = description["blocks"], description["skips"]
    places = _fold(len(blocks), skips) if skips else [(i, 0.0) for i in range(len(blocks))]
    columns = max(x for x, _ in places) - min(x for x, _ in places) + 2
    figure, axis = plt.subplots(figsize=(1.45 * columns, 6.6 if skips else 3.8))
    for start, end in skips:
        (x, top), (_, bottom) = places[start], places[end]
        axis.annotate(
            "", (x, bottom + 0.62), (x, top - 0.98), arrowprops={"arrowstyle": "-|>", "ls": "--", "color": "#777777"}
        )
    inputs = {"name": "input: L", "shape": description["input"], "parameters": 0}
    for (x, y), block in zip([(places[0][0] - 1, places[0][1]), *places], [inputs, *blocks]):
        _box(axis, x, y, block, COLORS["gray"] if block is inputs else COLORS[name], description["input"][1])
    points = [(places[0][0] - 1, places[0][1]), *places]
    for (x0, y0), (x1, y1) in pairwise(points):
        shift = 0.38 * np.sign(x1 - x0)
        ends = ((x1 - shift, y1), (x0 + shift, y0)) if y0 == y1 else ((x1 + 0.2, y1 + 0.5), (x0 - 0.1, y0 - 0.98))
        axis.annotate("", *ends, arrowprops={"arrowstyle": "-|>", "color": "#333333"})
    axis.set_axis_off()
    axis.margins(0.02)
    axis.set_ylim(min(y for _, y in places) - 0.98, 0.55)
    figure.suptitle(f"{title} — {description['parameters']:,} parameters", y=0.95)
    legend = "channels × height × width, then parameters" + (";  dashed: skip connections" if skips else "")
    axis.text(0.5, 0.0, legend, transform=axis.transAxes, ha="center", va="top", fontsize=9.5, color="#555555")
    return figure


def _fold(count: int, skips: list) -> list[tuple[float, float]]:
    """Places of a U-Net's blocks: encoders and middle left to right, decoders back under their partners, the rest on."""
    middle = max(start for start, _ in skips) + 1
    partner = {end: start for start, end in skips}
    places = [(float(i), 0.0) for i in range(middle + 1)]
    for i in range(middle + 1, count):
        x = float(partner[i]) if i in partner else places[-1][0] - 1
        places.append((x, -2.1))
    return places


def _box(axis, x: float, y: float, block: dict, color: str, image_size: int) -> None:
    channels, height, _ = block["shape"]
    tall = 0.25 + 0.75 * np.log2(height + 1) / np.log2(image_size + 1)
    wide = 0.12 + 0.055 * np.log2(channels + 1)
    box = plt.Rectangle(
        (x - wide / 2, y - tall / 2), wide, tall, facecolor=color, alpha=0.85, edgecolor="#222222", lw=0.8
    )
    axis.add_patch(box)
    shape = "×".join(str(n) for n in block["shape"])
    size = f"{block['parameters']:,}" if block["parameters"] else ""
    below = {"xy": (x, y - 0.54), "textcoords": "offset points", "ha": "center", "va": "top"}
    axis.annotate(block["name"], xytext=(0, 0), fontsize=10, weight="bold", **below)
    axis.annotate(f"{shape}\n{size}", xytext=(0, -17), fontsize=9.5, linespacing=1.3, **below)
