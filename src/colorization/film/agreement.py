"""Views of a scene, the pictures that the network sees, agree on the colours of things that they all show.

Motion carries colours only as long as it is sure. Likeness, by what the network's encoder sees, finds a thing again
after it was hidden, and in pictures seconds apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from colorization.color import AB_SCALE
from colorization.photo.hints import means
from colorization.photo.likeness import Carried, Compared, Reference, exchanged
from colorization.photo.recolor import enlarged

APART = (-4, -2, -1, 1, 2, 4)  # views with which one agrees, by their distance: 8, 16 and 32 pictures before and after

Planes = NDArray[np.float32]


@dataclass(kw_only=True)
class View:
    """A picture that the network saw.

    number: of the picture. ab: the network's colours (2,h,w) in Lab units. compared: see `PhotoColorizer.predict`.
    firm: it has hints; it gives colours and takes none. Nor does it take any where it has those of a still.
    """

    number: int
    ab: Planes
    compared: Sequence[Compared]
    firm: bool
    taken: dict[int, Planes] = field(default_factory=dict)  # by the other view's number: ab · weight and weight

    @cached_property
    def reference(self) -> Reference:
        ((box, cells, _),) = self.compared
        ab = self.ab[:, box.top : box.bottom, box.left : box.right]
        return Reference(cells, means(ab / np.float32(AB_SCALE), cells.L.shape))

    def from_other(self, other: "View") -> Planes:
        """The colours of another view, times a weight from 0 to 1, and the weight: (3,h,w)."""
        if other.number not in self.taken:
            mine, theirs = exchanged(self.reference, other.reference)
            self.taken[other.number], other.taken[self.number] = self._whole(mine), other._whole(theirs)
        return self.taken[other.number]

    def _whole(self, found: Carried) -> Planes:
        ((box, _, known),) = self.compared
        weight = found.weight * (1 - known.weight)  # of NOTHING it is 0, of another size
        planes = np.concatenate([found.ab * weight * np.float32(AB_SCALE), weight[None]])
        sides = box.bottom - box.top, box.right - box.left
        whole = np.zeros((3, *self.ab.shape[1:]), np.float32)
        inside = enlarged(planes, (slice(0, sides[0]), slice(0, sides[1])), sides)
        whole[:, box.top : box.bottom, box.left : box.right] = inside
        return whole


class Scene:
    """The views of a scene, in order; it forgets those that are too far back to count."""

    def __init__(self) -> None:
        self._views: list[View] = []

    def __len__(self) -> int:
        return len(self._views)

    @property
    def last(self) -> int:
        """The number of the last view's picture; -1 without a view."""
        return self._views[-1].number if self._views else -1

    def add(self, view: View) -> None:
        self._views.append(view)

    def sums(self, number: int) -> Planes:
        """Of the view of a picture: the mean of its colours and those of the others, with weight 1: (3,h,w)."""
        place = next(i for i, view in enumerate(self._views) if view.number == number)
        view = self._views[place]
        total = np.concatenate([view.ab, np.ones((1, *view.ab.shape[1:]), np.float32)])
        if len(view.compared) == 1 and not view.firm:
            for other in (self._views[place + apart] for apart in APART if 0 <= place + apart < len(self._views)):
                if len(other.compared) == 1:
                    total += view.from_other(other)
        return total / total[2:]

    def forget(self, number: int) -> None:
        """Forget the views that no view from this picture on agrees with."""
        place = next((i for i, view in enumerate(self._views) if view.number >= number), len(self._views))
        del self._views[: max(0, place + min(APART))]
