"""Score a colorizer on packed photographs: one row of measures per photograph, in one pass over them on the device."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from colorization.color import lab_to_rgb, normalise, unscaled_lab
from colorization.core.files import write_array, write_json, write_table
from colorization.core.params import Config
from colorization.dataset.index import rows_of
from colorization.dataset.photos import load
from colorization.evaluation import metrics, perceptual
from colorization.evaluation.comparison import overall
from colorization.evaluation.measures import SUMMARY, rounded
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common.ab_bins import bins, colour_weights
from colorization.models.common.contract import Colorizer
from colorization.models.common.weights import load_model

BATCH = 64  # photographs at once at most; the scores do not depend on it, but for the draws of a network that samples
# At once at most, but one photograph: two cores measure larger batches more slowly, by half at 128 px.
BATCH_PIXELS = BATCH * 64**2


@dataclass(frozen=True, kw_only=True)
class Judges:
    """What measures, beside the formulas: learned from the training photographs, or brought along.

    classifier: in eval mode, on the device. colour_weights: (SIDE, SIDE) of `rarity`.
    lpips: sRGB pairs → (B,), or None.
    """

    classifier: SceneClassifier
    colour_weights: Tensor
    lpips: Callable[[Tensor, Tensor], Tensor] | None = None


def load_judges(classifier: Path, train: np.ndarray, *, lpips: bool, device: torch.device) -> Judges:
    """The judges on a device, from the classifier's file and the packed training photographs (N,3,S,S)."""
    return Judges(
        classifier=load_model(classifier, SceneClassifier).to(device),
        colour_weights=colour_weights(train),
        lpips=perceptual.lpips(device) if lpips else None,
    )


