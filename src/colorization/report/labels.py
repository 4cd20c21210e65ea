"""Names and colours of models, splits and measures, shared by figures and pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from colorization.core.params import PAPER
from colorization.evaluation.measures import SHOWN

INK = "#222222"
# These fit Okabe & Ito's palette (2008), which colour-blind people can tell apart; models define their own colours.
FLOOR_NAMES = {"gray": "gray floor", "mean": "mean-colour floor"}
FLOOR_COLORS = {"gray": "#8c8c8c", "mean": "#CC79A7"}

INPUT = "gray input"

SPLITS = {"test": "test", "val": "validation"}

KINDS = ("architecture", "predictions", "loss")  # the figures of each model
DIRECTION = {1: "higher is better", -1: "lower is better", 0: "1 is right"}
DIFFERENCE = {1: "right is better", -1: "axis reversed: right is better", 0: "right has more"}


@dataclass(frozen=True)
class Labels:
    """The names and colours (#RRGGBB) of floors, models and the originals."""

    names: Mapping[str, str]
    colors: Mapping[str, str]

    @classmethod
    def of(cls, descriptions: Mapping[str, Mapping]) -> "Labels":
        """Built from the models' descriptions, which have `label` and `color`."""
        return cls(
            FLOOR_NAMES | {name: about["label"] for name, about in descriptions.items()} | {"original": "original"},
            FLOOR_COLORS | {name: about["color"] for name, about in descriptions.items()} | {"original": INK},
        )


FIGURES = ("comparison", "measures", "categories", "differences", "learning-curves", "tradeoff")  # all models
HINTS = "hints"  # of the models that take hints
OF_THE_PAPER = "Figure {} of the paper: "
MISSING = "Figure {} (missing in the paper): "


def figure_names(models: Iterable[str], *, hints: bool) -> list[str]:
    """The file stems of all figures: those of each model, then those of all models together.

    hints: whether a model takes hints.
    """
    stems = [stem for name in models for stem, _ in model_figures(name).values()]
    return [*stems, *FIGURES, *([HINTS] if hints else [])]


def shows_photographs(stem: str) -> bool:
    return stem == "comparison" or stem.endswith("-predictions")


def figure_file(stem: str) -> str:
    """The name of a figure's file: JPEG for photographs, PNG for lines and text."""
    return stem + (".jpg" if shows_photographs(stem) else ".png")


def axis_label(measure: str) -> str:
    return f"{SHOWN[measure].heading} ({DIRECTION[SHOWN[measure].better]})"


def difference_label(measure: str) -> str:
    return f"{SHOWN[measure].heading} ({DIFFERENCE[SHOWN[measure].better]})"


def model_figures(name: str) -> dict[str, tuple[str, str]]:
    """File stem and start of the title of each figure of a model, by kind; numbered if the paper has the figure.

    The paper's figures 1 to 3 are architectures; predictions and loss of each model follow in turn. The loss of the
    VAE would be figure 9, but the paper lacks it.
    """
    if name not in PAPER:
        return {kind: (f"{name}-{kind}", "") for kind in KINDS}
    place = list(PAPER).index(name)
    numbers = (1 + place, 4 + 2 * place, 5 + 2 * place)
    starts = (OF_THE_PAPER, OF_THE_PAPER, MISSING if numbers[2] == 9 else OF_THE_PAPER)
    return {kind: (f"figure-{n}-{name}-{kind}", start.format(n)) for kind, n, start in zip(KINDS, numbers, starts)}
