"""Spread known colours over a photograph: Levin, Lischinski, Weiss 2004, Colorization using Optimization.

Each place has the mean colour of its neighbours, weighted by how similar their lightness is. The known places are
fixed; the others follow from a system of linear equations.
"""

import numpy as np
from numpy.typing import NDArray

STEPS = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]  # from a place to its neighbours
# Of the authors' code, not in the paper's text: 2σ² is the variance of a 3×3 window, times 0.6; at least so large that
# the most similar neighbour has a weight of 0.01; and at least 0.000002, for lightness in [0, 1].
VARIANCE, SIMILAR, SMOOTHEST = 0.6, 0.01, 0.000002
LEAST = 1e-6  # weight of the least similar neighbour: without it, a flat region may have no solution
TONE = 0.05  # normalised ab, ours: a neighbour of a colour that differs by this has 0.6 of the weight


class Spread:
    """The equations of normalised L (h,w) with some places known (h,w), one at least, for any values at these places.

    ab: normalised colours (2,h,w), by which neighbours are compared beside L; None, as Levin et al. have it: L alone.
    loss: what fades at each step from place to place, as a share of the neighbours' mean: 0 is Levin et al.'s.
    A row of the photograph depends on the rows above and below it: the system is block tridiagonal, and is solved by
    Gaussian elimination of one row after the other (Golub & Van Loan, Matrix Computations, section 4.5.1). It is
    diagonally dominant, so the elimination needs no pivots. Time grows with the long side and the cube of the short.
    """

    def __init__(self, L: NDArray, known: NDArray, ab: NDArray | None = None, loss: float = 0.0):
        self.wide = L.shape[1] > L.shape[0]
        self.known = known.T if self.wide else known
        weights = neighbours(L) if ab is None else of_tone(neighbours(L), ab)
        self.above, middle, below = blocks(_turned(weights) if self.wide else weights, self.known, loss)
        self.inverse, self.after = np.empty_like(middle), np.empty_like(middle)
        left = middle[0]
        for row in range(len(middle)):
            if row:
                left = middle[row] - self.above[row] @ self.after[row - 1]
            self.inverse[row] = np.linalg.inv(left)
            self.after[row] = self.inverse[row] @ below[row]

    def __call__(self, values: NDArray) -> NDArray[np.float64]:
        """Values (C,h,w), of which only those at the known places count → the same shape, spread to all places."""
        values = values.transpose(2, 1, 0) if self.wide else values.transpose(1, 2, 0)
        found = np.where(self.known[..., None], values, 0.0)  # (rows, places of a row, C)
        for row in range(len(found)):
            told = found[row] - self.above[row] @ found[row - 1] if row else found[row]
            found[row] = self.inverse[row] @ told
        for row in range(len(found) - 2, -1, -1):
            found[row] -= self.after[row] @ found[row + 1]
        return found.transpose(2, 1, 0) if self.wide else found.transpose(2, 0, 1)


def blocks(weights: NDArray, known: NDArray, loss: float) -> NDArray[np.float64]:
    """The matrices (3,h,w,w) by which each row of places depends on the row above, on itself and on the row below."""
    columns = np.arange(known.shape[1])
    found = np.zeros((3, *known.shape, known.shape[1]))
    for (i, j), one in zip(STEPS, weights):
        inside = columns[max(0, -j) : len(columns) - max(0, j)]
        found[1 + i][:, inside, inside + j] = -np.where(known, 0, one)[:, inside]
    found[1][:, columns, columns] = np.where(known, 1, 1 + loss)
    return found


def _turned(weights: NDArray) -> NDArray:
    """Weights (8,h,w) in the order of STEPS of the photograph with rows and columns swapped: (8,w,h)."""
    return weights[[STEPS.index((j, i)) for i, j in STEPS]].transpose(0, 2, 1)


def of_tone(weights: NDArray, ab: NDArray) -> NDArray[np.float64]:
    """Weights (8,h,w) in the order of STEPS, less for neighbours of another colour in ab (2,h,w); their sum is 1."""
    height, width = ab.shape[1:]
    padded = np.pad(ab, ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = np.stack([padded[:, 1 + i : 1 + i + height, 1 + j : 1 + j + width] for i, j in STEPS])  # (8,2,h,w)
    found = weights * np.maximum(np.exp(-((around - ab) ** 2).sum(axis=1) / (2 * TONE**2)), LEAST)
    return found / found.sum(axis=0)


def neighbours(L: NDArray) -> NDArray[np.float64]:
    """For normalised L (h,w) the weight of every place's neighbours, (8,h,w) in the order of STEPS; their sum is 1.

    exp(-(Y - Y')² / (2σ²)): equation 2 of Levin et al., with their code's 2σ².
    """
    height, width = L.shape
    Y = (L.astype(np.float64) + 1) / 2
    padded = np.pad(Y, 1, constant_values=np.nan)
    around = np.stack([padded[1 + i : 1 + i + height, 1 + j : 1 + j + width] for i, j in STEPS])  # (8,h,w)
    squares = (around - Y) ** 2
    variance = VARIANCE * np.nanvar(np.concatenate([around, Y[None]]), axis=0)
    variance = np.maximum(np.maximum(variance, -np.nanmin(squares, axis=0) / np.log(SIMILAR)), SMOOTHEST)
    weights = np.where(np.isnan(squares), 0, np.maximum(np.exp(-squares / variance), LEAST))  # 0: outside
    return weights / weights.sum(axis=0)
