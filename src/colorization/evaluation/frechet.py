"""The Fréchet distance between two sets of features, and its bootstrap.

Heusel et al. 2017, equation 6, like FID, but on the features of our own small scene classifier. Compare the values with
each other, never with a published FID.
"""

from collections.abc import Mapping

import numpy as np

from colorization.evaluation.intervals import Name, draws

MIN_PER_FEATURE = 2  # photographs; at 64 features, 168 photographs are right to a sixth and 28 are useless
RIDGE = 1e-6  # share of the mean variance added to each variance: the matrix is singular if N < F


def frechet_distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Features (N,F) and (M,F) → |μ₁-μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁Σ₂)^½), at least 0."""
    (one, one_cov), (two, two_cov) = (_moments(x, np.full((1, len(x)), 1 / len(x))) for x in (ours, theirs))
    return float(_distance(one, one_cov, two, two_cov)[0])


def estimates(
    features: Mapping[Name, np.ndarray], theirs: np.ndarray, resamples: int, seed: int
) -> dict[Name, tuple[float, np.ndarray]]:
    """Distances of several sets (N,F) to one set (N,F): each value, and draws (resamples,) that all sets share.

    Few photographs make the distance too large, and resampling adds the same bias again. We subtract the bias once from
    the value and twice from the draws (the bootstrap's estimate of bias, Efron & Tibshirani 1993, section 10.2). Fewer
    than MIN_PER_FEATURE · F photographs give {}.
    """
    if len(theirs) < MIN_PER_FEATURE * theirs.shape[1]:
        return {}
    found: dict[Name, list[np.ndarray]] = {name: [] for name in features}
    for weights in draws(len(theirs), resamples, seed, chunk=100):
        two, two_cov = _moments(theirs, weights)
        for name, ours in features.items():
            found[name].append(_distance(*_moments(ours, weights), two, two_cov))
    outcome = {}
    for name, parts in found.items():
        values, plain = np.concatenate(parts), frechet_distance(features[name], theirs)
        bias = values.mean() - plain
        outcome[name] = max(0.0, plain - bias), (values - 2 * bias).clip(min=0)
    return outcome


def _moments(features: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means (R,F) and covariances (R,F,F) of features (N,F) under R weightings (R,N), each with sum 1."""
    x = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    mean = weights @ x
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    second = (weights @ products).reshape(len(weights), x.shape[1], x.shape[1])
    return mean + features.mean(axis=0, dtype=np.float64), second - mean[:, :, None] * mean[:, None, :]


def _distance(one, one_cov, two, two_cov) -> np.ndarray:
    """Distances (R,) of R pairs of Gaussians.

    tr (Σ₁Σ₂)^½ is the sum of the square roots of the eigenvalues of Lᵀ Σ₁ L, where Σ₂ = L Lᵀ.
    """
    size = two_cov.shape[-1]
    ridge = RIDGE * np.trace(two_cov, axis1=1, axis2=2)[:, None, None] / size + np.finfo(float).tiny
    factor = np.linalg.cholesky(two_cov + ridge * np.eye(size))
    eigenvalues = np.linalg.eigvalsh(factor.transpose(0, 2, 1) @ one_cov @ factor)
    root = np.sqrt(eigenvalues.clip(min=0)).sum(axis=1)
    traces = np.trace(one_cov + two_cov, axis1=1, axis2=2)
    return (np.square(one - two).sum(axis=1) + traces - 2 * root).clip(min=0)
