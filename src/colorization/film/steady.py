"""Steady colours: those of some pictures, carried along the motion to the others of their scene, and averaged."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from colorization.film.agreement import Scene, View
from colorization.film.moment import Moment
from colorization.film.reading import Picture
from colorization.film.tones import evened
from colorization.film.warping import Planes
from colorization.photo.guide import guide
from colorization.photo.recolor import F_BLACK, F_PER_LEVEL, L_LEVELS, colour_maps, enlarged

KEPT = 0.97  # share of a colour's weight that it keeps from picture to picture: it counts for about 33
STEP = 16  # pictures that are finished at a time
AHEAD = 16  # pictures after them whose colours count, too


def steadied(moments: Iterable[Moment]) -> Iterator[tuple[Picture, NDArray]]:
    """Moments in order → pictures with their colour maps (4,h,w). Holds at most STEP + AHEAD + REACH moments."""
    return ((moment.picture, _maps(moment, ab)) for moment, ab in evened(_averaged(moments)))


def _averaged(moments: Iterable[Moment]) -> Iterator[tuple[Moment, Planes]]:
    """Moments in order → the same with their colours (2,h,w) in Lab units. Holds at most STEP + AHEAD moments."""
    waiting: list[Moment] = []
    past: Planes | None = None
    scene = Scene()
    for moment in moments:
        if moment.link is None and waiting:
            yield from _finished(waiting, len(waiting), past, scene)[0]
            waiting, past, scene = [], None, Scene()
        waiting.append(moment)
        if len(waiting) == STEP + AHEAD:
            done, past = _finished(waiting, STEP, past, scene)
            yield from done
            waiting = waiting[STEP:]
    if waiting:
        yield from _finished(waiting, len(waiting), past, scene)[0]


def _finished(
    waiting: list[Moment], count: int, past: Planes | None, scene: Scene
) -> tuple[list[tuple[Moment, Planes]], Planes]:
    """The first `count` moments with their colours, and the sums (3,h,w) of a, b and weight up to the last of them.

    past: the sums up to the moment before. A moment's colours are the weighted mean of those seen before, now and
    later; each weight falls by KEPT and by the trust in the motion from picture to picture.
    """
    own = _agreed(waiting, scene)
    before: list[Planes] = []
    for moment, now in zip(waiting[:count], own):
        if past is None or moment.link is None:
            past = np.zeros((3, *moment.seen.L.shape), np.float32)
        else:
            past = moment.link.back(past) * (KEPT * moment.link.trust_back)
        if now is not None:
            past = past + now
        before.append(past)
    after, finished = np.zeros_like(before[0]), []
    for i in reversed(range(len(waiting))):
        if i < count:
            finished.append((waiting[i], _mean(before[i] + after)))
        link = waiting[i].link
        if i and link is not None:
            now = own[i]
            after = link.forth(after if now is None else after + now) * (KEPT * link.trust_forth)
    return finished[::-1], before[-1]


def _agreed(waiting: list[Moment], scene: Scene) -> list[Planes | None]:
    """The colours of the moments that the network saw, with weight 1: (3,h,w); None for the others."""
    for moment in waiting:
        if moment.maps is not None and moment.picture.number > scene.last:
            scene.add(_view(moment))
    scene.forget(waiting[0].picture.number)
    return [scene.sums(moment.picture.number) if moment.maps is not None else None for moment in waiting]


def _view(moment: Moment) -> View:
    assert moment.maps is not None
    maps, shape, compared = moment.maps.result(), moment.seen.L.shape, moment.compared
    if maps.shape[1:] != shape:  # the network saw it at another size
        maps, compared = enlarged(maps, (slice(0, shape[0]), slice(0, shape[1])), shape), []
    ab = colours_of(maps, moment.seen.L)
    return View(number=moment.picture.number, ab=ab, compared=compared, firm=moment.hinted)


def _mean(sums: Planes) -> Planes:
    """Sums (3,h,w) of a, b and weight → ab (2,h,w)."""
    return (sums[:2] / np.maximum(sums[2:], np.float32(1e-20))).astype(np.float32, copy=False)


def _maps(moment: Moment, ab: Planes) -> NDArray[np.float32]:
    """Colour maps (4,h,w) of a moment with its colours (2,h,w)."""
    if moment.passes:  # its light is not that of the scene
        return colour_maps(np.zeros_like(ab), ab * np.float32(not moment.blank))
    return colour_maps(*guide(moment.seen.L, ab))


def colours_of(maps: NDArray[np.float32], L: Planes) -> Planes:
    """Colour maps (4,h,w) at normalised L (h,w) → ab (2,h,w) in Lab units: the inverse of `recolor.colour_maps`."""
    levels = (L + 1) * np.float32(L_LEVELS / 2)
    fy = levels * F_PER_LEVEL + F_BLACK
    fx, fz = maps[:2] * levels + maps[2:]
    return np.stack([500 * (fx - fy), 200 * (fy - fz)]).astype(np.float32)
