"""Colours that a person knows: at places of a photograph, checked, and joined to the predicted colours."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from colorization.color import rgb_to_lab
from colorization.core.errors import InputError, one_line
from colorization.hinting.joining import SIDE, Hinted
from colorization.photo.recolor import enlarged
from colorization.vividness import Curve, inverse

KEEP = "keep"  # instead of a colour: neutral gray
MOST = 1000  # hints of one photograph
SIZE = 5  # pixels of the network's input; it was trained with squares of 1 to 9
PALEST = 0.5  # smallest gain of a curve that is inverted
REACH = 0.08  # of the correction around a hint, as a share of the shorter side: a standard deviation
SIMILAR = 0.15  # normalised L: a place that differs by this from the hinted one gets 0.6 of the correction
RIDGE = 1e-3  # added to the diagonal of a system of equations that may be singular
LARGEST = 1e9  # of a number that a file may give: larger ones are none of a place, and too large for a float
EXAMPLE = "write it as 812,640,#2f5d3a or 200,90,keep"


class Hint(NamedTuple):
    """A place in pixels of the upright photograph, from its upper left corner, and the normalised a and b there."""

    x: float
    y: float
    a: float
    b: float


def hint(x: Any, y: Any, colour: Any) -> Hint:
    """A hint from a place and a CSS colour or KEEP. Raises InputError for what is none."""
    if not all(isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= LARGEST for one in (x, y)):
        told = one_line(f"{x},{y},{colour}", 80)
        raise InputError(f"hint {told}: x and y must be pixels from the upper left corner; {EXAMPLE}")
    if colour == KEEP:
        return Hint(x, y, 0.0, 0.0)
    try:
        rgb = ImageColor.getrgb(colour)[:3]
    except (ValueError, AttributeError, TypeError):
        told = f"{str(colour)[:40]} is not a colour; {EXAMPLE}"
        raise InputError(f"hint {x},{y}: {told}") from None
    a, b = rgb_to_lab(np.array(rgb, np.float32).reshape(3, 1, 1) / 255)[1].ravel()
    return Hint(x, y, float(a), float(b))


def parsed(text: str) -> Hint:
    """A hint written as x,y,colour."""
    x, y, colour = [*text.split(",", 2), "", ""][:3]
    try:
        return hint(float(x), float(y), colour.strip())
    except ValueError:
        raise InputError(f"hint {text[:80]}: {EXAMPLE}") from None


def read_hints(path: Path) -> list[Hint]:
    """The hints of a JSON file: {"hints": [{"x": 812, "y": 640, "color": "#2f5d3a"}, …]}."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"))["hints"]
        return [hint(row["x"], row["y"], row["color"]) for row in rows]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        wanted = '{"hints": [{"x": 812, "y": 640, "color": "#2f5d3a"}]}'
        raise InputError(f"{path}: not a file of hints ({one_line(error, 80)}); expected {wanted}") from None


def checked(hints: Iterable, shape: tuple[int, int]) -> list[Hint]:
    """Hints, or (x, y, colour), for a photograph (H,W). Raises InputError for one outside and for two at one place."""
    found: dict[tuple[int, int], Hint] = {}
    for one in hints:
        one = one if isinstance(one, Hint) else hint(*one)
        if not (one.x < shape[1] and one.y < shape[0]):
            raise InputError(f"hint {one.x:g},{one.y:g}: outside the photograph of {shape[1]}×{shape[0]} pixels")
        place = int(one.x), int(one.y)
        if found.setdefault(place, one) != one:
            raise InputError(f"hint {one.x:g},{one.y:g}: two colours for one place; leave one out")
    if len(found) > MOST:
        raise InputError(f"{len(found)} hints; a photograph takes at most {MOST}")
    return list(found.values())


