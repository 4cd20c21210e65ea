"""Find photographs that fill a scan to its edges by the gutters between them: even bands, perhaps tilted a little."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colorization.photo.preparation import Box

EVEN, LINE = 0.05, 0.94  # normalised L: largest deviation within a gutter, for this share of each of its lines
SAMPLES, FEW, MOSTLY = 96, 13, 0.84  # places of a line that are looked at; a few of them first, of which most are even
STEEP, SLOPES = 0.03, 4  # steepest gutter, rows per column; slopes that are tried on each side of zero
NARROW = 8  # a gutter is at most this part of the shorter side
NEAR, FAR = 1, 6  # lines beside a gutter, in which a photograph differs from it by CHANGE of normalised L
CHANGE = 0.1
SHARP, MANY = 0.6, 0.4  # share of both sides of the first gutter along which it does: for two photographs, for more
PURE = 0.98  # share of the first gutter that is even
SIMILAR, ONE = 2.5, 0.6  # of two: larger / smaller one; share of their sides from which on they are alike, so one
WEAK, STRONG = 0.12, 0.5  # shares of the two sides of the other gutters, which have the tone of the first
ALIKE = 2.5  # width of a gutter / width of the first, either way
THIN = 2  # cells that the gutter between two has at least
SMALLEST = 16  # cells of the shorter side of what is split


class Band(NamedTuple):
    """A gutter across a region: its first line and the line behind it, its tone, the share that is of this tone, and
    the shares of its sides that are sharp, the lesser first."""

    start: int
    stop: int
    tone: float
    evenness: float
    sharp: tuple[float, float]

    @property
    def width(self) -> int:
        return self.stop - self.start


def regions(means: NDArray[np.float32]) -> list[Box]:
    """The photographs between the gutters that cross a page, given as cells of normalised L; one box without any."""
    whole = Box.whole(means)
    found = _clearest(means, whole, None)
    if found is None:
        return [whole]
    gutter = found[0]
    boxes = [each for part in _beside(whole, *found) for each in _split(means, part, gutter)]
    return boxes if len(boxes) > 2 or _pair(means, boxes, *found) else [whole]


def _pair(means: NDArray[np.float32], boxes: list[Box], gutter: Band, turned: bool) -> bool:
    """Whether two boxes are photographs: a pole or the line of a sports ground may divide a single one."""
    areas = [(box.bottom - box.top) * (box.right - box.left) for box in boxes]
    lines = means.T if turned else means
    changes = np.abs(lines[gutter.start - FAR] - lines[gutter.stop + FAR - 1])
    goes_on = np.mean(changes <= 2 * CHANGE) >= ONE
    clear = gutter.sharp[0] >= SHARP and gutter.width >= THIN
    return clear and max(areas) <= SIMILAR * min(areas) and not goes_on


def _split(means: NDArray[np.float32], box: Box, first: Band) -> list[Box]:
    """What the gutters in a box separate. first: the one that crosses the whole page."""
    found = _clearest(means, box, first)
    return [each for part in _beside(box, *found) for each in _split(means, part, first)] if found else [box]


def _beside(box: Box, gutter: Band, turned: bool) -> tuple[Box, Box]:
    """The parts of a box on both sides of a gutter; turned: it runs from top to bottom."""
    top, bottom, left, right = box
    if turned:
        return Box(top, bottom, left, left + gutter.start), Box(top, bottom, left + gutter.stop, right)
    return Box(top, top + gutter.start, left, right), Box(top + gutter.stop, bottom, left, right)


def _clearest(means: NDArray[np.float32], box: Box, first: Band | None) -> tuple[Band, bool] | None:
    """The clearest gutter across a box, and whether it runs from top to bottom; None without one."""
    region, most = means[box.top : box.bottom, box.left : box.right], min(means.shape) // NARROW
    found = [(band, turned) for turned in (False, True) for band in _bands(region.T if turned else region, first)]
    return max(((band, turned) for band, turned in found if band.width <= most), key=_weight, default=None)


def _weight(found: tuple[Band, bool]) -> float:
    """How clear a gutter is."""
    band, _ = found
    return band.sharp[0] + 0.3 * band.sharp[1] + 0.02 * band.width


def _bands(region: NDArray[np.float32], first: Band | None) -> Iterator[Band]:
    """The bands of one tone that cross a region from left to right, at any slope."""
    height, width = region.shape
    if min(height, width) < SMALLEST:
        return
    count = min(width, SAMPLES)
    places = np.arange(count) * (width - 1) // (count - 1)
    few = places[np.arange(FEW) * (count - 1) // (FEW - 1)]
    slopes = np.arange(-SLOPES, SLOPES + 1) * STEEP / SLOPES
    some = _lines(region, few, slopes)
    own = np.full(some.shape[:2], first.tone, np.float32) if first else np.sort(some, axis=2)[..., FEW // 2]
    hopeful = (_evenness(some, own)[:, FAR:-FAR] >= MOSTLY).any(axis=1)
    for slope, tones in zip(slopes[hopeful], own[hopeful]):
        yield from _sharp(_lines(region, places, slope), tones, round(abs(slope) * width / 2), first)


def _sharp(lines: NDArray, tones: NDArray, off: int, first: Band | None) -> Iterator[Band]:
    """The even bands of lines that end sharply. off: the lines at both ends that leave the region on their way."""
    evenness = _evenness(lines, tones)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], evenness >= LINE, [False]]).astype(int)))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist()):
        own = tones[start:stop]
        if start < off + FAR or stop + off + FAR > len(lines) or np.ptp(own) > 2 * EVEN:
            continue
        tone = float(np.median(own))
        beside = lines[start - FAR : start - NEAR], lines[stop + NEAR : stop + FAR]
        less, more = sorted(float(np.mean((np.abs(side - tone) > CHANGE).any(axis=0))) for side in beside)
        band = Band(start, stop, tone, float(evenness[start:stop].mean()), (less, more))
        if _fits(band, first):
            yield band


def _fits(band: Band, first: Band | None) -> bool:
    """Whether a band is a gutter: the first by its sharp sides, the others by their likeness to it, too."""
    if first is None:
        return band.sharp[0] >= MANY and band.evenness >= PURE
    alike = first.width <= ALIKE * band.width and band.width <= ALIKE * first.width
    return alike and band.sharp[0] >= WEAK and band.sharp[1] >= STRONG


def _lines(region: NDArray[np.float32], places: NDArray, slopes: NDArray) -> NDArray[np.float32]:
    """The values of a region at some places of each row, (...,rows,places), along lines of some slopes (...)."""
    down = np.rint(slopes[..., None] * (places - (region.shape[1] - 1) / 2)).astype(int)
    rows = np.arange(len(region))[:, None] + down[..., None, :]
    return region[np.clip(rows, 0, len(region) - 1), places]


def _evenness(lines: NDArray, tones: NDArray) -> NDArray:
    """The share of each line (...,places) that is of its tone (...)."""
    return np.mean(np.abs(lines - tones[..., None]) <= EVEN, axis=-1)
