"""Find several photographs on one scan: rectangles, perhaps tilted a little, on a page of one even tone."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colorization.photo import gutters
from colorization.photo.preparation import Box, blocks
from colorization.photo.recolor import L_LEVELS

COARSE = 640  # pixels of the page's shorter side that are looked at, at most twice as many
CELLS, FINE = 160, 320  # cells that they make: of a page with a margin, and of one without
LONGEST = 6  # longer / shorter side of a page
NEAR, ROUGH = 0.1, 0.3  # normalised L: largest deviation of the page's cells from its tone, range within one
NOISE, LEAST = 3.0, 0.03  # the page's cells may deviate by so many times what its margin does, and by normalised L
USUAL = 0.9  # quantile of the margin's deviation
RING = 0.85  # share of the outermost cells that show the page
MOST = 12  # photographs
SMALLEST, COVERED = 0.01, 0.2  # share of the page that a photograph takes at least, and all of them
LIKE = 8  # largest photograph / smallest
CROOKED = 0.12  # slope of a side: a photograph that is tilted by 7°
STRAIGHT, OFF = 0.7, 1.5  # share of a side that lies within so many cells of a line
SIDES = 3  # of four that must be straight: a white sky hides one
PAGE, PICTURE = -1, -2  # cells before they have a label
INSET, CHANGE = 2, 3  # cells from a photograph's edge to what is surely inside; cells between which L changes
FEWEST = 8  # cells of a photograph's shorter side
CONTINUED = 0.5  # correlation of the changes along two sides of a gap: a window's bar has one scene behind it
CLUTTER = 0.04  # share of the page that may show other things: captions, dust, corners


class Found(NamedTuple):
    """A photograph of a page: its rows and columns, the slope of its sides, and whether they are straight."""

    box: Box
    slope: float  # columns to the left per row down, which is rows down per column to the right
    straight: bool = True

    def mask(self, shape: tuple[int, int], size: tuple[int, ...]) -> NDArray[np.bool_]:
        """The photograph's part of its box of `shape` pixels, as a map of `size` (h,w)."""
        height, width = shape
        y, x = (np.arange(size[0]) + 0.5)[:, None] / size[0] - 0.5, (np.arange(size[1]) + 0.5) / size[1] - 0.5
        y, x = y * height, x * width
        tilt = abs(self.slope)
        # a box of w·cos + h·sin by h·cos + w·sin holds a rectangle of w by h
        w, h = (width - tilt * height) / (1 - tilt**2), (height - tilt * width) / (1 - tilt**2)
        along, across = x + self.slope * y, y - self.slope * x
        return (np.abs(along) < w / 2) & (np.abs(across) < h / 2)


