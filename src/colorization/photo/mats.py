"""Find a mat around an oval, round-cornered or arched picture, and fill it with its mirror image for the network."""

from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colorization.photo.preparation import Box

EVEN = 0.06  # normalised L: largest deviation within a mat's corners
NOISE, LEAST = 2.5, 0.03  # a mat may deviate by so many times its corners' deviation, and by normalised L
CORNER = 0.02  # of the shorter side: the square of each corner that must be of the mat's tone
SMALLEST, LARGEST = 0.03, 0.8  # share of the picture that a mat takes
SPAN = 0.4  # of each side, at least: the inside
STRAY = 0.03  # share of a row or column that dust may take in a mat
EXPONENTS = (2.0, 2.5, 3.0, 4.0, 6.0, 10.0, 30.0)  # |x|ⁿ + |y|ⁿ < 1: 2 is an ellipse, 30 a rectangle
FITS = 0.95  # intersection / union of the inside and the shape
STEPS = 128  # on the way from a pixel to the centre
RIM = 1.5  # pixels inside the edge that hold both, the mat and the picture

Mask = NDArray[np.bool_]


class Shape(NamedTuple):
    """The inside of a mat: centre and half sides in pixels, and the exponents of its upper and its lower half."""

    y: float
    x: float
    half_height: float
    half_width: float
    upper: float
    lower: float

    def box(self, shape: tuple[int, ...]) -> Box:
        """The rows and columns of the inside in a picture (h,w)."""
        rows = max(0, round(self.y - self.half_height)), min(shape[0], round(self.y + self.half_height) + 1)
        columns = max(0, round(self.x - self.half_width)), min(shape[1], round(self.x + self.half_width) + 1)
        return Box(*rows, *columns)

    def fitted(self, shape: tuple[int, ...]) -> "Shape":
        """The same inside, touching all edges of a picture (h,w)."""
        return self._replace(
            y=(shape[0] - 1) / 2, x=(shape[1] - 1) / 2, half_height=shape[0] / 2, half_width=shape[1] / 2
        )

    def mask(self, shape: tuple[int, ...], rim: float = 0.0) -> Mask:
        """The pixels (h,w) that lie inside by more than `rim` pixels."""
        y = (np.arange(shape[0]) - self.y)[:, None]
        across = np.abs(np.arange(shape[1]) - self.x) / max(self.half_width - rim, 0.5)
        down = np.abs(y) / max(self.half_height - rim, 0.5)
        upper, lower = (across**n + down**n < 1 for n in (self.upper, self.lower))
        return np.where(y < 0, upper, lower)

    def distance(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """The distance of each pixel (h,w) from the centre: 1 on the edge."""
        y = (np.arange(shape[0]) - self.y)[:, None]
        across, down = np.abs(np.arange(shape[1]) - self.x) / self.half_width, np.abs(y) / self.half_height
        upper, lower = ((across**n + down**n) ** (1 / n) for n in (self.upper, self.lower))
        return np.where(y < 0, upper, lower)


def opening(L: NDArray[np.float32], fits: float = FITS) -> Shape | None:
    """The inside of a mat around normalised L (h,w); None without one.

    A mat has one tone at all four corners, and its inside fits a symmetric shape. fits: intersection / union of both.
    """
    size = max(2, round(CORNER * min(L.shape)))
    if min(L.shape) < 8 * size:
        return None
    corners = [
        L[rows, columns] for rows in (slice(size), slice(-size, None)) for columns in (slice(size), slice(-size, None))
    ]
    tone = float(np.median([np.median(each) for each in corners]))
    deviation = max(float(np.abs(each - tone).max()) for each in corners)
    if deviation > EVEN:
        return None
    picture = ~_from_edges(np.abs(L - tone) <= max(NOISE * deviation, LEAST))
    share = 1 - picture.mean()
    rows, columns = (_extent(picture.mean(axis=axis)) for axis in (1, 0))
    spans = (rows[1] - rows[0]) / L.shape[0], (columns[1] - columns[0]) / L.shape[1]
    if not SMALLEST < share < LARGEST or min(spans) < SPAN:
        return None
    return _fitting(picture, rows, columns, fits)


def _fitting(picture: Mask, rows: tuple[int, int], columns: tuple[int, int], least: float) -> Shape | None:
    """The shape that fits best in rows and columns; None if none fits or a rectangle does."""
    halves = (rows[1] - rows[0]) / 2, (columns[1] - columns[0]) / 2
    centre = (rows[0] + rows[1] - 1) / 2, (columns[0] + columns[1] - 1) / 2
    masks = {n: Shape(*centre, *halves, n, n).mask(picture.shape) for n in EXPONENTS}
    middle = (rows[0] + rows[1]) // 2
    upper, lower = (
        min(EXPONENTS, key=lambda n, part=part: int((masks[n][part] != picture[part]).sum()))  # type: ignore[misc]
        for part in (slice(middle), slice(middle, None))
    )
    shape = Shape(*centre, *halves, upper, lower)
    found = shape.mask(picture.shape)
    fits = (found & picture).sum() / (found | picture).sum() >= least
    return shape if fits and min(upper, lower) < EXPONENTS[-1] else None


def _from_edges(even: Mask) -> Mask:
    """The even pixels that an edge reaches along a row or a column of even pixels."""
    reach = np.logical_and.accumulate
    ways = (even, even[:, ::-1], even.T, even.T[:, ::-1])
    left, right, top, bottom = (reach(way, axis=1) for way in ways)
    return reduce(np.logical_or, (left, right[:, ::-1], top.T, bottom[:, ::-1].T))


def _extent(shares: NDArray) -> tuple[int, int]:
    """First and last + 1 of the lines of which more than STRAY is picture."""
    lines = np.flatnonzero(shares > STRAY)
    return (int(lines[0]), int(lines[-1]) + 1) if len(lines) else (0, 0)


def filled(L: NDArray[np.float32], inside: Mask) -> NDArray[np.float32]:
    """Normalised L (h,w) with the inside, which its centre sees whole, mirrored at its edge into what is outside."""
    rows, columns = np.nonzero(~inside)
    ys, xs = np.nonzero(inside)
    if not len(rows) or not len(ys):
        return L
    cy, cx = (ys[0] + ys[-1]) / 2, (xs.min() + xs.max()) / 2
    edge = np.zeros(len(rows))  # of the way from the centre: the last place inside
    for step in range(1, STEPS):
        share = step / STEPS
        y, x = np.rint(cy + (rows - cy) * share).astype(int), np.rint(cx + (columns - cx) * share).astype(int)
        edge[inside[y, x]] = share
    mirrored = np.maximum(2 * edge - 1, 0)
    y, x = np.rint(cy + (rows - cy) * mirrored).astype(int), np.rint(cx + (columns - cx) * mirrored).astype(int)
    found = L.copy()
    found[rows, columns] = L[y, x]
    return found
