"""The default vividness of a bundled model: a factor on its colours, chosen on the validation photographs."""

import torch

from colorization.core import paths
from colorization.core.params import Config
from colorization.evaluation import tradeoff
from colorization.evaluation.scoring import photographs
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common.contract import Colorizer
from colorization.models.common.weights import load_model

RULE = ("the largest of `tradeoff.saturations` and 1 that keeps three quarters of what the model's own colours gain "
        "over gray in ΔE, on the validation photographs")  # fmt: skip
KEPT = 0.75  # share of the gain
AS_TRAINED = 1.0


def chosen(model: Colorizer, config: Config, device: torch.device) -> float:
    """The factor on the colours by RULE; 1 if the model's own colours gain nothing over gray."""
    photos, index = photographs(paths.LAB, "val")
    classifier = load_model(paths.CLASSIFIER, SceneClassifier).to(device)
    own = tradeoff.default(model)
    gray, *points = (own._replace(saturation=s) for s in sorted({0.0, AS_TRAINED, *config.tradeoff.saturations}))
    measured = tradeoff.measure(model, photos, index.category, classifier, {gray, *points}, device)
    errors = {point: float(scores.delta_e.mean()) for point, (scores, _) in measured.items()}
    gain = errors[gray] - errors[own]
    vivid = [point for point in points if gain > 0 and errors[gray] - errors[point] >= KEPT * gain]
    return max(vivid, default=own).saturation
