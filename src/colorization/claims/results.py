"""The rules for claims about results: their colours and errors, and what people say of them."""

from collections.abc import Callable
from functools import wraps

import numpy as np

from colorization.claims.verdicts import UNDECIDED, Evidence, Found, above, below, span, together
from colorization.core.params import PAPER
from colorization.evaluation import intervals

OVERLY = 15.0  # points of colorfulness above the original: Hasler & Süsstrunk's step from "not" to "slightly" colourful
SOME = 0.05  # share of the photographs
HARD_TO_TELL = 0.4  # share of the trials in which people take the result for the photograph; guessing gives 0.5
GREAT = 0.5  # share of the gray floor's squared error
MIN_PHOTOGRAPHS = 20  # a 95 % bootstrap interval covers 83 % with 5 photographs and 92 % with 30


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
    return Found(f"{span(value, low, high)} of the originals' colorfulness", below(1.0, low, high))


@of_photographs
def overly_colourful(evidence: Evidence) -> Found:
    scores = evidence.scores["gan"]
    over = int((scores.colorfulness - scores.colorfulness_original >= OVERLY).sum())
    low, high = intervals.wilson(over, len(scores))
    return Found(f"{span(over / len(scores), low, high)} of {len(scores)} photographs", above(SOME, low, high))


@of_photographs
def great(evidence: Evidence) -> Found:
    skills = {name: _measure(evidence, name, "skill") for name in PAPER}
    figure = ", ".join(f"{PAPER[name]} {span(*skill)}" for name, skill in skills.items())
    return Found(f"skill: {figure}", together([above(GREAT, low, high) for _, low, high in skills.values()]))


@of_photographs
def more_effective(evidence: Evidence) -> Found:
    rows = [_difference(evidence, "vae", other, "mse") for other in ("resnet", "gan")]
    figure = ", ".join(f"to {PAPER[o]} {span(*row, digits=5)}" for o, row in zip(("resnet", "gan"), rows))
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
        parts.append(f"{span(whole[0] / whole[column], low, high)} of {PAPER[other]}'s")
    return Found(f"standard deviation of ΔE: {', '.join(parts)}", together(found))


def hard_to_tell(evidence: Evidence) -> Found:
    models = [row for name, row in evidence.people["models"].items() if name in PAPER]
    fooled, trials = (sum(model[key] for model in models) for key in ("fooled", "trials"))
    if not trials:
        return Found("nobody has answered yet", UNDECIDED)
    low, high = intervals.wilson(fooled, trials)
    return Found(f"taken for the photograph in {span(fooled / trials, low, high)} of {trials} trials",
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
