"""Motion between two frames of a film, by block matching on a pyramid of their small lightness, in numpy."""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

LEVELS = 2  # halvings of the finest matched plane
FARTHEST = 4  # pixels of the coarsest plane: 32 of the small picture, a fifth of its shorter side
WINDOW = 5  # pixels: side of the matched blocks
STAY = 0.02  # added to the mean difference per pixel of deviation from the coarser motion: even areas follow it
NEIGHBOURS = ((0, 2), (0, -2), (2, 0), (-2, 0))  # blocks whose motion is tried, too: down, across
BETTER = 0.005  # mean difference by which a neighbour's motion must be better
SMALL = 1e-3  # smallest standard deviation of a plane that has something to match

Plane = NDArray[np.float32]


def standardised(L: Plane) -> Plane:
    """Lightness (h,w) with mean 0 and standard deviation 1, so that jumps of brightness do not count."""
    return (L - L.mean()) / max(float(L.std()), SMALL)


def pyramid(L: Plane) -> list[Plane]:
    """Lightness (h,w) → planes to match, the finest of half its sides first."""
    planes = [halved(standardised(L))]
    while len(planes) <= LEVELS and min(planes[-1].shape) >= 4 * WINDOW:
        planes.append(halved(planes[-1]))
    return planes


def motion(here: list[Plane], there: list[Plane]) -> NDArray[np.float32]:
    """Where each block of one frame is in another: (2,h,w) down and across, in pixels of the finest matched plane."""
    coarsest, *finer = zip(reversed(here), reversed(there))
    flow, costs = _best(*coarsest, np.zeros((2, *here[-1].shape), np.int32), FARTHEST)
    for planes in finer:
        flow = _spread(*planes, 2 * _doubled(flow, planes[0].shape))
        flow, costs = _best(*planes, flow, 1)
    middle = slice(len(costs) // 2 - 1, len(costs) // 2 + 2)
    return flow + _between(costs[middle, middle])


def halved(plane: Plane) -> Plane:
    """A plane (h,w) at half its sides: means of 2 × 2 pixels; an odd last line is left out."""
    h, w = plane.shape[0] // 2 * 2, plane.shape[1] // 2 * 2
    return (plane[:h:2, :w:2] + plane[1:h:2, :w:2] + plane[:h:2, 1:w:2] + plane[1:h:2, 1:w:2]) * np.float32(0.25)


def _best(here: Plane, there: Plane, start: NDArray[np.int32], reach: int) -> tuple[NDArray, NDArray]:
    """The best integer motion within `reach` of `start` (2,h,w), and the costs (2r+1,2r+1,h,w) around `start`."""
    steps = np.arange(-reach, reach + 1, dtype=np.int32)[:, None, None]
    costs = _costs(here, there, start[0] + steps[:, None], start[1] + steps)
    away = np.abs(np.arange(-reach, reach + 1, dtype=np.float32))
    biased = costs + (np.float32(STAY) * (away[:, None] + away))[..., None, None]
    best = biased.reshape(-1, *here.shape).argmin(axis=0)
    return start + np.stack([best // len(steps) - reach, best % len(steps) - reach]).astype(np.int32), costs


def _spread(here: Plane, there: Plane, flow: NDArray[np.int32]) -> NDArray[np.int32]:
    """Each block's motion (2,h,w), or a neighbour's if that fits better: what is lost at an edge comes back."""
    tried = np.stack([flow, *(np.roll(flow, step, axis=(1, 2)) for step in NEIGHBOURS)])
    (found, *others), (lowest, *all_costs) = tried, _costs(here, there, tried[:, 0], tried[:, 1])
    for other, costs in zip(others, all_costs):
        better = costs < lowest - np.float32(BETTER)
        np.copyto(lowest, costs, where=better)
        np.copyto(found, other, where=better)
    return found


def _costs(here: Plane, there: Plane, down: NDArray[np.int32], across: NDArray[np.int32]) -> NDArray[np.float32]:
    """The mean difference (…,h,w) of the blocks of one plane (h,w) from those of another, moved down and across.

    down, across: pixels for each block (…,h,w), of several motions at a time.
    """
    h, w = here.shape
    edged = np.pad(there, 1, mode="edge").ravel()  # what left the picture is at its edge
    rows = np.clip(np.arange(1, h + 1, dtype=np.int32)[:, None] + down, 0, h + 1) * np.int32(w + 2)
    columns = np.clip(np.arange(1, w + 1, dtype=np.int32) + across, 0, w + 1)
    return boxed(np.abs(here - edged[rows + columns]))


def boxed(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The means (…,h,w) over a square of side WINDOW; repeats the edges."""
    h, w = planes.shape[-2:]
    edges = [(0, 0)] * (planes.ndim - 2) + [(WINDOW // 2, WINDOW // 2)] * 2
    padded = np.pad(planes, edges, mode="edge")
    rows = reduce(np.add, (padded[..., i : i + h, :] for i in range(WINDOW)))
    return reduce(np.add, (rows[..., i : i + w] for i in range(WINDOW))) * np.float32(1 / WINDOW**2)


def _doubled(flow: NDArray, shape: tuple[int, ...]) -> NDArray:
    """A motion (2,h,w) repeated to the finer `shape`."""
    found = flow.repeat(2, axis=1).repeat(2, axis=2)
    missing = [(0, 0), *((0, max(0, n - m)) for n, m in zip(shape, found.shape[1:]))]
    return np.pad(found, missing, mode="edge")[:, : shape[0], : shape[1]]


def _between(costs: NDArray[np.float32]) -> NDArray[np.float32]:
    """The part of a pixel to add to the best of 3 × 3 motions: the lowest point of a parabola through their costs.

    0 where the middle is not the lowest.
    """
    middle, parts = costs[1, 1], []
    for low, high in ((costs[0, 1], costs[2, 1]), (costs[1, 0], costs[1, 2])):
        bend = np.maximum(low + high - 2 * middle, np.float32(1e-6))
        parts.append(np.where(np.minimum(low, high) >= middle, (low - high) / (2 * bend), 0))
    return np.stack(parts).astype(np.float32)
