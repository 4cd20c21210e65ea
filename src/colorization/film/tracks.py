"""Hints through their scene: a first reading of the film follows each hinted place along the motion, both ways."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colorization.core.errors import InputError
from colorization.film.hints import FilmHint
from colorization.film.looking import on_its_side
from colorization.film.moment import Moment
from colorization.film.opening import clock, opened
from colorization.film.reading import Film, Picture
from colorization.film.scenes import moments
from colorization.film.warping import Planes
from colorization.photo.hints import Hint

LOST = 0.2  # trust in the motion at a place, below which it is hidden or gone
UNLIKE = 0.3  # normalised L: a place that differs from the hinted one by more is another thing
AROUND = 1  # pixels on each side of a place, whose mean motion it follows

Tracks = dict[int, list[Hint]]  # the number of a picture → its hints; x and y as shares of its width and height


class Point(NamedTuple):
    """A hint in one picture: row and column in the small picture, and the small lightness where it was given."""

    hint: Hint
    row: float
    column: float
    L: float


def tracks(
    source: Path,
    hints: Sequence[FilmHint],
    side: int,
    progress: Callable[[], object] = lambda: None,
    tones: NDArray[np.uint8] | None = None,
) -> Tracks:
    """The hints of each picture; each holds until its place is hidden, leaves the picture or looks different.

    side: the shorter side of the small picture. progress: called after each picture; it may raise to end the work.
    tones: see `reading.Film`. Raises InputError for a hint outside the film.
    """
    with opened(source) as container, tempfile.TemporaryFile() as file:
        film, found, points, waiting = Film(container, source, tones), Tracks(), list[Point](), list(hints)
        number, end, scene = 0, 0.0, _Scene(file)
        for moment, following in pairwise(chain(moments(film.pictures(), side), [None])):
            assert moment is not None
            number, end = moment.picture.number, _end(film, moment.picture, following)
            if moment.link is None:
                points, scene = [], _Scene(file)
            else:
                points = _moved(points, _step(moment.link.forth.flow, moment.link.trust_forth), small(moment.seen.L))
            here = [each for each in waiting if _is_here(each, number, end)]
            waiting = [each for each in waiting if each not in here]
            new = [_point(each, film, moment.seen.L) for each in here]
            points += new
            scene.add(moment)
            _keep(found, number, points, moment.seen.L.shape)
            for back, earlier in scene.back(new):
                _keep(found, number - back, earlier, moment.seen.L.shape)
            progress()
        if waiting:
            raise InputError(_beyond(source, waiting[0], number + 1, end))
        return found


class _Scene:
    """What following a place back through the scene needs, on disk: a scene may last for hours."""

    def __init__(self, file: IO[bytes]):
        self._file, self._count, self._shape = file, 0, (0, 0, 0)
        file.seek(0)

    def add(self, moment: Moment) -> None:
        L = small(moment.seen.L)
        step = np.zeros((3, *L.shape)) if moment.link is None else _step(moment.link.back.flow, moment.link.trust_back)
        record = np.concatenate([step, L[None]]).astype(np.float16)
        self._shape, self._count = record.shape, self._count + 1
        self._file.seek((self._count - 1) * record.nbytes)
        self._file.write(record.tobytes())

    def back(self, points: list[Point]) -> Iterator[tuple[int, list[Point]]]:
        """The points of the last picture in those before it: how many pictures before, and those still in sight."""
        for back in range(1, self._count):
            points = _moved(points, self._read(back - 1)[:3], self._read(back)[3])
            if not points:
                return
            yield back, points

    def _read(self, back: int) -> Planes:
        size = 2 * int(np.prod(self._shape))
        self._file.seek((self._count - 1 - back) * size)
        return np.frombuffer(self._file.read(size), np.float16).reshape(self._shape).astype(np.float32)


def small(planes: Planes) -> Planes:
    """Every second row and column, all that following a place needs."""
    return planes[..., ::2, ::2]


def _step(flow: Planes, trust: Planes) -> Planes:
    """A motion (2,h,w) and its trust as (3,h/2,w/2)."""
    return small(np.concatenate([flow, trust[None]]))


def _moved(points: list[Point], step: Planes, L: Planes) -> list[Point]:
    """The points in another picture, which has the small lightness L; without those that are lost."""
    found = []
    for point in points:
        i, j = int(point.row / 2), int(point.column / 2)
        around = slice(max(i - AROUND, 0), i + AROUND + 1), slice(max(j - AROUND, 0), j + AROUND + 1)
        down, across, trust = step[:, *around].mean(axis=(1, 2))
        row, column = point.row + float(down), point.column + float(across)
        inside = 0 <= row < 2 * L.shape[0] and 0 <= column < 2 * L.shape[1]
        if inside and trust >= LOST and abs(float(L[int(row / 2), int(column / 2)]) - point.L) <= UNLIKE:
            found.append(point._replace(row=row, column=column))
    return found


def _point(given: FilmHint, film: Film, L: Planes) -> Point:
    """A hint in its own picture. Raises InputError if it lies outside."""
    assert film.size  # known with its first picture
    width, height = film.size
    x, y = stored(given.hint.x, given.hint.y, film.size, film.turned)
    if not (0 <= x < width and 0 <= y < height):
        if film.turned and on_its_side(film.turned):
            width, height = height, width
        raise InputError(f"hint {given.hint.x:g},{given.hint.y:g}: outside the film of {width}×{height} pixels")
    row, column = y / height * L.shape[0], x / width * L.shape[1]
    return Point(given.hint, row, column, float(small(L)[int(row / 2), int(column / 2)]))


def stored(x: float, y: float, size: tuple[int, int], turned: list[int] | None) -> tuple[float, float]:
    """A place in the upright picture → in the picture as it is stored, of `size` width × height.

    turned: the display matrix (9,) of ISO/IEC 14496-12, section 6.2.2.
    """
    if turned is None:
        return x, y
    matrix = np.array([turned[0:2], turned[3:5]], float) / 65536  # (x, y) @ matrix is upright, but for a shift
    corners = np.array([(0, 0), (size[0], 0), (0, size[1]), size]) @ matrix
    found = (np.array([x, y]) + 0.5 + corners.min(axis=0)) @ np.linalg.inv(matrix) - 0.5
    return float(round(found[0], 3)), float(round(found[1], 3))


def _keep(found: Tracks, number: int, points: list[Point], shape: tuple[int, ...]) -> None:
    """Add the points to a picture's hints: one for each place, the first given."""
    hints = found.setdefault(number, [])
    hints += [Hint(each.column / shape[1], each.row / shape[0], each.hint.a, each.hint.b) for each in points]