def map_of(
    hints: Sequence[Hint], scale: tuple[float, float], shape: tuple[int, ...], curve: Curve, size: int
) -> NDArray[np.float32]:
    """A map of hints (3,h,w): known, a, b; each hint covers a square of size × size around its place.

    scale: pixels of the map per pixel of the photograph, down and across. A later hint covers an earlier one.
    curve: makes the result vivid; the map has the colours before it, so that hints come out as they were given.
    """
    found = np.zeros((3, *shape), np.float32)
    for one in hints:
        row, column = int(one.y * scale[0]), int(one.x * scale[1])
        rows = slice(max(0, row - size // 2), row + size // 2 + 1)
        columns = slice(max(0, column - size // 2), column + size // 2 + 1)
        found[:, rows, columns] = np.array([1, one.a, one.b]).reshape(3, 1, 1)
    found[1:] = before(found[1:], curve)
    return found


def before(ab: NDArray[np.float32], curve: Curve) -> NDArray[np.float32]:
    """Known colours (2,h,w) as the network has them: those that the curve makes vivid, as far as it can."""
    return np.clip(inverse(ab, curve._replace(gain=max(curve.gain, PALEST))), -1, 1)


def fitted(known: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A map of hints at another size (3,*shape), as `models.common.hints.at`: known where any part of a cell is."""
    shares = means(known, shape)
    return np.concatenate([shares[:1] > 0, shares[1:] / np.maximum(shares[:1], 1e-6)]).astype(np.float32)


def means(planes: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Planes (C,h,w) at another size (C,*shape): the mean of all pixels that touch a cell."""
    down, across = (_cells(size, count) for size, count in zip(planes.shape[1:], shape))
    return (down @ planes @ across.T).astype(np.float32, copy=False)


def joined(L: NDArray, plain: NDArray, answer: NDArray, known: NDArray) -> NDArray[np.float32]:
    """The colours (2,h,w) of a network and a map of hints (3,h,w), joined as `Hinted` does, for L (h,w).

    plain, answer: the network's colours without hints and with them, (2,h,w). Without a hint on the map: `plain`.
    """
    scale = min(1.0, SIDE / min(L.shape))
    sides = max(1, round(L.shape[0] * scale)), max(1, round(L.shape[1] * scale))
    given = fitted(known, sides)
    if not given[0].any():
        return plain
    small = means(np.concatenate([L[None], plain, answer]), sides)
    change = Hinted(small[0], given[0] > 0, small[1:3]).change(small[3:], given[1:])
    return plain + enlarged(change.astype(np.float32), (slice(0, L.shape[0]), slice(0, L.shape[1])), L.shape)


def _cells(size: int, count: int) -> NDArray[np.float32]:
    """The weights (count,size) of the pixels in the mean of each cell, which has every pixel that it touches."""
    edges, pixels = np.arange(count + 1) * size, np.arange(size)
    inside = (pixels >= edges[:-1, None] // count) & (pixels < -(-edges[1:, None] // count))
    return (inside / inside.sum(axis=1, keepdims=True)).astype(np.float32)


def at_places(planes: NDArray, places: NDArray) -> NDArray:
    """Planes (C,h,w), interpolated linearly at places (K,2) of `places_of` → (K,C)."""
    sides = np.array(planes.shape[:0:-1])
    at = np.clip((places + 1) * sides / 2 - 0.5, 0, sides - 1)  # x and y in pixels of the planes, (K,2)
    (left, top), (right, bottom) = at.astype(int).T, np.minimum(at.astype(int) + 1, sides - 1).T
    across, down = (at - at.astype(int)).T
    upper = planes[:, top, left] * (1 - across) + planes[:, top, right] * across  # (C,K)
    lower = planes[:, bottom, left] * (1 - across) + planes[:, bottom, right] * across
    return (upper * (1 - down) + lower * down).T


def places_of(hints: Sequence[Hint], shape: tuple[int, ...]) -> NDArray:
    """The centres of the hinted pixels of a photograph (H,W): (K,2), x and y from -1 to 1 between its edges."""
    return np.array([(2 * (int(one.x) + 0.5) / shape[1] - 1, 2 * (int(one.y) + 0.5) / shape[0] - 1) for one in hints])


def correction(L: NDArray[np.float32], places: NDArray, error: NDArray) -> NDArray[np.float32]:
    """What to add to ab so that it changes by `error` (K,2) at the places (K,2): (2,h,w), for L (h,w).

    Interpolates by radial basis functions, a Gaussian of the distance times one of the difference in lightness: far
    from a place, or where the photograph looks different, nothing changes.
    """
    height, width = L.shape
    across, down = (_distances(size, place) for size, place in zip((width, height), places.T))
    squared = (down[:, :, None] ** 2 + across[:, None, :] ** 2) / np.float32(min(height, width) ** 2)
    unlike = L - at_places(L[None], places).astype(np.float32)[:, :, None]
    weights = np.exp(-squared / (2 * REACH**2) - unlike**2 / (2 * SIMILAR**2))  # (K,h,w)
    ridge = RIDGE * np.eye(len(places))  # two hints may share a cell of the map
    factors = np.linalg.solve(at_places(weights, places) + ridge, error)
    return np.tensordot(factors.T.astype(np.float32), weights, axes=1)


def _distances(size: int, places: NDArray) -> NDArray[np.float32]:
    """From places (K,), -1 to 1 between the edges of `size` pixels, to the pixels' centres: (K,size) in pixels."""
    return (np.arange(size) + 0.5 - ((places + 1) * size / 2)[:, None]).astype(np.float32)
