"""The columns of the table of scores: measures of a batch of photographs, one value for each of them."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from colorization.color import lab_to_rgb, normalise, unscaled_lab
from colorization.evaluation import metrics
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common.ab_bins import bins


def picture_measures(result: Tensor, original: Tensor, gray: Tensor) -> dict[str, Tensor]:
    """Measures of sRGB (B,3,S,S), (B,) each; `gray` is the photograph without colour."""
    error = metrics.mse(result, original)
    return {
        "mse": error,
        "mse_gray": metrics.mse(gray, original),
        "psnr": metrics.psnr(error),
        "ssim": metrics.ssim(result, original),
        "colorfulness": metrics.colorfulness(result),
        "colorfulness_original": metrics.colorfulness(original),
    }


def colour_measures(lab: Tensor, original: Tensor, weights: Tensor) -> dict[str, Tensor]:
    """Measures of Lab (B,3,S,S) in its own units, (B,) each.

    auc_weighted is the mean of weight · AuC over the pixels, and `weight` is the mean weight. The ratio of their means
    over many photographs is the class-rebalanced AuC.
    """
    accuracy = metrics.ab_accuracy(lab, original)
    weight = weights.to(lab.device).flatten()[bins(original[:, 1:])]
    return {
        "delta_e": metrics.delta_e(lab, original),
        "ab_mse": metrics.ab_mse(lab, original),
        "auc": accuracy.mean(dim=(1, 2)),
        "auc_weighted": (weight * accuracy).mean(dim=(1, 2)),
        "weight": weight.mean(dim=(1, 2)),
        "histogram_distance": metrics.histogram_distance(lab, original),
    }


def sample_measures(samples: Tensor, L: Tensor, original: Tensor) -> dict[str, Tensor]:
    """Spread and lowest error of several colorizations ab (count,B,2,S,S); (B,) each.

    diversity: standard deviation between the samples, root mean square over pixels and both channels, in ab units.
    ab_mse_best, ab_mse_sample: the lowest and the mean ab_mse of the samples.
    """
    labs = torch.stack([unscaled_lab(lab_to_rgb(L, ab)) for ab in samples])
    errors = torch.stack([metrics.ab_mse(lab, original) for lab in labs])
    variance = labs[:, :, 1:].var(dim=0, correction=1).mean(dim=(1, 2, 3))
    return {
        "diversity": variance.sqrt(),
        "ab_mse_best": errors.min(dim=0).values,
        "ab_mse_sample": errors.mean(dim=0),
    }


def judge(classifier: SceneClassifier, lab: Tensor, original: Tensor, categories: pd.Series):
    """The columns of `recognise` for results, plus `recognised_original`, and the features (B,F) of both."""
    columns, features = recognise(classifier, lab, categories)
    of_originals, original_features = recognise(classifier, original, categories)
    if columns:
        columns["recognised_original"] = of_originals["recognised"]
    return columns, (features, original_features)


def recognise(classifier: SceneClassifier, lab: Tensor, categories: pd.Series):
    """Whether the classifier recognises the scenes in Lab (B,3,S,S): columns of (B,), and the features (B,F).

    `judged` is 1 for photographs of a category that the classifier knows; the others do not count. A classifier without
    categories gives no columns.
    """
    known = classifier.categories
    features = classifier.features(torch.cat(normalise(lab[:, :1], lab[:, 1:]), dim=1))
    if not known:
        return {}, features
    truth = torch.tensor([known.index(c) if c in known else -1 for c in categories], device=lab.device)
    right = classifier.head(features).argmax(dim=1) == truth
    return {"recognised": right.float(), "judged": (truth >= 0).float()}, features


def original_rgb(L: Tensor, ab: Tensor) -> Tensor:
    """The original, sRGB (B,3,S,S). Rounding to 8 bits undoes the packed array's rounding, but for 0.2 % of a level."""
    return (lab_to_rgb(L, ab) * 255).round() / 255


def to_uint8(rgb: Tensor) -> np.ndarray:
    """sRGB (B,3,H,W) in [0, 1] → (B,H,W,3) uint8."""
    return (rgb * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
