"""The rules for claims about losses: their course over the epochs, of all seeds of a model."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps

import numpy as np
import pandas as pd

from colorization.claims import trends
from colorization.claims.verdicts import CONFIRMED, REFUTED, UNDECIDED, Evidence, Found, above, below, of_all, span
from colorization.core.params import PAPER

STEADY = 0.8  # share of all pairs of epochs; six falling epochs and fourteen of level noise have .76
SLIGHT = 0.01  # share of the loss per epoch; ten epochs that take less than a tenth off are no fall
UNSTABLE = 2.0  # times the changes of the generator's other loss, which knows no adversary
SHARP = 0.5  # share of the first step's loss, and share of the fall in the first quarter of the epochs
REPORT_EPOCHS, CONVERGED_EPOCHS = 20, 100
MIN_EPOCHS = 8  # for rules about the course of a training
CLOSE = 0.01  # two errors that differ by less than this share count as equal


Rule = Callable[[Sequence[pd.DataFrame]], Found]  # about the histories of one model


def of_epochs(find: Rule) -> Rule:
    """Make a rule undecided below MIN_EPOCHS."""

    @wraps(find)
    def found(histories: Sequence[pd.DataFrame]) -> Found:
        epochs = min(map(len, histories))
        return find(histories) if epochs >= MIN_EPOCHS else Found(f"{_count(epochs, 'epoch')}: too few", UNDECIDED)

    return found


def of(model: str, find: Rule) -> Callable[[Evidence], Found]:
    """The rule about one model, as a rule about the run's evidence."""
    return lambda evidence: find(evidence.histories[model])


@of_epochs
def steady(histories: Sequence[pd.DataFrame]) -> Found:
    losses = [history.val_loss.to_numpy() for history in histories]
    share, low, high = trends.later_is_lower(losses)
    figure = f"the later of two epochs has the lower loss in {span(share, low, high)} of the pairs{_seeds(histories)}"
    return Found(figure, above(STEADY, low, high))


@of_epochs
def unstable(histories: Sequence[pd.DataFrame]) -> Found:
    pairs = [history[["train_adversarial", "train_l1"]].to_numpy() for history in histories]
    ratio, low, high = trends.ratio_of_changes(pairs)
    return Found(f"changes {span(ratio, low, high)} times as much as its L1 loss{_seeds(histories)}",
                 above(UNSTABLE, low, high))  # fmt: skip


@of_epochs
def mirrors(histories: Sequence[pd.DataFrame]) -> Found:
    pairs = [history[["train_adversarial", "train_d_loss"]].to_numpy() for history in histories]
    r, low, high = trends.correlation_of_changes(pairs)
    return Found(f"correlation of the changes {span(r, low, high)}{_seeds(histories)}", below(0.0, low, high))


@of_epochs
def peak(histories: Sequence[pd.DataFrame]) -> Found:
    return of_all(_by_seed(_peak, histories))


def _peak(history: pd.DataFrame) -> Found:
    later = history.iloc[1:]  # the first epoch is the start, not a peak
    d_loss, adversarial = later.train_d_loss.to_numpy(), later.train_adversarial.to_numpy()
    high, low = int(d_loss.argmax()), int(adversarial.argmin())
    sudden = trends.stands_out(d_loss, high) and trends.stands_out(adversarial, low)
    figure = f"discriminator's highest loss in epoch {high + 2}, generator's lowest loss in epoch {low + 2}"
    figure += "" if sudden else "; at least one does not stand out from the other epochs"
    return Found(figure, CONFIRMED if sudden and abs(high - low) <= 1 else REFUTED)


@of_epochs
def sharp(histories: Sequence[pd.DataFrame]) -> Found:
    return of_all(_by_seed(_sharp, histories))


def _sharp(history: pd.DataFrame) -> Found:
    term = "mse" if "train_mse" in history else "loss"  # without KL, its loss
    loss = np.array([history[f"first_{term}"].iloc[0], *history[f"train_{term}"]])
    share, left = trends.early_share(loss), loss.min() / loss[0] if loss[0] > 0 else 1.0
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
    figure = f"{span(100 * slope, 100 * low, 100 * high)} % per epoch after epoch {after}{_seeds(histories)}"
    return Found(figure, CONFIRMED if high < 0 else REFUTED if low > -SLIGHT else UNDECIDED)


def converged_differ(evidence: Evidence) -> Found:
    histories = {name: its[0] for name, its in evidence.histories.items()}
    shortest = min(map(len, histories.values()))
    if shortest < CONVERGED_EPOCHS:
        return Found(f"the shortest training has {shortest} epochs", UNDECIDED)
    if any(map(_annealed, histories.values())):
        return Found("the learning rate goes to 0: epoch 20 of 100 differs from the end of 20 epochs", UNDECIDED)
    early, late = (
        {name: history.val_ab_mse[:epochs].min() ** 0.5 for name, history in histories.items()}
        for epochs in (REPORT_EPOCHS, None)
    )
    gaps = [(_gap(early, *pair), _gap(late, *pair)) for pair in (("resnet", "gan"), ("resnet", "vae"), ("gan", "vae"))]
    figure = "; ".join(f"{PAPER[name]} {early[name]:.2f} → {late[name]:.2f}" for name in PAPER)
    figure = f"ab RMSE on validation photographs, {REPORT_EPOCHS} epochs → all: {figure}"
    if any(before * after < 0 and min(abs(before), abs(after)) > CLOSE for before, after in gaps):
        return Found(figure, CONFIRMED)
    return Found(figure, REFUTED if all(abs(gap) > CLOSE for pair in gaps for gap in pair) else UNDECIDED)


def _by_seed(find: Callable[[pd.DataFrame], Found], histories: Sequence[pd.DataFrame]) -> dict[int, Found]:
    return {int(history.seed.iloc[0]): find(history) for history in histories}


def _seeds(histories: Sequence[pd.DataFrame]) -> str:
    return f" ({len(histories)} seeds)" if len(histories) > 1 else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _annealed(history: pd.DataFrame) -> bool:
    return history.lr.iloc[-1] < 0.1 * history.lr.iloc[0]


def _gap(errors: Mapping[str, float], one: str, other: str) -> float:
    return float(np.log(errors[one] / errors[other])) if min(errors.values()) > 0 else 0.0
