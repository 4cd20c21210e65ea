"""What the network sees of a scan: each photograph on it by itself, without border and mat, under even light."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colorization.photo import cameo, mats, sheet
from colorization.photo.light import evened
from colorization.photo.preparation import Box, evidence, inside, shrunk, stretched

FINEST = 12  # side of a page's map / side that the network sees of each of its photographs, at most


class Part(NamedTuple):
    """A photograph on a scan: its box in the map of the whole, what the network sees of it, and how to take the answer.

    seen: normalised L (h',w'). trust: the factor on its colours. visible: 0 where (h',w') a mat is, elsewhere 1.
    """

    box: Box
    seen: NDArray[np.float32]
    trust: np.float32
    visible: NDArray[np.float32]

    @property
    def inside(self) -> tuple[slice, slice, slice]:
        """The photograph's part of maps (C,h,w) of the whole."""
        return slice(None), slice(self.box.top, self.box.bottom), slice(self.box.left, self.box.right)


class View(NamedTuple):
    """A scan as the engine works on it. whole: its normalised L (h,w), the size of the map of colours."""

    whole: NDArray[np.float32]
    parts: list[Part]


def viewed(levels: NDArray[np.uint16], side: int, *, prepare: bool) -> View:
    """Lightness levels (H,W) → what the network sees at this shorter side; prepare: as far as it can be mended."""
    found = sheet.photographs(levels) if prepare else []
    if not found:
        whole = shrunk(levels, side)
        return View(whole, [_part(levels, whole, side) if prepare else _plain(whole)])
    smallest = min(min(one.box.bottom - one.box.top, one.box.right - one.box.left) for one in found)
    whole = shrunk(levels, round(side * min(min(levels.shape) / smallest, FINEST)))
    return View(whole, [_of_page(levels, whole.shape, one, side) for one in found])


def _plain(whole: NDArray[np.float32]) -> Part:
    return Part(Box.whole(whole), whole, np.float32(1), np.ones_like(whole))


def _of_page(levels: NDArray[np.uint16], shape: tuple[int, ...], one: sheet.Found, side: int) -> Part:
    """A photograph of a page whose map has a shape (h,w)."""
    rows, columns = slice(one.box.top, one.box.bottom), slice(one.box.left, one.box.right)
    own = levels[rows, columns]
    small = shrunk(own, side)
    part = _part(own, small, side, one)
    down, across = (size / full for size, full in zip(shape, levels.shape))
    tall, wide = (full / size for size, full in zip(small.shape, own.shape))  # of the photograph per pixel of `small`
    box = Box(
        round((one.box.top + part.box.top * tall) * down),
        round((one.box.top + part.box.bottom * tall) * down),
        round((one.box.left + part.box.left * wide) * across),
        round((one.box.left + part.box.right * wide) * across),
    )
    return part._replace(box=box)


def _part(levels: NDArray[np.uint16], whole: NDArray[np.float32], side: int, tilted: sheet.Found | None = None) -> Part:
    """A photograph of lightness levels (H,W), which are `whole` (h,w) at the size for prediction."""
    trust = evidence(whole)
    if tilted and tilted.slope:
        visible = tilted.mask(levels.shape, whole.shape)
        return _told(Box.whole(whole), mats.filled(whole, visible), visible, trust)
    box, seen = Box.whole(whole), whole
    faded, opening = cameo.found(seen), mats.opening(seen)
    if not (faded or opening) and (bordered := inside(whole)) != box:
        box, seen = bordered, shrunk(levels[cut(levels.shape, bordered, whole.shape)], side)
        faded, opening = cameo.found(seen), mats.opening(seen)
    if faded:
        return _told(box, cameo.unfaded(seen, faded), faded.shape.mask(seen.shape), trust)
    if not opening:
        return _told(box, seen, None, trust)
    box = within(box, opening.box(seen.shape), seen.shape)
    seen = shrunk(levels[cut(levels.shape, box, whole.shape)], side)
    own = opening.fitted(seen.shape)
    return _told(box, mats.filled(seen, own.mask(seen.shape, mats.RIM)), own.mask(seen.shape), trust)


def within(box: Box, part: Box, shape: tuple[int, ...]) -> Box:
    """A part of a box, for a part that is given in the pixels (h,w) which the network sees of the box."""
    down, across = (box.bottom - box.top) / shape[0], (box.right - box.left) / shape[1]
    rows, columns = (
        (box.top + round(edge * down) for edge in part[:2]),
        (box.left + round(edge * across) for edge in part[2:]),
    )
    return Box(*rows, *columns)


def _told(box: Box, seen: NDArray, visible: NDArray | None, trust: np.float32) -> Part:
    mask = np.ones(seen.shape, np.float32) if visible is None else visible.astype(np.float32)
    return Part(box, stretched(evened(seen)), trust, mask)


def cut(full: tuple[int, ...], box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The part of lightness levels (H,W) that a box of their map of a shape (h,w) covers."""
    down, across = full[0] / shape[0], full[1] / shape[1]
    return slice(round(box.top * down), round(box.bottom * down)), slice(
        round(box.left * across), round(box.right * across)
    )
