"""Join a network's answer to hints with the hints themselves: its colours where they tell little, theirs nearby."""

import numpy as np
from numpy.typing import NDArray

from colorization.hinting.influence import NEAR, beyond, influence
from colorization.hinting.levin import Spread

SIDE = 64  # places of the shorter side between which `colorize` spreads hints: twice as many take five times as long
LOSS = 0.0003  # of `closeness`, at each step from place to place on the way to a hint
REACHED = (0.0, 0.3)  # closeness: hints correct a network's answer not at all at the first, in full from the second


class Hinted:
    """A photograph of normalised L (h,w) with hints at some of its places, known (h,w), one at least.

    plain: the colours that a network gives without hints, (2,h,w), normalised.
    closeness: from 1 at a hint to 0 where distance or edges of lightness or colour lie between, (h,w).
    """

    def __init__(self, L: NDArray, known: NDArray, plain: NDArray):
        self.plain, self.spread = plain, Spread(L, known, plain)
        self.closeness = Spread(L, known, plain, LOSS)(np.ones((1, *L.shape)))[0]
        self.influence = _influence(L, known)
        self.reached = self.influence * beyond(self.closeness, *REACHED)

    def change(self, answer: NDArray, colours: NDArray) -> NDArray[np.float64]:
        """What hints add to the colours without them: (2,h,w).

        answer: the network's colours with them, (2,h,w). colours: of the hints, (2,h,w), at the known places.
        The result has the hinted colours at the known places. It spreads the difference between hints and answer (Levin
        et al. 2004). Of the answer's own deviations from such a spreading it keeps what the hints do not reach: with
        many hints it is the hints' spreading alone. What is far from every hint and darker or lighter keeps its
        colours: through its attention, the network changes it, too.
        """
        mixed = self.plain + self.influence * (answer - self.plain)
        smooth, told = np.split(self.spread(np.concatenate([mixed, colours])), 2)
        added = told - smooth - self.closeness * (mixed - smooth)
        return mixed + self.reached * added - self.plain


def _influence(L: NDArray, known: NDArray) -> NDArray[np.float64]:
    """The `influence` of hints at places known (h,w) on every place, (h,w): row by row, which bounds memory."""
    rows, columns = (axis[:, None].astype(np.float32) for axis in known.nonzero())
    across, side, lightness = np.arange(L.shape[1], dtype=np.float32), np.float32(min(L.shape)), L[known][:, None]
    found = np.ones(L.shape)
    for row, light in enumerate(L):
        apart = np.hypot(row - rows, across - columns) / side  # (K,w)
        far = apart.min(axis=0) > NEAR[0]
        found[row, far] = influence(apart[:, far], np.abs(light[far] - lightness))
    return found
