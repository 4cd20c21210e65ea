"""A film's pictures as scenes: cuts, the motion within a scene, and which pictures the network sees."""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from colorization.film.moment import Moment
from colorization.film.planes import halves
from colorization.film.reading import Picture
from colorization.film.warping import Link, Seen, Stay
from colorization.photo.preparation import shrunk

BLANK = (
    0.1  # contrast, as a share of that of the picture before: less shows nothing, as white flashes and black gaps do
)
FLASH, GAP = 2, 8  # pictures that may pass, such as a flash, before a scene is over; blank ones
EVERY = 8  # the network sees one picture of so many, and the first and the last of each scene


def levels_of(picture: Picture, side: int) -> NDArray[np.uint16]:
    """Lightness levels of a picture; at half its sides where that leaves the network more than it sees."""
    return picture.encoding.levels(halves(picture.luma) if min(picture.luma.shape) >= 2 * side else picture.luma)


def moments(pictures: Iterable[Picture], side: int, detail: float = 1) -> Iterator[Moment]:
    """Each picture with its small lightness, of shorter side `side`, and its motion from the one before.

    detail: the lightness has so many times this side, at most the picture's own; the motion is found at `side`. What
    differs from the pictures before and after it, which show one thing, passes: it ends no scene.
    """
    before: Seen | None = None
    passing: list[tuple[Picture, Seen]] = []
    for picture in pictures:
        seen = _seen(picture, side, detail)
        if before is None:
            yield Moment(picture=picture, seen=seen, link=None)
            before = seen
        elif (link := Link(before, seen)).same_scene:
            yield from _passed(passing, before)
            yield Moment(picture=picture, seen=seen, link=link)
            before, passing = seen, []
        else:
            passing.append((picture, seen))
            if len(passing) > (GAP if all(_is_blank(one, before) for _, one in passing) else FLASH):
                scene = list(_begun(passing))
                yield from scene
                before, passing = scene[-1].seen, []
    yield from _begun(passing)


def _seen(picture: Picture, side: int, detail: float) -> Seen:
    fine = round(min(side * detail, max(side, min(picture.luma.shape))))
    levels = levels_of(picture, fine)
    small = shrunk(levels, side)
    return Seen(small) if fine == side else Seen(shrunk(levels, fine), small)


def _is_blank(seen: Seen, before: Seen) -> bool:
    return bool(seen.contrast < BLANK * before.contrast)


def _passed(passing: list[tuple[Picture, Seen]], before: Seen) -> Iterator[Moment]:
    """What passes in the scene of the picture before."""
    for picture, seen in passing:
        yield Moment(picture=picture, seen=before, link=Stay(before), passes=True, blank=_is_blank(seen, before))


def _begun(pictures: list[tuple[Picture, Seen]]) -> Iterator[Moment]:
    """The pictures as the first ones of a scene, or of several."""
    before: Seen | None = None
    for picture, seen in pictures:
        link = Link(before, seen) if before is not None else None
        yield Moment(picture=picture, seen=seen, link=link if link is not None and link.same_scene else None)
        before = seen


def shown(
    scenes: Iterable[Moment], colours: Callable[[Moment], NDArray], network: Executor, every: int = EVERY
) -> Generator[Moment]:
    """The moments, some of them with the colour maps that `colours` gives; `network` works meanwhile.

    It sees nothing that passes, unless it sees every picture.
    """
    last, place = None, 0
    for moment in scenes:
        place = 0 if moment.link is None else place + 1
        if last is not None:
            if place == 0 and last.maps is None and not last.passes:
                last.maps = network.submit(colours, last)
            yield last
        if place % every == 0 and not (moment.passes and every > 1):
            moment.maps = network.submit(colours, moment)
        last = moment
    if last is not None:
        if last.maps is None and not last.passes:
            last.maps = network.submit(colours, last)
        yield last
