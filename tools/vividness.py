"""The default vividness of a bundled model: a curve on its colours, chosen on the validation photographs."""

import math

import pandas as pd
import torch

from colorization.core import paths
from colorization.core.params import Config
from colorization.evaluation import tradeoff
from colorization.evaluation.scoring import photographs
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common.contract import Colorizer
from colorization.models.common.weights import load_model
from colorization.vividness import OWN, Curve

RULE = ("the largest of `tradeoff.gains` that keeps three quarters of what the model's own colours gain over gray in "
        "ΔE, and is not more colourful than the originals, on the validation photographs of every source (of at most "
        "1,000, evenly chosen)")  # fmt: skip
KEPT = 0.75  # share of the gain
MOST = 1000  # photographs, as RULE says
GRAY = Curve(0.0)


def chosen(model: Colorizer, config: Config, device: torch.device) -> Curve:
    """The curve on the colours by RULE; the model's own colours if none fulfils it."""
    photos, index = photographs(paths.LAB, "val")
    every = math.ceil(len(index) / MOST)
    photos, index = photos[::every], index[::every].reset_index(drop=True)
    classifier = load_model(paths.CLASSIFIER, SceneClassifier).to(device)
    curves = [Curve(gain, config.tradeoff.knee) for gain in config.tradeoff.gains]
    points = {curve: tradeoff.default(model)._replace(curve=curve) for curve in (GRAY, OWN, *curves)}
    measured = tradeoff.measure(model, photos, index.category, classifier, {*points.values()}, device)
    sources = index.source.fillna("")
    means = {curve: measured[point][0].groupby(sources.values).mean() for curve, point in points.items()}
    return max((curve for curve in curves if fulfilled(means[GRAY], means[OWN], means[curve])), default=OWN)


def fulfilled(gray: pd.DataFrame, own: pd.DataFrame, vivid: pd.DataFrame) -> bool:
    """Whether colours fulfil RULE, from the mean scores of every source."""
    gain = gray.delta_e - own.delta_e
    kept = (gain > 0) & (gray.delta_e - vivid.delta_e >= KEPT * gain)
    return bool((kept & (vivid.colorfulness <= vivid.colorfulness_original)).all())
