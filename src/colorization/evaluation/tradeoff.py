"""Vividness against error: how a model's measures change with its vividness and with its temperature.

Each knob gives a line of points. The knobs are `saturation`, a factor on a and b of the result; `curve`, the gain of a
`vividness.Curve`, which leaves pale colours pale; and `temperature`, for a model that predicts a distribution over
colours. The lines of saturation and temperature hold the default: factor 1 at the model's own temperature.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from colorization.color import lab_to_rgb, unscaled_lab
from colorization.evaluation import frechet, intervals, measures, metrics
from colorization.evaluation.columns import original_rgb, recognise
from colorization.evaluation.scoring import batches
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common.contract import Colorizer
from colorization.vividness import OWN, Curve, vivid

COLUMNS = ("delta_e", "ab_rmse", "skill", "colorfulness_ratio", "recognised", "scene_frechet")  # measures in the table
COMPARED = ("delta_e", "ab_rmse", "skill")  # measures whose difference to the default is in the table


class Point(NamedTuple):
    """The settings of all knobs; the temperature is None for a model without one. A factor is a curve with knee 0."""

    temperature: float | None
    curve: Curve


def default(model: Colorizer) -> Point:
    """The settings of a model as trained."""
    return Point(measures.rounded(float(model.temperature)) if hasattr(model, "temperature") else None, OWN)


def lines(
    start: Point, saturations: Iterable[float], curves: Iterable[Curve], temperatures: Iterable[float]
) -> list[tuple[str, float, Point]]:
    """(knob, setting, point) of every point of every line, sorted by setting."""
    rows = [("saturation", s, start._replace(curve=Curve(s))) for s in sorted({*saturations, OWN.gain})]
    rows += [("curve", curve.gain, start._replace(curve=curve)) for curve in sorted({*curves})]
    if start.temperature is not None:
        steps = sorted({*temperatures, start.temperature})
        rows += [("temperature", t, start._replace(temperature=t)) for t in steps]
    return rows


@torch.no_grad()
def measure(
    model: Colorizer, photos: np.ndarray, categories: pd.Series, classifier: SceneClassifier, points: set[Point], device
) -> dict[Point, tuple[pd.DataFrame, np.ndarray]]:
    """Scores of packed photographs (N,3,S,S) at every point, a row each, and the classifier's features (N,F).

    The columns are those of `scoring.evaluate` that the lines need. A photograph is colorized once per temperature.
    classifier: in eval mode, on the device.
    """
    model.eval().to(device, memory_format=torch.channels_last)
    start = default(model)
    parts: dict[Point, list[tuple[pd.DataFrame, np.ndarray]]] = {point: [] for point in sorted(points)}
    for part in batches(photos):
        packed = torch.from_numpy(np.array(photos[part])).to(device).float()
        L = packed[:, :1].contiguous(memory_format=torch.channels_last)
        original = original_rgb(L, packed[:, 1:])
        gray, original_lab = lab_to_rgb(L, torch.zeros_like(packed[:, 1:])), unscaled_lab(original)
        same = {"mse_gray": metrics.mse(gray, original), "colorfulness_original": metrics.colorfulness(original)}
        colours = {t: turned(model, t).colorize(L) for t in {point.temperature for point in parts}}
        for point, found in parts.items():
            result = lab_to_rgb(L, vivid(colours[point.temperature], point.curve))
            lab = unscaled_lab(result)
            judged, features = recognise(classifier, lab, categories[part])
            columns = same | errors(result, original, lab, original_lab) | judged
            scores = pd.DataFrame({name: values.cpu().double().numpy() for name, values in columns.items()})
            found.append((scores, features.cpu().numpy()))
    turned(model, start.temperature)
    return {
        point: (pd.concat(tables, ignore_index=True), np.concatenate(features))
        for point, (tables, features) in ((point, zip(*found)) for point, found in parts.items())
    }


def errors(result: Tensor, original: Tensor, lab: Tensor, original_lab: Tensor) -> dict[str, Tensor]:
    """The measures that change with the knobs, from sRGB and Lab (B,3,S,S); (B,) each."""
    return {
        "mse": metrics.mse(result, original),
        "colorfulness": metrics.colorfulness(result),
        "delta_e": metrics.delta_e(lab, original_lab),
        "ab_mse": metrics.ab_mse(lab, original_lab),
    }


def turned(model: Colorizer, temperature: float | None) -> Colorizer:
    """The same model, set to a temperature if it has one."""
    if temperature is not None:
        model.temperature.fill_(temperature)
    return model


def summarise(
    measured: Mapping[Point, tuple[pd.DataFrame, np.ndarray]],
    originals: np.ndarray,
    *,
    resamples: int,
    frechet_resamples: int,
    seed: int,
):
    """The measures of every point, and the same on resampled photographs: two mappings.

    originals: the classifier's features (N,F) of the originals. Without categories there is no Fréchet distance.
    """
    scores = {point: table for point, (table, _) in measured.items()}
    features = {point: found for point, (_, found) in measured.items()}
    values = {point: measures.summarise(table) for point, table in scores.items()}
    resampled = intervals.bootstrap(scores, resamples, seed)
    if "recognised" in next(iter(scores.values())):
        for point, found in frechet.estimates(features, originals, frechet_resamples, seed).items():
            values[point]["scene_frechet"], resampled[point]["scene_frechet"] = found
    return values, resampled


def table(
    rows: list[tuple[str, float, Point]],
    start: Point,
    values: Mapping[Point, Mapping[str, float]],
    resampled: Mapping[Point, Mapping[str, np.ndarray]],
) -> pd.DataFrame:
    """One row per point of every line: COLUMNS, and COMPARED minus the default's (as `delta_e_minus_default`).

    values, resampled: the measures of every point, on draws that all points share.
    Every value comes with both ends of its interval. `default` marks the default, once in each line that has it.
    """
    found = []
    for knob, setting, point in rows:
        row: dict = {"knob": knob, "setting": setting, "default": point == start}
        ours, drawn = values[point], resampled[point]
        for name in filter(ours.__contains__, COLUMNS):
            row |= _with_ends(name, ours[name], drawn[name])
        for name in COMPARED:
            difference, many = ours[name] - values[start][name], drawn[name] - resampled[start][name]
            row |= _with_ends(f"{name}_minus_default", difference, many)
        found.append(row)
    return pd.DataFrame(found)


def _with_ends(name: str, value: float, drawn: np.ndarray) -> dict[str, float]:
    low, high = intervals.interval(drawn)
    return {name: value, f"{name}_low": low, f"{name}_high": high}
