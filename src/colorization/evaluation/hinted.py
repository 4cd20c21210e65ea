"""Error over the number of hints: a model that takes hints, beside a floor that needs no learning and two bounds.

Hints lie at random places, the same for model and floor; a photograph's places for a smaller number are among those for
a larger one. Each reveals the mean true colour of a square (Zhang et al. 2017, section 4.1).

network: the model alone. spread: the model, joined with the hints as `colorize` joins them (see `hinting`), but without
its guided filter.
floor: the hints spread without a model (Levin et al. 2004). known: the model, given the true colour of every pixel.
bound: the true colours themselves, at a quarter of the side and enlarged.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from colorization.color import lab_to_rgb, unscaled_lab
from colorization.core.params import Hints
from colorization.core.process import processors
from colorization.evaluation import intervals, measures, metrics
from colorization.evaluation.columns import original_rgb
from colorization.evaluation.comparison import groups
from colorization.evaluation.scoring import batches
from colorization.evaluation.tradeoff import errors
from colorization.hinting.joining import Hinted
from colorization.hinting.levin import Spread
from colorization.models.common import hints as maps
from colorization.models.common.blocks import resized
from colorization.models.common.contract import Colorizer

SHRINK = 4  # of the bound: our network paints at a quarter of the side
MEASURES = ("delta_e", "psnr", "ab_rmse", "skill")
DIFFERENCE = "spread - floor"
COLUMNS = ("who", "count", "source", "category", "photographs", "measure", "value", "low", "high")


class Condition(NamedTuple):
    """Who colours, and with how many hints; -1: with no number of them."""

    who: str
    hints: int = -1


def evenly(photographs: int, most: int) -> np.ndarray:
    """Rows of at most `most` photographs at equal distances; 0: all."""
    count = min(most or photographs, photographs)
    return np.arange(count) * photographs // count


def places(photographs: int, side: int, most: int, seed: int) -> np.ndarray:
    """For every photograph `most` different places, uniform over its side × side pixels: (N, most) indices.

    The first k of a photograph's places are its places for k hints.
    """
    drawn = (np.random.default_rng([seed, row]).permutation(side * side)[:most] for row in range(photographs))
    return np.stack(list(drawn))


@torch.no_grad()
def measure(model: Colorizer, photos: np.ndarray, params: Hints, seed: int, device) -> dict[Condition, pd.DataFrame]:
    """Scores of packed photographs (N,3,S,S) under every condition, a row each, as `tradeoff.errors` has them."""
    model.eval().to(device, memory_format=torch.channels_last)
    drawn = places(len(photos), photos.shape[-1], max(params.counts), seed)
    parts: dict[Condition, list[pd.DataFrame]] = {}
    for part in batches(photos):
        packed = torch.from_numpy(np.array(photos[part])).to(device).float()
        L, ab = packed[:, :1].contiguous(memory_format=torch.channels_last), packed[:, 1:]
        original = original_rgb(L, ab)
        original_lab = unscaled_lab(original)
        gray = {"mse_gray": metrics.mse(lab_to_rgb(L, torch.zeros_like(ab)), original)}
        for condition, colours in results(model, L, ab, torch.from_numpy(drawn[part]).to(device), params):
            result = lab_to_rgb(L, colours)
            found = gray | errors(result, original, unscaled_lab(result), original_lab)
            scores = pd.DataFrame({name: values.cpu().double().numpy() for name, values in found.items()})
            parts.setdefault(condition, []).append(scores)
    return {condition: pd.concat(tables, ignore_index=True) for condition, tables in parts.items()}


def results(
    model: Colorizer, L: Tensor, ab: Tensor, drawn: Tensor, params: Hints
) -> Iterator[tuple[Condition, Tensor]]:
    """The colours (B,2,S,S) under every condition, for L (B,1,S,S), true ab (B,2,S,S) and places (B,most)."""
    yield Condition("bound"), resized(F.avg_pool2d(ab, SHRINK), ab.shape[-2:])
    yield Condition("known"), model.colorize(L, torch.cat([torch.ones_like(L), ab], dim=1))
    plain = model.colorize(L)
    for count in sorted(set(params.counts)):
        known = revealed(ab, drawn[:, :count], params.radius)
        answer = model.colorize(L, known)
        change, floor = spread(L, plain, answer, known, min(params.floor_side, L.shape[-1]))
        yield Condition("network", count), answer
        yield Condition("spread", count), plain + change
        yield Condition("floor", count), floor


def revealed(ab: Tensor, drawn: Tensor, radius: int) -> Tensor:
    """A map of hints (B,3,S,S) at places (B,k) of photographs ab (B,2,S,S)."""
    points = torch.zeros_like(ab[:, :1]).flatten(1).scatter(1, drawn, 1.0)
    return maps.patches(ab, points.view_as(ab[:, :1]), 2 * radius + 1)


def spread(L: Tensor, plain: Tensor, answer: Tensor, known: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """What hints add to a model's colours, and the colours of hints alone, both solved at a side: (B,2,S,S) each.

    L: (B,1,S,S). plain, answer: the model's colours without and with hints, (B,2,S,S). known: a map of hints (B,3,S,S).
    """
    colours = F.adaptive_avg_pool2d(torch.cat([L, plain, answer], dim=1).cpu(), side)
    parts = torch.cat([colours, maps.at(known.cpu(), side, side)], dim=1).numpy()
    with ThreadPoolExecutor(processors()) as pool:
        solved = np.stack(list(pool.map(_spread, parts)))
    return resized(torch.from_numpy(solved).float(), L.shape[-2:]).to(L).split(2, dim=1)


def _spread(parts: np.ndarray) -> np.ndarray:
    """`spread` for L, plain, answer and known of one photograph, (8,h,w) in this order → (4,h,w)."""
    L, plain, answer, known, colours = np.split(parts, [1, 3, 5, 6])
    if not known.any():
        return np.zeros_like(parts[:4])
    change = Hinted(L[0], known[0] > 0, plain).change(answer, colours)
    return np.concatenate([change, Spread(L[0], known[0] > 0)(colours)])


def table(
    measured: Mapping[Condition, pd.DataFrame], index: pd.DataFrame, *, resamples: int, seed: int
) -> pd.DataFrame:
    """Every measure of MEASURES with its interval, a row each: over all photographs (no source, no category), and by
    category as in `comparison.groups`. The rows of DIFFERENCE are paired.

    index: the photographs' `source` and `category`.
    """
    everywhere = pd.Series(True, index=index.index)
    rows = []
    for source, category, inside in [("", "", everywhere), *groups(index)]:
        scores = {condition: found[inside] for condition, found in measured.items()}
        for who, count, *values in _rows(scores, resamples, seed):
            rows.append((who, count if count >= 0 else None, source, category, int(inside.sum()), *values))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"count": "Int64"})


def _rows(scores: Mapping[Condition, pd.DataFrame], resamples: int, seed: int) -> Iterator[tuple]:
    """who, count, measure, value, low, high."""
    values = {condition: measures.summarise(found) for condition, found in scores.items()}
    resampled = intervals.bootstrap(scores, resamples, seed)
    for name in MEASURES:
        for condition in scores:
            yield *condition, name, values[condition][name], *intervals.interval(resampled[condition][name])
        for ours in (condition for condition in scores if condition.who == "spread"):
            other = Condition("floor", ours.hints)
            ends = intervals.interval(resampled[ours][name] - resampled[other][name])
            yield DIFFERENCE, ours.hints, name, values[ours][name] - values[other][name], *ends
