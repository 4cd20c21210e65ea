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

# Okabe & Ito's palette (2008), told apart by the colour-blind: one colour for a model in every figure.
COLORS = {"gray": "#8c8c8c", "mean": "#b07aa1", "resnet": "#0072B2", "gan": "#D55E00", "vae": "#009E73"}
NAMES = {"gray": "gray floor", "mean": "mean-colour floor", "resnet": "ResNet", "gan": "GAN", "vae": "VAE"}
TERMS = {"loss": "objective", "mse": "MSE", "kl": "KL", "adversarial": "generator: adversarial", "l1": "generator: L1",
         "d_loss": "discriminator"}  # fmt: skip
MEASURES = {  # label and number format
    "mse": ("MSE  (lower is better)", ".4f"),
    "delta_e": ("CIEDE2000  (lower is better)", ".2f"),
    "ssim": ("SSIM  (higher is better)", ".3f"),
    "colorfulness_ratio": ("colorfulness / original's  (1 is right)", ".2f"),
}
STYLE = {
    "font.size": 11, "axes.titlesize": 12, "figure.titlesize": 14, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": "#e3e3e3", "axes.axisbelow": True, "figure.dpi": 130, "legend.frameon": False,
}  # fmt: skip
plt.rcParams.update(STYLE)


def png(figure: Figure) -> bytes:
    """The figure as PNG, without the date and version that would make every rerun a diff."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None}, bbox_inches="tight", facecolor="white")
    plt.close(figure)
    return buffer.getvalue()


def predictions(name: str, examples: Mapping[str, np.ndarray], title: str) -> Figure:
    """The report's three rows: gray, synthesised, original, (n,S,S,3) uint8 each."""
    rows = {
        "gray input": examples["gray"],
        f"{NAMES[name]}'s result": examples["result"],
        "original": examples["original"],
    }
    return _grid(rows, title)[0]


def comparison(
    examples: Mapping[str, Mapping[str, np.ndarray]], scores: Mapping[str, pd.DataFrame], title: str
) -> Figure:
    """Floors, models and originals of the same photographs, one a column; each result carries its CIEDE2000 and MSE."""
    rows = {NAMES[name]: pictures["result"] for name, pictures in examples.items()}
    first = next(iter(examples.values()))
    figure, axes = _grid(rows | {"original": first["original"]}, title, label_room=0.2)
    for line, name in zip(axes, examples):
        for axis, photo in zip(line, first["rows"]):
            row = scores[name].iloc[photo]
            axis.set_xlabel(f"ΔE {row.delta_e:.1f}   MSE {row.mse:.4f}", fontsize=9, labelpad=3)
        line[0].yaxis.label.set_color(COLORS[name])
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


def measures(table: pd.DataFrame, title: str) -> Figure:
    """Every model and floor with its 95 % interval, a panel per measure."""
    figure, axes = plt.subplots(2, 2, figsize=(11, 5.8), layout="constrained")
    for axis, (measure, (label, digits)) in zip(axes.flat, MEASURES.items()):
        for place, row in enumerate(table.itertuples()):
            value, low, high = (getattr(row, measure + end) for end in ("", "_low", "_high"))
            axis.plot([low, high], [place, place], color=COLORS[row.model], lw=3, solid_capstyle="round")
            axis.plot(value, place, "o", color=COLORS[row.model], ms=8)
            axis.annotate(
                format(value, digits),
                (value, place),
                xytext=(0, 8),
                textcoords="offset points",
                ha="center",
                fontsize=9,
            )
        axis.set_yticks(range(len(table)), [NAMES[name] for name in table.model])
        axis.set(xlabel=label, ylim=(len(table) - 0.5, -0.8))
        axis.margins(x=0.08)
    figure.suptitle(title)
    return figure


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


def _grid(rows: Mapping[str, np.ndarray], title: str, label_room: float = 0.05):
    """A grid of photographs with a label per row: (n,S,S,3) uint8 each."""
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