def photographs(levels: NDArray[np.uint16]) -> list[Found]:
    """The photographs of a page of lightness levels (H,W); empty for a single one."""
    height, width = levels.shape
    if min(height, width) < CELLS or max(height, width) > LONGEST * min(height, width):
        return []
    step = max(1, min(height, width) // COARSE)
    coarse = levels[::step, ::step]
    side = max(1, min(coarse.shape) // CELLS)
    means = _means(coarse, side)
    found = _on_page(coarse, side, means)
    if not found:
        means = _means(coarse, side := max(1, min(coarse.shape) // FINE))
        found = _between(means)
    if not found or _continued(means, [one.box for one in found]) >= CONTINUED:
        return []
    edges = height, height, width, width
    boxes = [Box(*(min(edge * step * side, most) for edge, most in zip(one.box, edges))) for one in found]
    return [one._replace(box=box) for one, box in zip(found, boxes)]


def _on_page(levels: NDArray[np.uint16], side: int, means: NDArray[np.float32]) -> list[Found]:
    """The photographs in cells of a page with a margin; else empty. means: of the levels' cells."""
    page = _tone(means)
    return _rectangles((np.abs(means - page[0]) <= page[1]) & (_ranges(levels, side) <= ROUGH)) if page else []


def _between(means: NDArray) -> list[Found]:
    """The photographs in cells between gutters, which fill a page to its edges; else empty."""
    boxes = gutters.regions(means)
    return [Found(box, 0.0) for box in boxes] if 2 <= len(boxes) <= MOST and _of_one_size(boxes) else []


def _means(levels: NDArray[np.uint16], side: int) -> NDArray[np.float32]:
    """Mean of normalised L in cells of side × side pixels."""
    return blocks(np.add, levels, (side, side), np.float32) * np.float32(2 / L_LEVELS / side**2) - 1


def _ranges(levels: NDArray[np.uint16], side: int) -> NDArray[np.float32]:
    """Range of normalised L in the same cells."""
    most, least = (blocks(kind, levels, (side, side), np.uint16) for kind in (np.maximum, np.minimum))
    return (most - least).astype(np.float32) * np.float32(2 / L_LEVELS)


def _tone(means: NDArray) -> tuple[float, float] | None:
    """The tone of the page around photographs, and its deviation; None without a margin."""
    ring = np.concatenate([means[0], means[-1], means[1:-1, 0], means[1:-1, -1]])
    tone = float(np.median(ring))
    return (tone, _tolerance(ring - tone)) if np.mean(np.abs(ring - tone) <= NEAR) >= RING else None


def _tolerance(deviations: NDArray) -> float:
    """How far cells of the page may lie from its tone, by the deviations of some."""
    return float(np.clip(NOISE * np.quantile(np.abs(deviations), USUAL), LEAST, NEAR))


def _rectangles(page: NDArray[np.bool_]) -> list[Found]:
    """Boxes in cells and slopes of the photographs, if all that is not page is photographs; else empty."""
    labels, count = _components(page)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    large = [number for number in range(1, count + 1) if areas[number - 1] >= SMALLEST * labels.size]
    if not 2 <= len(large) <= MOST or areas.sum() - sum(areas[n - 1] for n in large) > CLUTTER * labels.size:
        return []
    found = [_rectangle(labels == number) for number in large]
    if sum(one.straight for one in found) < max(2, STRAIGHT * len(found)):
        return []
    boxes = [box for box, _, _ in found]
    covered = sum((box.bottom - box.top) * (box.right - box.left) for box in boxes)
    return found if covered >= COVERED * labels.size and _of_one_size(boxes) else []


def _of_one_size(boxes: list[Box]) -> bool:
    areas = [(box.bottom - box.top) * (box.right - box.left) for box in boxes]
    return max(areas) <= LIKE * min(areas)


def _continued(means: NDArray, boxes: list[Box]) -> float:
    """How far the scene of a box goes on in its neighbours: the mean correlation of changes along facing sides."""
    turned = [Box(box.left, box.right, box.top, box.bottom) for box in boxes]
    pairs = [*_facing(means, boxes), *_facing(means.T, turned)]
    return float(np.mean(pairs)) if pairs else 0.0


def _facing(means: NDArray, boxes: list[Box]) -> list[float]:
    """For each box and the next one on its right: the correlation of the changes down their facing sides."""
    found = []
    for one in boxes:
        right = [other for other in boxes if other.left >= one.right - INSET and _shared(one, other) >= STRAIGHT]
        if right:
            other = min(right, key=lambda box: box.left)
            rows = slice(max(one.top, other.top), min(one.bottom, other.bottom))
            sides = (means[rows, one.right - 1 - INSET], means[rows, other.left + INSET])
            changes = [side[CHANGE:] - side[:-CHANGE] for side in sides]
            if min(np.std(each) for each in changes) > 0:
                found.append(float(np.corrcoef(*changes)[0, 1]))
    return found


def _shared(one: Box, other: Box) -> float:
    """The rows that two boxes share, as a share of the lower one's."""
    rows = min(one.bottom, other.bottom) - max(one.top, other.top)
    return rows / min(one.bottom - one.top, other.bottom - other.top)


def _components(page: NDArray[np.bool_]) -> tuple[NDArray, int]:
    """The parts of what the page around does not reach: labels (rows,columns) from 1, 0 for the page; their number."""
    row = page.shape[1] + 2
    cells = np.where(np.pad(page, 1, constant_values=True), PAGE, PICTURE).ravel().tolist()
    _flood(cells, 0, 0, row)
    cells = [PICTURE if cell == PAGE else cell for cell in cells]  # what is enclosed belongs to its photograph
    count = 0
    for start in range(len(cells)):
        if cells[start] == PICTURE:
            count += 1
            _flood(cells, start, count, row)
    return np.array(cells).reshape(-1, row)[1:-1, 1:-1], count


def _flood(cells: list[int], start: int, label: int, row: int) -> None:
    """Give a label to a cell and to all of its value that are reached from it, up, down, left and right."""
    value, edge = cells[start], [start]
    cells[start] = label
    while edge:
        at = edge.pop()
        for near in (at - row, at - 1, at + 1, at + row):
            if 0 <= near < len(cells) and cells[near] == value:
                cells[near] = label
                edge.append(near)


def _rectangle(part: NDArray[np.bool_]) -> Found:
    """A part of the page in cells, and whether it is a rectangle."""
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    box = Box(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)
    inner = part[box.top : box.bottom, box.left : box.right]
    if min(inner.shape) < FEWEST:
        return Found(box, 0.0, False)
    # from left, right, top and bottom; a rectangle that is turned clockwise goes left on its way down
    sides = [_side(each) for each in (inner, inner[:, ::-1], inner.T, inner.T[:, ::-1])]
    slopes = [sign * slope for (slope, share), sign in zip(sides, (-1, 1, 1, -1)) if share >= STRAIGHT]
    if len(slopes) < SIDES or max(map(abs, slopes)) > CROOKED or np.ptp(slopes) > CROOKED:
        return Found(box, 0.0, False)
    return Found(box, float(np.median(slopes)), True)


def _side(part: NDArray[np.bool_]) -> tuple[float, float]:
    """The slope of a part's left edge, cells to the right per row down, and the share of rows that fit the line."""
    skipped = max(1, len(part) // 8)  # the corners of a tilted one belong to other sides
    first = np.argmax(part, axis=1)[skipped : len(part) - skipped].astype(float)
    rows = np.arange(len(first))
    half = len(first) // 2
    slope = float(np.median((first[-half:] - first[:half]) / (len(first) - half)))
    offset = float(np.median(first - slope * rows))
    return slope, float(np.mean(np.abs(first - slope * rows - offset) <= OFF))
