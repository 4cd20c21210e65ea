"""The default vividness of a bundled model: a factor on its colours, chosen on the validation photographs."""

import numpy as np
import torch

from colorization.color import unscaled_lab
from colorization.core import paths
from colorization.core.params import Config
from colorization.evaluation import tradeoff
from colorization.evaluation.intervals import interval
from colorization.evaluation.scoring import batches, original_rgb, photographs, recognise
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common.contract import Colorizer
from colorization.models.common.weights import load_model

RULE = ("of `tradeoff.saturations` and 1, the factor whose results have the lowest scene Fréchet distance to the "
        "originals on the validation photographs, among those with a ΔE clear below gray's")  # fmt: skip
AS_TRAINED = 1.0


def chosen(model: Colorizer, config: Config, device: torch.device) -> float:
    """The factor on the colours by RULE; 1 if no factor has a ΔE clear below gray's, or without categories."""
    photos, index = photographs(paths.LAB, "val")
    classifier = load_model(paths.CLASSIFIER, SceneClassifier).to(device)
    start = tradeoff.default(model)
    gray, *points = (start._replace(saturation=s) for s in sorted({0.0, AS_TRAINED, *config.tradeoff.saturations}))
    measured = tradeoff.measure(model, photos, index.category, classifier, {gray, *points}, device)
    values, resampled = tradeoff.summarise(
        measured, originals(photos, index.category, classifier, device), resamples=config.compare.resamples,
        frechet_resamples=config.tradeoff.frechet_resamples, seed=config.train.seed,
    )  # fmt: skip
    clear = [
        point for point in points
        if "scene_frechet" in values[point]
        and interval(resampled[point]["delta_e"] - resampled[gray]["delta_e"])[1] < 0
    ]  # fmt: skip
    best = min(clear, key=lambda point: values[point]["scene_frechet"], default=start)
    return best.saturation


@torch.no_grad()
def originals(photos: np.ndarray, categories, classifier: SceneClassifier, device) -> np.ndarray:
    """The classifier's features (N,F) of packed photographs (N,3,S,S)."""
    found = []
    for part in batches(photos):
        packed = torch.from_numpy(np.array(photos[part])).to(device).float()
        lab = unscaled_lab(original_rgb(packed[:, :1], packed[:, 1:]))
        found.append(recognise(classifier, lab, categories[part])[1].cpu().numpy())
    return np.concatenate(found)
