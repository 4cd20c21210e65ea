"""Architectures drawn as boxes."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from colorization.report.figures.style import plt
from colorization.report.labels import Labels


def architecture(name: str, description: Mapping, title: str, labels: Labels) -> Figure:
    """The model as boxes (width: channels, height: resolution), each with its name, output shape and parameters.

    A model with skips is folded at its middle: each decoder is below the encoder that it receives a skip from.
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
        color = labels.colors["gray" if block is inputs else name]
        _box(axis, x, y, block, color, description["input"][1])
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
    """Places of a U-Net's blocks: encoders to the right, then below them decoders and the rest back to the left.

    The blocks between the last skip's start and the first skip's end are divided between both rows.
    """
    partner = {end: start for start, end in skips}
    last, first = max(partner.values()), min(partner)
    fold = last + 1 + (first - last) // 2  # the first block of the lower row
    places = [(float(i), 0.0) for i in range(fold)]
    for i in range(fold, count):
        x = partner.get(i, last + first - i if i < first else places[-1][0] - 1)
        places.append((float(x), -2.1))
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
