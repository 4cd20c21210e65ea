"""Where hints count: near them, and where the photograph is as light as there."""

import numpy as np
from numpy.typing import NDArray

NEAR = (0.2, 0.3)  # share of the shorter side: hints count in full up to the first, not beyond the second
ALIKE = (0.08, 0.16)  # the same for the difference in normalised L


def influence(distance: NDArray, unlike: NDArray) -> NDArray:
    """From 1 to 0, of the hint that counts most: (…), for each hint's distance and difference in L, (K,…).

    What is far from every hint and darker or lighter keeps its colours: through its attention, a network changes them.
    """
    return (1 - beyond(distance, *NEAR) * beyond(unlike, *ALIKE)).max(axis=0)


def beyond(x: NDArray, start: float, end: float) -> NDArray:
    """A smooth step from 0 at `start` to 1 at `end`."""
    share = np.clip((x - start) / (end - start), 0, 1)
    return share * share * (3 - 2 * share)