def at(hints: Sequence[Hint], shape: tuple[int, int]) -> list[Hint]:
    """The hints of a picture, with places in pixels of its lightness levels (H,W); of two at one place the first."""
    found: dict[tuple[int, int], Hint] = {}
    for one in hints:
        x, y = min(one.x * shape[1], shape[1] - 1), min(one.y * shape[0], shape[0] - 1)
        found.setdefault((int(x), int(y)), one._replace(x=x, y=y))
    return list(found.values())


def _end(film: Film, picture: Picture, following: Moment | None) -> float:
    """When a picture gives way to the next, in seconds from the film's start."""
    if following is not None:
        return film.seconds(following.picture.pts)
    return film.seconds(picture.pts + (picture.duration or round(1 / (film.rate * film.time_base))))


def _is_here(given: FilmHint, number: int, end: float) -> bool:
    """Whether a hint belongs to the picture that is shown until `end`; asked of each picture in turn."""
    return given.frame == number if given.time is None else given.time < end


def _beyond(source: Path, given: FilmHint, count: int, end: float) -> str:
    if given.frame is not None:
        return f"{source}: a hint for frame {given.frame}; the film has {count} pictures, from 0 to {count - 1}"
    return f"{source}: a hint at {given.time:g} seconds; the film ends at {end:g} ({clock(end)})"
