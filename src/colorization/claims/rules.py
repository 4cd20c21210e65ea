"""The rules that find a figure for each claim of the paper, and the verdict on the claim.

Most verdicts come from a 95 % interval: confirmed if the whole interval fulfils the rule, refuted if the whole interval
breaks it, undecided otherwise. Rules about single events (a peak, a sharp fall, an order) decide by the event itself.
Claims stay undecided if the run is too short or too small.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps

import numpy as np
import pandas as pd

from colorization.claims import trends
from colorization.core.params import PAPER
from colorization.evaluation import intervals

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "undecided"
OVERLY = 15.0  # points of colorfulness above the original: Hasler & Süsstrunk's step from "not" to "slightly" colourful
SOME = 0.05  # share of the photographs
STEADY = 2 / 3  # share of the steps from epoch to epoch
UNSTABLE = 2.0  # times the changes of the generator's other loss, which knows no adversary
SHARP = 0.5  # share of the first step's loss, and share of the fall in the first quarter of the epochs
HARD_TO_TELL = 0.4  # share of the trials in which people take the result for the photograph; guessing gives 0.5
GREAT = 0.5  # share of the gray floor's squared error
REPORT_EPOCHS, CONVERGED_EPOCHS = 20, 100
MIN_PHOTOGRAPHS = 20  # a 95 % bootstrap interval covers 83 % with 5 photographs and 92 % with 30
MIN_EPOCHS = 8  # for rules about the course of a training
CLOSE = 0.01  # two errors that differ by less than this share count as equal


@dataclass(frozen=True)
class Evidence:
    """The outputs of a run: scores per photograph, intervals, differences, histories per model, people's answers.

    histories: of the scored training, then of those with other seeds, if there are any.
    """

    scores: Mapping[str, pd.DataFrame]
    table: pd.DataFrame
    differences: pd.DataFrame
    histories: Mapping[str, Sequence[pd.DataFrame]]
    people: Mapping
    resamples: int
    seed: int
    decides: bool  # false for the sample: too few photographs, and too narrow networks


@dataclass(frozen=True)
class Found:
    """A figure in words, and the verdict from it."""

    figure: str
    verdict: str


def above(threshold: float, low: float, high: float) -> str:
    """The verdict on "more than the threshold"."""
    return CONFIRMED if low > threshold else REFUTED if high < threshold else UNDECIDED


def below(threshold: float, low: float, high: float) -> str:
    """The verdict on "less than the threshold"."""
    return above(-threshold, -high, -low)


def together(found: list[str]) -> str:
    """The verdict on a claim that needs all parts confirmed."""
    return REFUTED if REFUTED in found else UNDECIDED if UNDECIDED in found else CONFIRMED


def of_photographs(find: Callable[..., Found]) -> Callable[..., Found]:
    """Make a rule undecided below MIN_PHOTOGRAPHS."""

    @wraps(find)
    def found(*args) -> Found:
        outcome, count = find(*args), len(args[-1].scores["gan"])
        if count < MIN_PHOTOGRAPHS:
            return Found(f"{outcome.figure}; {count} photographs are too few", UNDECIDED)
        return outcome

    return found


@of_photographs
def less_colourful(model: str, evidence: Evidence) -> Found:
    value, low, high = _measure(evidence, model, "colorfulness_ratio")
    return Found(f"{_span(value, low, high)} of the originals' colorfulness", below(1.0, low, high))


@of_photographs
def overly_colourful(evidence: Evidence) -> Found:
    scores = evidence.scores["gan"]
    over = int((scores.colorfulness - scores.colorfulness_original >= OVERLY).sum())
    low, high = intervals.wilson(over, len(scores))
    return Found(f"{_span(over / len(scores), low, high)} of {len(scores)} photographs", above(SOME, low, high))


@of_photographs
def great(evidence: Evidence) -> Found:
    skills = {name: _measure(evidence, name, "skill") for name in PAPER}
    figure = ", ".join(f"{PAPER[name]} {_span(*skill)}" for name, skill in skills.items())
    return Found(f"skill: {figure}", together([above(GREAT, low, high) for _, low, high in skills.values()]))


@of_photographs
def more_effective(evidence: Evidence) -> Found:
    rows = [_difference(evidence, "vae", other, "mse") for other in ("resnet", "gan")]
    figure = ", ".join(f"to {PAPER[o]} {_span(*row, digits=5)}" for o, row in zip(("resnet", "gan"), rows))
    return Found(f"difference in MSE {figure}", together([below(0.0, low, high) for _, low, high in rows]))


@of_photographs
def quality_varies(evidence: Evidence) -> Found:
    """Ratio of the standard deviations of ΔE over the photographs, paired."""
    values = np.stack([evidence.scores[name].delta_e for name in ("gan", "resnet", "vae")], axis=1)
    chunks = intervals.draws(len(values), evidence.resamples, evidence.seed)
    sd = np.concatenate([np.sqrt((w @ values**2 - (w @ values) ** 2).clip(min=0)) for w in chunks])
    sd[sd < 1e-9] = np.nan  # no spread to compare with
    whole, found, parts = values.std(axis=0), [], []
    whole[whole < 1e-9] = np.nan
    for column, other in ((1, "resnet"), (2, "vae")):
        low, high = intervals.interval(sd[:, 0] / sd[:, column])
        found.append(above(1.0, low, high))
        parts.append(f"{_span(whole[0] / whole[column], low, high)} of {PAPER[other]}'s")
    return Found(f"standard deviation of ΔE: {', '.join(parts)}", together(found))


def of_epochs(find: Callable[..., Found]) -> Callable[..., Found]:
    """Make a rule about a model's histories undecided below MIN_EPOCHS."""

    @wraps(find)
    def found(*args) -> Found:
        histories = args[-1]
        epochs = min(map(len, histories))
        return find(*args) if epochs >= MIN_EPOCHS else Found(f"{_count(epochs, 'epoch')}: too few", UNDECIDED)

    return found


