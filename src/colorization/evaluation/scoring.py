"""Score a model on packed photographs: one row of measures per photograph, in one pass on the device."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from colorization.color import lab_to_rgb, unscaled_lab
from colorization.core.files import write_array, write_json, write_table
from colorization.core.params import Config
from colorization.dataset.index import rows_of
from colorization.dataset.photos import load
from colorization.evaluation import perceptual
from colorization.evaluation.columns import (
    colour_measures,
    judge,
    original_rgb,
    picture_measures,
    sample_measures,
    to_uint8,
)
from colorization.evaluation.comparison import overall
from colorization.evaluation.measures import SUMMARY, rounded
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common.ab_bins import colour_weights
from colorization.models.common.contract import Colorizer
from colorization.models.common.weights import load_model

BATCH = 64  # most photographs per batch; the scores do not depend on it, except the draws of a model that samples
# Most pixels per batch, except for a single photograph: two cores take half as long again for larger ones at 128 px.
BATCH_PIXELS = BATCH * 64**2


@dataclass(frozen=True, kw_only=True)
class Judges:
    """The learned measures: from the training photographs, or downloaded (LPIPS).

    classifier: in eval mode, on the device. colour_weights: (SIDE, SIDE) of `rarity`.
    lpips: sRGB pairs → (B,), or None.
    """

    classifier: SceneClassifier
    colour_weights: Tensor
    lpips: Callable[[Tensor, Tensor], Tensor] | None = None


def load_judges(classifier: Path, train: np.ndarray, *, lpips: bool, device: torch.device) -> Judges:
    """Load the judges to a device, from the classifier's file and the packed training photographs (N,3,S,S)."""
    return Judges(
        classifier=load_model(classifier, SceneClassifier).to(device),
        colour_weights=colour_weights(train),
        lpips=perceptual.lpips(device) if lpips else None,
    )


@dataclass(frozen=True)
class Evaluation:
    """Scores of N photographs, a row each; results and originals (N,S,S,3) uint8, and their features (N,F) float32."""

    scores: pd.DataFrame
    results: np.ndarray
    originals: np.ndarray
    features: np.ndarray
    original_features: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A model's evaluation: scores with the photographs' names and categories, and the measures over all of them."""

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
    """Scores one model after the other on held-out photographs (N,3,S,S), with their index rows and the judges."""

    photos: np.ndarray
    index: pd.DataFrame
    judges: Judges
    config: Config
    device: torch.device

    @classmethod
    def load(cls, lab: Path, classifier: Path, config: Config, device: torch.device) -> "Scorer":
        """Load the folder that preprocessing wrote, and the file of the scene classifier."""
        photos, index = photographs(lab, config.evaluate.split)
        judges = load_judges(classifier, load(lab / "train.npy"), lpips=config.evaluate.lpips, device=device)
        return cls(photos=photos, index=index, judges=judges, config=config, device=device)

    def measures(self, model: Colorizer, seed: int) -> dict[str, float]:
        """The measures over all photographs of a model that was trained with this seed."""
        return self.score(model, seed).measures

    def score(self, model: Colorizer, seed: int | None = None) -> Scored:
        """seed: for the samples of a model that draws several; None: the seed of the study."""
        seed = self.config.train.seed if seed is None else seed
        torch.manual_seed(seed)
        wanted, params = self.config.evaluate, self.config.compare
        outcome = evaluate(
            model, self.photos, self.index.category, self.judges, samples=wanted.samples, device=self.device
        )
        measures = overall(outcome.scores, outcome.features, outcome.original_features, params, seed)
        if wanted.fid:
            measures["fid"] = perceptual.fid(outcome.results, outcome.originals, self.device)
        scores = pd.concat([self.index[["name", "source", "category"]], outcome.scores], axis=1)
        return Scored(outcome=outcome, scores=scores, measures=measures)


def photographs(lab: Path, split: str) -> tuple[np.ndarray, pd.DataFrame]:
    """The packed photographs (N,3,S,S) of a split in the folder that preprocess wrote, and their index rows."""
    return load(lab / f"{split}.npy"), rows_of(lab / "index.csv", split)


def batches(photos: np.ndarray) -> Iterator[slice]:
    """Slices of N that form batches, for packed photographs (N,3,S,S) or any array with S as its second last size."""
    size = max(1, min(BATCH, BATCH_PIXELS // photos.shape[-2] ** 2))
    return (slice(start, start + size) for start in range(0, len(photos), size))


@torch.no_grad()
def evaluate(
    model: Colorizer, photos: np.ndarray, categories: pd.Series, judges: Judges, *, samples: int, device
) -> Evaluation:
    """Colorize packed photographs (N,3,S,S) and measure the results against them.

    samples: colorizations of each photograph by a model that can draw several.
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
        table = pd.DataFrame({name: values.cpu().double().numpy() for name, values in (columns | judged).items()})
        parts.append((table, to_uint8(result), to_uint8(original), *(f.cpu().numpy() for f in features)))
    tables, *arrays = zip(*parts)
    return Evaluation(pd.concat(tables, ignore_index=True), *(np.concatenate(array) for array in arrays))
