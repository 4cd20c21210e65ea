"""Every measure: its name, number format, better direction, and formula from the measures per photograph."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

DIGITS = 5  # significant digits in written files, so that a rerun on the same machine gives no diff

Means = Mapping[str, float | np.ndarray]  # mean of each column of scores over the photographs


@dataclass(frozen=True)
class Measure:
    """A measure of a row (a model or a floor).

    heading: the name in tables and figures; empty: shown in neither. digits: the number format.
    better: 1: higher is better, -1: lower is better, 0: neither.
    value: the measure from the means of the columns of scores; None: computed from the features of all photographs.
    compared: whether it compares models: every model has this measure, and it has an interval.
    """

    heading: str
    digits: str
    better: int
    about: str
    value: Callable[[Means], float | np.ndarray] | None
    compared: bool = True


def _share(part, whole):
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0 is nan
        return np.divide(part, whole)


# PSNR is computed from the mean error, ratios from means: nearly gray photographs inflate a mean of ratios.
MEASURES = {  # in the order of tables and figures
    "delta_e": Measure(
        "ΔE", ".2f", -1, "CIEDE2000 colour difference, mean over the pixels; about 2 is just visible side by side",
        lambda mean: mean["delta_e"]),
    "mse": Measure("MSE", ".4f", -1, "mean squared error of RGB in [0, 1]", lambda mean: mean["mse"]),
    "psnr": Measure(
        "PSNR", ".2f", 1, "peak signal-to-noise ratio in dB, of the mean MSE",
        lambda mean: -10 * np.log10(mean["mse"])),
    "skill": Measure(
        "skill", ".2f", 1, "1 − MSE / MSE of gray: the share of gray's error that the colours explain",
        lambda mean: 1 - mean["mse"] / mean["mse_gray"]),
    "ssim": Measure(
        "SSIM", ".3f", 1, "structural similarity; it hardly depends on colour, so gray is near the top",
        lambda mean: mean["ssim"]),
    "ab_rmse": Measure(
        "ab RMSE", ".1f", -1, "root mean squared error of Lab's a and b", lambda mean: np.sqrt(mean["ab_mse"])),
    "auc": Measure(
        "AuC", ".3f", 1, "area under the share of pixels within an ab error of 0 to 150 (Zhang et al. 2016)",
        lambda mean: mean["auc"]),
    "auc_rebalanced": Measure(
        "AuC, rebalanced", ".3f", 1, "AuC in which rare colours weigh as much as common ones",
        lambda mean: mean["auc_weighted"] / mean["weight"]),
    "histogram_distance": Measure(
        "histograms", ".2f", -1, "earth mover's distance between the histograms of a and of b, in ab units",
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
        "", ".3f", 0, "the same share of the originals",
        lambda mean: _share(mean["recognised_original"], mean["judged"]), False),
    "scene_frechet": Measure(
        "scene Fréchet", ".2f", -1, "Fréchet distance in the features of that classifier (not FID)", None),
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
# The measures that `dvc metrics show` lists for every row; LPIPS and FID only if `evaluate` turns them on.
SUMMARY = ("delta_e", "mse", "psnr", "skill", "ssim", "ab_rmse", "colorfulness_ratio", "recognised", "scene_frechet",
           "lpips", "fid")  # fmt: skip


def summarise(scores: pd.DataFrame) -> dict[str, float]:
    """One value per measure from the rows of `scoring.evaluate`, one per photograph; only finite values are kept."""
    found = derive(scores.mean(numeric_only=True))
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def derive(means: Means) -> dict:
    """The measures whose columns `means` has; the means are scalars or arrays."""
    found = {}
    for name, measure in MEASURES.items():
        try:
            if measure.value:
                found[name] = measure.value(means)
        except KeyError:  # the classifier knows no categories, or the model draws no samples
            continue
    return found


def rounded(tree):
    """The same nested dict or list, its floats rounded to DIGITS significant digits."""
    if isinstance(tree, dict):
        return {key: rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [rounded(value) for value in tree]
    return float(f"{tree:.{DIGITS}g}") if isinstance(tree, float) else tree
