"""A floor for hints that needs no learning: Levin, Lischinski, Weiss 2004, Colorization using Optimization.

Each place has the mean colour of its neighbours, weighted by how similar their lightness is. The hinted places are
fixed; the others follow from a sparse system of linear equations.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

STEPS = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]  # from a place to its neighbours
# Of the authors' code, not in the paper's text: 2σ² is the variance of a 3×3 window, times 0.6; at least so large that
# the most similar neighbour has a weight of 0.01; and at least 0.000002, for lightness in [0, 1].
VARIANCE, SIMILAR, SMOOTHEST = 0.6, 0.01, 0.000002
LEAST = 1e-6  # weight of the least similar neighbour: without it, a flat region may have no solution


def spread(L: NDArray, hints: NDArray) -> NDArray[np.float64]:
    """The colours (2,H,W) that a map of hints (3,H,W) gives a photograph L (H,W); gray without hints.

    All values are normalised. See `models.common.hints` for the map.
    """
    known = hints[0].ravel() > 0
    colours = np.where(known, hints[1:].reshape(2, -1), 0.0).T.astype(np.float64)  # (H·W, 2)
    if known.any() and not known.all():
        mean = neighbours(L)[~known]
        system = sparse.eye_array(len(known)).tocsr()[~known] - mean
        # Symmetric in its pattern, and diagonally dominant: SuperLU needs no other pivots.
        solver = splu(system[:, ~known].tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        colours[~known] = solver.solve(mean[:, known] @ colours[known])
    return colours.T.reshape(2, *L.shape)


def neighbours(L: NDArray) -> sparse.csr_array:
    """For normalised L (H,W) the weights of every place's neighbours, (H·W, H·W); each row sums to 1.

    exp(-(Y - Y')² / (2σ²)): equation 2 of Levin et al., with their code's 2σ².
    """
    height, width = L.shape
    Y = (L.astype(np.float64) + 1) / 2
    padded = np.pad(Y, 1, constant_values=np.nan)
    around = np.stack([padded[1 + i : 1 + i + height, 1 + j : 1 + j + width] for i, j in STEPS])  # (8,H,W)
    squares = (around - Y) ** 2
    variance = VARIANCE * np.nanvar(np.concatenate([around, Y[None]]), axis=0)
    variance = np.maximum(np.maximum(variance, -np.nanmin(squares, axis=0) / np.log(SIMILAR)), SMOOTHEST)
    weights = np.where(np.isnan(squares), 0, np.maximum(np.exp(-squares / variance), LEAST))  # 0: outside
    weights /= weights.sum(axis=0)
    place = np.arange(height * width)
    row, step = place[None].repeat(len(STEPS), axis=0), np.array([i * width + j for i, j in STEPS])[:, None]
    inside = weights.reshape(len(STEPS), -1) > 0
    values, rows, columns = weights.reshape(len(STEPS), -1)[inside], row[inside], (row + step)[inside]
    return sparse.csr_array((values, (rows, columns)), shape=(height * width,) * 2)
