"""Photographs in rows: the results of one model, or of all models beside each other."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from colorization.report.figures.style import plt
from colorization.report.labels import INPUT, Labels

PIXELS = 128  # side of a photograph in the figure: twice the side of small data, and still a small file
SURROUND, TEXT = "#646464", "#ffffff"  # a neutral gray, which fits light and dark pages and tints no photograph
LETTERS = 96  # dots per inch of a figure of photographs; its text is large enough for this


def grid(rows: Mapping[str, np.ndarray], title: str, label_room: float = 0.05):
    """Labelled rows of photographs, (n,S,S,3) uint8 each: the figure and its axes."""
    count, side = len(next(iter(rows.values()))), PIXELS / LETTERS
    size = ((side + 0.06) * count + 0.4, (side + 0.06 + label_room) * len(rows) + 0.4)
    figure, axes = plt.subplots(len(rows), count, figsize=size, dpi=LETTERS, squeeze=False, layout="constrained",
                                facecolor=SURROUND)  # fmt: skip
    for line, (label, pictures) in zip(axes, rows.items()):
        for axis, picture in zip(line, pictures):
            axis.imshow(picture, interpolation="bicubic")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            axis.grid(False)
        line[0].set_ylabel(label, fontsize=10, color=TEXT)
    figure.suptitle(title, fontsize=12, color=TEXT)
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    return figure, axes


def comparison(
    pictures: Mapping[str, np.ndarray], scores: Mapping[str, pd.DataFrame], title: str, labels: Labels
) -> Figure:
    """Gray input, models and originals, (n,S,S,3) uint8 each, a photograph per column; ΔE stands below each picture."""
    names = {**labels.names, "gray": INPUT}
    figure, axes = grid({names[name]: rows for name, rows in pictures.items()}, title, label_room=0.16)
    for line, name in zip(axes, pictures):
        for axis, row in zip(line, scores[name].itertuples() if name in scores else []):
            axis.set_xlabel(f"ΔE {row.delta_e:.1f}", fontsize=8, labelpad=1, color=TEXT)
    return figure
