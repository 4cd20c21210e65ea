"""Every figure of the study, drawn with matplotlib from arrays, tables and descriptions. Nothing here reads a file."""

from colorization.figures.curves import learning_curves, losses, tradeoff
from colorization.figures.diagrams import architecture
from colorization.figures.intervals import categories, differences, measures
from colorization.figures.pictures import comparison, grid
from colorization.figures.style import png

__all__ = ["architecture", "categories", "comparison", "differences", "grid", "learning_curves", "losses", "measures", "png",
           "tradeoff"]  # fmt: skip
