"""Lines: losses and errors over the epochs, and error over vividness."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

from colorization.report.figures.style import plt
from colorization.report.labels import INK, Labels, axis_label

TERMS = {"loss": "objective", "mse": "MSE", "kl": "KL", "adversarial": "generator: adversarial", "l1": "generator: L1",
         "d_loss": "discriminator"}  # fmt: skip
EQUAL = 1e-5  # relative difference below which two curves are one; written files have 6 digits
LOG_FROM = 4.0
FAR = 3.0  # times the median error of all epochs: a validation that failed, which would flatten all others
MOST_NAMED = 3  # of such errors; of the others their number
PANELS = ("delta_e", "scene_frechet")  # panels of the trade-off
VIVID = (0.9, 1.1)  # share of the originals' colorfulness that counts as equally vivid
LOUDEST = 1.5  # points with a higher share are hidden, except defaults
KNOBS = {"saturation": "-", "curve": "-.", "temperature": ":"}


def losses(name: str, history: pd.DataFrame, title: str, labels: Labels) -> Figure:
    """A panel per term of the loss over the epochs, training and validation, each on its own scale.

    Equal terms share a panel. The scale is logarithmic if the values span more than a factor of LOG_FROM.
    """
    terms = panels(history)
    figure, axes = plt.subplots(
        1, len(terms), figsize=(max(6.5, 4.2 * len(terms)), 3.9), squeeze=False, layout="constrained"
    )
    for axis, (term, heading) in zip(axes[0], terms.items()):
        for part, style, color in (("train", "-", labels.colors[name]), ("val", "--", "#333333")):
            axis.plot(history.epoch, history[f"{part}_{term}"], style, color=color, marker="o", ms=3.5, label=part)
        values = history[[f"train_{term}", f"val_{term}"]].to_numpy()
        wide = values.min() > 0 and values.max() > LOG_FROM * values.min()
        if wide:
            axis.set_yscale("log")
            axis.yaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), major_formatter=ScalarFormatter(),
                           minor_formatter=NullFormatter())  # fmt: skip
        axis.set(title=heading, xlabel="epoch", ylabel="mean over the split" + (", logarithmic" if wide else ""))
        axis.xaxis.get_major_locator().set_params(integer=True)
    axes[0][0].legend(["training", "validation"])
    figure.suptitle(title)
    return figure


def panels(history: pd.DataFrame) -> dict[str, str]:
    """The terms of the loss with a panel each, and their headings; a term equal to an earlier one joins its heading."""
    found: dict[str, str] = {}
    for term in (column.removeprefix("train_") for column in history if column.startswith("train_")):
        heading = TERMS.get(term, term)
        same = (t for t in found if all(np.allclose(history[f"{p}_{term}"], history[f"{p}_{t}"], rtol=EQUAL, atol=0)
                                        for p in ("train", "val")))  # fmt: skip
        if (twin := next(same, None)) is not None:
            found[twin] += f" = {heading}"
        else:
            found[term] = heading
    return found


def learning_curves(histories: Mapping[str, pd.DataFrame], title: str, labels: Labels) -> Figure:
    """Every model's validation error over its epochs, on one scale for all losses; the lowest error is marked.

    Errors above FAR times the median are named below the axis and lie outside the frame.
    """
    figure, axis = plt.subplots(figsize=(8, 4.6), layout="constrained")
    errors = {name: np.sqrt(history.set_index("epoch").val_ab_mse) for name, history in histories.items()}
    for name, error in errors.items():
        best = error.idxmin()
        color, label = labels.colors[name], f"{labels.names[name]}: {error[best]:.1f}"
        axis.plot(error, color=color, marker="o", ms=3, label=label)
        axis.plot(best, error[best], "o", color=color, ms=9, mfc="white", mew=2)
    axis.set(xlabel="epoch", ylabel="root mean squared error of a and b")
    _frame(axis, pd.concat({labels.names[name]: error for name, error in errors.items()}))
    axis.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside right center", title="lowest")
    axis.set_title(title)
    return figure


def _frame(axis: Axes, errors: pd.Series) -> None:
    """Leave errors, by label and epoch, that are above FAR times their median outside the frame, and name them."""
    usual = errors <= FAR * errors.median()
    if usual.all():
        return
    margin = np.ptp(errors[usual]) / 20
    axis.set_ylim(errors[usual].min() - margin, errors[usual].max() + margin)
    told = [f"{label} {error:.0f} in epoch {epoch}" for (label, epoch), error in errors[~usual].items()]
    more = [f"{len(told) - MOST_NAMED} more"] if len(told) > MOST_NAMED else []
    axis.set_xlabel(f"epoch\noutside the frame: {', '.join(told[:MOST_NAMED] + more)}")


def tradeoff(curves: pd.DataFrame, floor: pd.Series, title: str, labels: Labels) -> Figure:
    """Error over vividness: a line per model and knob, a panel per measure of PANELS that the curves have.

    curves: the tables of `tradeoff.table` with a column `model`. floor: the gray floor's row of the table of scores.
    """
    curves = curves[curves.default | (curves.colorfulness_ratio <= LOUDEST)]
    shown = [measure for measure in PANELS if measure in curves]
    figure, axes = plt.subplots(1, len(shown), figsize=(6.2 * len(shown), 5.4), squeeze=False, layout="constrained")
    for axis, measure in zip(axes[0], shown):
        axis.axvspan(*VIVID, color="#ececec", zorder=0, lw=0)
        axis.axhline(floor[measure], color=labels.colors["gray"], ls="--", lw=1.5)
        axis.annotate(labels.names["gray"], (0, floor[measure]), xycoords=("axes fraction", "data"), xytext=(5, 3),
                      textcoords="offset points", color="#555555", fontsize=9)  # fmt: skip
        for (model, knob), curve in curves.groupby(["model", "knob"], sort=False):
            _curve(axis, curve, measure, labels.colors[model], KNOBS[knob])
        axis.set(xlabel="colour, as a share of the originals'", ylabel=axis_label(measure))
        axis.set_xlim(left=0)
    handles = [
        plt.Line2D([], [], color=labels.colors[name], lw=3, label=labels.names[name]) for name in curves.model.unique()
    ]
    handles += [plt.Line2D([], [], color=INK, marker="o", ms=4, ls=KNOBS[knob], label=f"other {knob}s")
                for knob in curves.knob.unique()]  # fmt: skip
    handles += [plt.Line2D([], [], color=INK, marker="o", ms=9, mfc="white", mew=2, ls="", label="default")]
    figure.legend(handles=handles, loc="outside lower center", ncols=5)
    figure.suptitle(title)
    return figure


def _curve(axis, curve: pd.DataFrame, measure: str, color: str, style: str) -> None:
    axis.plot(curve.colorfulness_ratio, curve[measure], style, color=color, marker="o", ms=3.5, lw=1.8)
    default = curve[curve.default]
    axis.plot(default.colorfulness_ratio, default[measure], "o", color=color, ms=9, mfc="white", mew=2, zorder=3)
