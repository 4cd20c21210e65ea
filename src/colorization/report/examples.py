"""Which photographs figures and pages show: a few of every category, and the best, typical and worst of a model."""

import pandas as pd

QUANTILES = {"best": 0.0, "typical": 0.5, "worst": 1.0}


def spread(categories: pd.Series, count: int) -> list[int]:
    """Rows of `count` photographs (fewer where there are fewer), one of each category in turn, in the order given."""
    turn = categories.groupby(categories).cumcount()
    return sorted(categories.index, key=lambda row: (turn[row], categories[row]))[:count]


def extremes(errors: pd.Series, count: int) -> dict[str, list[int]]:
    """Rows of the `count` photographs with the lowest, the most median and the highest errors, none of them twice."""
    order = errors.sort_values(kind="stable").index.to_list()
    count = min(count, len(order) // len(QUANTILES))
    starts = {kind: round(quantile * (len(order) - count)) for kind, quantile in QUANTILES.items()}
    return {kind: order[start : start + count] for kind, start in starts.items()}