def of(model: str, find: Callable[[Sequence[pd.DataFrame]], Found]) -> Callable[[Evidence], Found]:
    """The rule about one model's histories, as a rule about the run's evidence."""
    return lambda evidence: find(evidence.histories[model])


@of_epochs
def steady(histories: Sequence[pd.DataFrame]) -> Found:
    losses = [history.val_loss.to_numpy() for history in histories]
    share, low, high = trends.falling_share(losses)
    steps = sum(len(loss) - 1 for loss in losses)
    return Found(f"falls in {_span(share, low, high)} of {steps} steps", above(STEADY, low, high))


@of_epochs
def unstable(histories: Sequence[pd.DataFrame]) -> Found:
    pairs = [history[["train_adversarial", "train_l1"]].to_numpy() for history in histories]
    ratio, low, high = trends.ratio_of_changes(pairs)
    return Found(f"changes {_span(ratio, low, high)} times as much as its L1 loss{_seeds(histories)}",
                 above(UNSTABLE, low, high))  # fmt: skip


@of_epochs
def mirrors(histories: Sequence[pd.DataFrame]) -> Found:
    pairs = [history[["train_adversarial", "train_d_loss"]].to_numpy() for history in histories]
    r, low, high = trends.correlation_of_changes(pairs)
    return Found(f"correlation of the changes {_span(r, low, high)}{_seeds(histories)}", below(0.0, low, high))


@of_epochs
def peak(histories: Sequence[pd.DataFrame]) -> Found:
    return _of_all([_peak(history.iloc[1:]) for history in histories])  # the first epoch is the start, not a peak


def _peak(history: pd.DataFrame) -> Found:
    d_loss, adversarial = history.train_d_loss.to_numpy(), history.train_adversarial.to_numpy()
    high, low = int(d_loss.argmax()), int(adversarial.argmin())
    sudden = trends.stands_out(d_loss, high) and trends.stands_out(adversarial, low)
    figure = f"discriminator's highest loss in epoch {high + 2}, generator's lowest loss in epoch {low + 2}"
    figure += "" if sudden else "; at least one does not stand out from the other epochs"
    return Found(figure, CONFIRMED if sudden and abs(high - low) <= 1 else REFUTED)


@of_epochs
def sharp(histories: Sequence[pd.DataFrame]) -> Found:
    return _of_all([_sharp(history) for history in histories])


def _sharp(history: pd.DataFrame) -> Found:
    term = "mse" if "train_mse" in history else "loss"  # without KL, its loss
    loss = np.array([history[f"first_{term}"].iloc[0], *history[f"train_{term}"]])
    share, left = trends.early_share(loss), loss.min() / loss[0]
    figure = (
        f"from {loss[0]:.4f} (first step) over {loss[1]:.4f} (mean of the first epoch) to {loss.min():.4f}, "
        f"{share:.0%} of the fall in the first quarter of the epochs"
    )
    return Found(figure, CONFIRMED if left <= SHARP and share >= SHARP else REFUTED)


