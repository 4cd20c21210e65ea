"""Every measure: its name, how it is written, what is better, and how it comes from measures per photograph."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

DIGITS = 5  # significant, in what is written: a rerun on the same machine is no diff

Means = Mapping[str, float | np.ndarray]  # of the columns of scores, over the photographs


@dataclass(frozen=True)
class Measure:
    """A measure of a row, a model or a floor.

    heading: in tables and figures; empty: shown in neither. digits: its number format.
    better: 1: more, -1: less, 0: neither.
    value: the measure from the means of the columns of scores; None: computed from all photographs' features.
    compared: whether two models can be compared by it: it is measured on every model, and has an interval.
    """

    heading: str
    digits: str
    better: int
    about: str
    value: Callable[[Means], float | np.ndarray] | None
    compared: bool = True


def _share(part, whole):
    with np.errstate(invalid="ignore", divide="ignore"):  # nothing of nothing is nan
        return np.divide(part, whole)


# PSNR is that of the mean error, and ratios are those of the means: nearly gray photographs inflate a mean of ratios.
MEASURES = {  # in the order of tables and figures
    "delta_e": Measure(
        "ΔE", ".2f", -1, "CIEDE2000, mean over the pixels: about 2 can just be seen side by side",
        lambda mean: mean["delta_e"]),
    "mse": Measure("MSE", ".4f", -1, "mean squared error of RGB in [0, 1]", lambda mean: mean["mse"]),
    "psnr": Measure(
        "PSNR", ".2f", 1, "peak signal-to-noise ratio in dB, of the mean MSE",
        lambda mean: -10 * np.log10(mean["mse"])),
    "skill": Measure(
        "skill", ".2f", 1, "1 − MSE / MSE of gray: the share of gray's error that the colours explain",
        lambda mean: 1 - mean["mse"] / mean["mse_gray"]),
    "ssim": Measure(
        "SSIM", ".3f", 1, "structural similarity: it hardly sees colour, gray alone is near the top",
        lambda mean: mean["ssim"]),
    "ab_rmse": Measure(
        "ab RMSE", ".1f", -1, "root mean squared error of Lab's a and b", lambda mean: np.sqrt(mean["ab_mse"])),
    "auc": Measure(
        "AuC", ".3f", 1, "share of pixels within an ab error, the area under it from 0 to 150 (Zhang et al. 2016)",
        lambda mean: mean["auc"]),
    "auc_rebalanced": Measure(
        "AuC, rebalanced", ".3f", 1, "the same with rare colours weighing as much as common ones",
        lambda mean: mean["auc_weighted"] / mean["weight"]),
    "histogram_distance": Measure(
        "histograms", ".2f", -1, "earth mover's distance of the histograms of a and b, in ab units",
        lambda mean: mean["histogram_distance"]),
    "colorfulness": Measure(
        "", ".1f", 0, "mean colorfulness (Hasler & Süsstrunk 2003)", lambda mean: mean["colorfulness"]),
    "colorfulness_ratio": Measure(
        "colour", ".2f", 0, "mean colorfulness (Hasler & Süsstrunk 2003) as a share of the originals'",
        lambda mean: mean["colorfulness"] / mean["colorfulness_original"]),
    "recognised": Measure(
        "recognised", ".3f", 1, "share of the photographs whose scene a small classifier recognises",
        lambda mean: _share(mean["recognised"], mean["judged"])),
    "recognised_original": Measure(
        "", ".3f", 0, "the same of the originals",
        lambda mean: _share(mean["recognised_original"], mean["judged"]), False),
    "scene_frechet": Measure(
        "scene Fréchet", ".2f", -1, "Fréchet distance in that classifier's features; it is not FID", None),
    "lpips": Measure(
        "LPIPS", ".3f", -1, "learned perceptual distance (Zhang et al. 2018)", lambda mean: mean["lpips"]),
    "fid": Measure("FID", ".1f", -1, "Fréchet inception distance, without interval", None, False),
    "diversity": Measure(
        "", ".2f", 0, "standard deviation between samples, in ab units", lambda mean: mean["diversity"], False),
    "ab_rmse_sample": Measure(
        "", ".2f", -1, "ab RMSE of one sample", lambda mean: np.sqrt(mean["ab_mse_sample"]), False),
    "ab_rmse_best": Measure(
        "", ".2f", -1, "ab RMSE of the best sample", lambda mean: np.sqrt(mean["ab_mse_best"]), False),
}  # fmt: skip
SHOWN = {name: measure for name, measure in MEASURES.items() if measure.heading}
# What `dvc metrics show` tells of every row; LPIPS and FID too, where evaluate asks for them.
SUMMARY = ("delta_e", "mse", "psnr", "skill", "ssim", "ab_rmse", "colorfulness_ratio", "recognised", "scene_frechet",
           "lpips", "fid")  # fmt: skip


def summarise(scores: pd.DataFrame) -> dict[str, float]:
    """One value per measure over the rows of `scoring.evaluate`, a photograph each; what is not finite is left out."""
    found = derive(scores.mean(numeric_only=True))
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def derive(means: Means) -> dict:
    """The measures whose columns there are, from means that are scalars or arrays."""
    found = {}
    for name, measure in MEASURES.items():
        try:
            if measure.value:
                found[name] = measure.value(means)
        except KeyError:  # the classifier had nothing to recognise, or the model draws no samples
            continue
    return found


def rounded(tree):
    """The same nested dict or list with its floats at DIGITS significant digits."""
    if isinstance(tree, dict):
        return {key: rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [rounded(value) for value in tree]
    return float(f"{tree:.{DIGITS}g}") if isinstance(tree, float) else tree
