"""Choose photographs for figures and pages: a few of each category, and a model's best, typical and worst."""

import pandas as pd

QUANTILES = {"best": 0.0, "typical": 0.5, "worst": 1.0}


def spread(categories: pd.Series, count: int) -> list[int]:
    """Rows of at most `count` photographs, one of each category in turn, in the order given."""
    turn = categories.groupby(categories).cumcount()
    return sorted(categories.index, key=lambda row: (turn[row], categories[row]))[:count]


def extremes(errors: pd.Series, count: int) -> dict[str, list[int]]:
    """Rows of the `count` photographs with the lowest, the middle and the highest errors, each row once."""
    order = errors.sort_values(kind="stable").index.to_list()
    count = min(count, len(order) // len(QUANTILES))
    starts = {kind: round(quantile * (len(order) - count)) for kind, quantile in QUANTILES.items()}
    return {kind: order[start : start + count] for kind, start in starts.items()}
