"""Join a network's answer to hints with the hints themselves: its colours where they tell little, theirs nearby."""

import numpy as np
from numpy.typing import NDArray

from colorization.hinting.influence import NEAR, influence
from colorization.hinting.levin import Spread

REACH = 0.2  # share of the shorter side: at this distance from all hints 1 - 1/e of the network's own detail stays


class Hinted:
    """A photograph of normalised L (h,w) with hints at some of its places, known (h,w), one at least."""

    def __init__(self, L: NDArray, known: NDArray):
        self.spread = Spread(L, known)
        rows, columns = (known.nonzero()[axis][:, None, None].astype(np.float32) for axis in (0, 1))
        down, across = np.ogrid[: L.shape[0], : L.shape[1]]
        squared = (down - rows) ** 2 + (across - columns) ** 2  # (K,h,w)
        self.distance = np.sqrt(squared.min(axis=0)) / min(L.shape)
        self.influence = np.ones(L.shape)
        far = self.distance > NEAR[0]
        apart = np.sqrt(squared[:, far]) / np.float32(min(L.shape))  # (K, far places), as are the steps in L
        unlike = np.abs(L[far] - L[known][:, None])
        self.influence[far] = influence(apart, unlike)

    def change(self, plain: NDArray, answer: NDArray, colours: NDArray) -> NDArray[np.float64]:
        """What hints add to the colours `plain` (2,h,w) that a network gives without them.

        answer: its colours with them, (2,h,w). colours: of the hints, (2,h,w), at the known places.
        The result has the hinted colours at the known places. Around them it spreads the difference between hints and
        answer (Levin et al. 2004); the answer's own deviations from such a spreading fade in with the distance. What is
        far from every hint and darker or lighter keeps its colours: through its attention, the network changes it, too.
        """
        mixed = plain + self.influence * (answer - plain)
        smooth = self.spread(mixed)
        told = self.spread(colours) + (1 - np.exp(-self.distance / REACH)) * (mixed - smooth)
        return mixed + self.influence * (told - mixed) - plain
