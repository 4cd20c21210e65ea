"""From measures per photograph to one number per model, with the interval that the choice of photographs leaves."""

import numpy as np
import pandas as pd

MEASURES = ("mse", "psnr", "ssim", "delta_e", "colorfulness", "colorfulness_ratio")
AVERAGED = ("mse", "ssim", "delta_e", "colorfulness", "colorfulness_original")
CONFIDENCE = 0.95
DIGITS = 5  # significant, in what is written: a rerun on the same machine is no diff


def summarise(scores: pd.DataFrame) -> dict[str, float]:
    """One value per measure over the photographs, one a row, of `evaluation.score`."""
    return {name: float(value) for name, value in _derive(scores[list(AVERAGED)].mean()).items()}


def intervals(scores: pd.DataFrame, resamples: int, seed: int) -> dict[str, tuple[float, float]]:
    """95 % percentile bootstrap interval of every measure (Efron & Tibshirani 1993, chapter 13), over photographs."""
    values = scores[list(AVERAGED)].to_numpy()
    rng = np.random.default_rng(seed)
    n = len(values)
    means = np.concatenate([
        rng.multinomial(n, np.full(n, 1 / n), size=min(1000, resamples - start)) @ values / n
        for start in range(0, resamples, 1000)
    ])  # fmt: skip
    tail = (1 - CONFIDENCE) / 2
    derived = _derive(dict(zip(AVERAGED, means.T)))
    return {name: tuple(np.quantile(column, [tail, 1 - tail])) for name, column in derived.items()}


def rounded(tree):
    """The same nested dict with its floats at DIGITS significant digits."""
    if isinstance(tree, dict):
        return {key: rounded(value) for key, value in tree.items()}
    return float(f"{tree:.{DIGITS}g}") if isinstance(tree, float) else tree


def _derive(means) -> dict:
    """Measures from means, scalars or arrays: psnr is that of the mean mse and colorfulness_ratio that of the means.

    The mean of the photographs' own psnr, or ratios, is inflated by those that are nearly gray.
    """
    return {
        "mse": means["mse"],
        "psnr": -10 * np.log10(means["mse"]),
        "ssim": means["ssim"],
        "delta_e": means["delta_e"],
        "colorfulness": means["colorfulness"],
        "colorfulness_ratio": means["colorfulness"] / means["colorfulness_original"],
    }