@of_epochs
def still_falls(histories: Sequence[pd.DataFrame]) -> Found:
    if any(map(_annealed, histories)):
        return Found("the learning rate of this run goes to 0, which stops the fall of any loss", UNDECIDED)
    epochs = min(map(len, histories))
    after = REPORT_EPOCHS if epochs >= REPORT_EPOCHS + MIN_EPOCHS else epochs // 2
    if epochs - after < MIN_EPOCHS:
        return Found(f"{_count(epochs, 'epoch')}: too few", UNDECIDED)
    slope, low, high = trends.relative_slope([history.val_loss.to_numpy()[after:epochs] for history in histories])
    figure = f"{_span(100 * slope, 100 * low, 100 * high)} % per epoch after epoch {after}{_seeds(histories)}"
    return Found(figure, below(0.0, low, high))


def converged_differ(evidence: Evidence) -> Found:
    histories = {name: its[0] for name, its in evidence.histories.items()}
    shortest = min(map(len, histories.values()))
    if shortest < CONVERGED_EPOCHS:
        return Found(f"the shortest training has {shortest} epochs", UNDECIDED)
    if any(map(_annealed, histories.values())):
        return Found("the learning rate goes to 0: epoch 20 of 100 differs from the end of 20 epochs", UNDECIDED)
    early, late = (
        {name: history.val_ab_mse[:epochs].min() for name, history in histories.items()}
        for epochs in (REPORT_EPOCHS, None)
    )
    gaps = [(_gap(early, *pair), _gap(late, *pair)) for pair in (("resnet", "gan"), ("resnet", "vae"), ("gan", "vae"))]
    figure = "; ".join(f"{PAPER[name]} {early[name] ** 0.5:.2f} → {late[name] ** 0.5:.2f}" for name in PAPER)
    figure = f"ab RMSE on validation photographs, {REPORT_EPOCHS} epochs → all: {figure}"
    if any(before * after < 0 and min(abs(before), abs(after)) > CLOSE for before, after in gaps):
        return Found(figure, CONFIRMED)
    return Found(figure, REFUTED if all(abs(gap) > CLOSE for pair in gaps for gap in pair) else UNDECIDED)


def hard_to_tell(evidence: Evidence) -> Found:
    models = [row for name, row in evidence.people["models"].items() if name in PAPER]
    fooled, trials = (sum(model[key] for model in models) for key in ("fooled", "trials"))
    if not trials:
        return Found("nobody has answered yet", UNDECIDED)
    low, high = intervals.wilson(fooled, trials)
    return Found(f"taken for the photograph in {_span(fooled / trials, low, high)} of {trials} trials",
                 above(HARD_TO_TELL, low, high))  # fmt: skip


def _measure(evidence: Evidence, model: str, measure: str) -> tuple[float, float, float]:
    row = evidence.table.set_index("model").loc[model]
    return row[measure], row[f"{measure}_low"], row[f"{measure}_high"]


def _difference(evidence: Evidence, first: str, second: str, measure: str) -> tuple[float, float, float]:
    """First minus second, in whichever order the table has them."""
    rows = evidence.differences.set_index(["measure", "first", "second"])
    if (measure, first, second) in rows.index:
        return tuple(rows.loc[(measure, first, second), ["difference", "low", "high"]])
    value, low, high = rows.loc[(measure, second, first), ["difference", "low", "high"]]
    return -value, -high, -low


def _of_all(found: Sequence[Found]) -> Found:
    """An event of every seed's training is confirmed, of none's refuted, of some's undecided."""
    verdicts = {one.verdict for one in found}
    figures = [one.figure if len(found) == 1 else f"seed {n}: {one.figure}" for n, one in enumerate(found, 1)]
    return Found(". ".join(figures), verdicts.pop() if len(verdicts) == 1 else UNDECIDED)


def _seeds(histories: Sequence[pd.DataFrame]) -> str:
    return f" ({len(histories)} seeds)" if len(histories) > 1 else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _annealed(history: pd.DataFrame) -> bool:
    return history.lr.iloc[-1] < 0.1 * history.lr.iloc[0]


def _gap(errors: Mapping[str, float], one: str, other: str) -> float:
    return float(np.log(errors[one] / errors[other])) if min(errors.values()) > 0 else 0.0


def _span(value: float, low: float, high: float, *, digits: int = 2) -> str:
    if not np.isfinite([value, low, high]).all():
        return "(cannot be computed)"
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
