"""Evidence of a run, and the verdicts that it gives on the claims of the paper.

Most verdicts come from a 95 % interval: confirmed if the whole interval fulfils the rule, refuted if the whole interval
breaks it, undecided otherwise. Rules about single events (a peak, a sharp fall, an order) decide by the event itself.
Claims stay undecided if the run is too short or too small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "undecided"


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


def of_all(found: Mapping[int, Found]) -> Found:
    """An event of every seed's training is confirmed, of none's refuted, of some's undecided. found: by seed."""
    verdicts = {one.verdict for one in found.values()}
    figures = [one.figure if len(found) == 1 else f"seed {seed}: {one.figure}" for seed, one in found.items()]
    return Found(". ".join(figures), verdicts.pop() if len(verdicts) == 1 else UNDECIDED)


def span(value: float, low: float, high: float, *, digits: int = 2) -> str:
    if not np.isfinite([value, low, high]).all():
        return "(cannot be computed)"
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