@dataclass(frozen=True)
class Evaluation:
    """N photographs' scores, a row each; results (N,S,S,3) uint8; the classifier's features (N,F) float32 of both."""

    scores: pd.DataFrame
    results: np.ndarray
    originals: np.ndarray
    features: np.ndarray
    original_features: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A model's evaluation with the photographs' names and categories in its scores, and its measures over them all."""

    outcome: Evaluation
    scores: pd.DataFrame
    measures: dict[str, float]

    def write(self, *, scores: Path, summary: Path, results: Path, features: Path) -> None:
        write_table(scores, self.scores)
        write_json(summary, rounded({name: self.measures[name] for name in SUMMARY if name in self.measures}))
        write_array(results, self.outcome.results)
        write_array(features, self.outcome.features)


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """The held-out photographs (N,3,S,S), their rows of the index, and the judges: scores one model after the other."""

    photos: np.ndarray
    index: pd.DataFrame
    judges: Judges
    config: Config
    device: torch.device

    @classmethod
    def load(cls, lab: Path, classifier: Path, config: Config, device: torch.device) -> "Scorer":
        """From the folder that preprocessing wrote and the file of the scene classifier."""
        photos, index = photographs(lab, config.evaluate.split)
        judges = load_judges(classifier, load(lab / "train.npy"), lpips=config.evaluate.lpips, device=device)
        return cls(photos=photos, index=index, judges=judges, config=config, device=device)

    def measures(self, model: Colorizer, seed: int) -> dict[str, float]:
        """The measures over all photographs of a model that was trained with a seed."""
        return self.score(model, seed).measures

    def score(self, model: Colorizer, seed: int | None = None) -> Scored:
        """seed: of the samples of a model that draws several; None: that of the study."""
        seed = self.config.train.seed if seed is None else seed
        torch.manual_seed(seed)
        wanted, params = self.config.evaluate, self.config.compare
        outcome = evaluate(
            model, self.photos, self.index.category, self.judges, samples=wanted.samples, device=self.device
        )
        measures = overall(outcome.scores, outcome.features, outcome.original_features, params, seed)
        if wanted.fid:
            measures["fid"] = perceptual.fid(outcome.results, outcome.originals, self.device)
        scores = pd.concat([self.index[["name", "category"]], outcome.scores], axis=1)
        return Scored(outcome=outcome, scores=scores, measures=measures)


def photographs(lab: Path, split: str) -> tuple[np.ndarray, pd.DataFrame]:
    """The packed photographs (N,3,S,S) of a split in the folder that preprocess wrote, and their rows of its index."""
    return load(lab / f"{split}.npy"), rows_of(lab / "index.csv", split)


def batches(photos: np.ndarray) -> Iterator[slice]:
    """Which of packed photographs (N,3,S,S), or of any arrays of N with S in their last place but one, go together."""
    size = max(1, min(BATCH, BATCH_PIXELS // photos.shape[-2] ** 2))
    return (slice(start, start + size) for start in range(0, len(photos), size))


@torch.no_grad()
def evaluate(
    model: Colorizer, photos: np.ndarray, categories: pd.Series, judges: Judges, *, samples: int, device
) -> Evaluation:
    """Colorize packed photographs (N,3,S,S) and measure the results against them.

    samples: colorizations of each photograph by a network that can draw several.
    """
    model.eval().to(device, memory_format=torch.channels_last)
    parts = []
    for part in batches(photos):
        packed = torch.from_numpy(np.array(photos[part])).to(device).float()
        L = packed[:, :1].contiguous(memory_format=torch.channels_last)
        original = original_rgb(L, packed[:, 1:])
        result, gray = lab_to_rgb(L, model.colorize(L)), lab_to_rgb(L, torch.zeros_like(packed[:, 1:]))
        lab, original_lab = unscaled_lab(result), unscaled_lab(original)
        columns = picture_measures(result, original, gray) | colour_measures(lab, original_lab, judges.colour_weights)
        if judges.lpips:
            columns["lpips"] = judges.lpips(result, original)
        if samples and hasattr(model, "sample"):
            columns |= sample_measures(model.sample(L, samples), L, original_lab)
        judged, features = judge(judges.classifier, lab, original_lab, categories[part])
        table = pd.DataFrame({name: values.double().cpu().numpy() for name, values in (columns | judged).items()})
        parts.append((table, to_uint8(result), to_uint8(original), *(f.cpu().numpy() for f in features)))
    tables, *arrays = zip(*parts)
    return Evaluation(pd.concat(tables, ignore_index=True), *(np.concatenate(array) for array in arrays))


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

    auc_weighted is the mean of weight · AuC over the pixels and `weight` that of the weight: over many photographs the
    ratio of their means is the class-rebalanced AuC.
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
    """Of several colorizations ab (count,B,2,S,S): how far they spread, and how good the best of them is; (B,) each.

    diversity: standard deviation between the samples, in ab units, its root mean square over pixels and both channels.
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
    """The columns of `recognise` for results, with `recognised_original`, and the features (B,F) of both."""
    columns, features = recognise(classifier, lab, categories)
    of_originals, original_features = recognise(classifier, original, categories)
    if columns:
        columns["recognised_original"] = of_originals["recognised"]
    return columns, (features, original_features)


def recognise(classifier: SceneClassifier, lab: Tensor, categories: pd.Series):
    """Whether Lab (B,3,S,S) in its own units is taken for what it shows, columns of (B,), and the features (B,F).

    `judged` tells the photographs of a category that the classifier knows; the others count for neither. Without
    categories there is nothing to recognise: no columns.
    """
    known = classifier.categories
    features = classifier.features(torch.cat(normalise(lab[:, :1], lab[:, 1:]), dim=1))
    if not known:
        return {}, features
    truth = torch.tensor([known.index(c) if c in known else -1 for c in categories], device=lab.device)
    right = classifier.head(features).argmax(dim=1) == truth
    return {"recognised": right.float(), "judged": (truth >= 0).float()}, features


def original_rgb(L: Tensor, ab: Tensor) -> Tensor:
    """The photograph itself, sRGB (B,3,S,S): rounding to 8 bits undoes the packed array's, but for 0.2 % of a level."""
    return (lab_to_rgb(L, ab) * 255).round() / 255


def to_uint8(rgb: Tensor) -> np.ndarray:
    """sRGB (B,3,H,W) in [0, 1] → (B,H,W,3) uint8."""
    return (rgb * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
