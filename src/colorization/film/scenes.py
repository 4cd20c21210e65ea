"""A film's pictures as scenes: cuts, the motion within a scene, and which pictures the network sees."""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from colorization.film.planes import halves
from colorization.film.reading import Picture
from colorization.film.steady import Moment
from colorization.film.warping import Link, Seen, Stay
from colorization.photo.preparation import shrunk

BLANK = (
    0.1  # contrast, as a share of that of the picture before: less shows nothing, as white flashes and black gaps do
)
FLASH = 8  # blank pictures that do not end a scene
EVERY = 8  # the network sees one picture of so many, and the first and the last of each scene


def levels_of(picture: Picture, side: int) -> NDArray[np.uint16]:
    """Lightness levels of a picture; at half its sides where that leaves the network more than it sees."""
    return picture.encoding.levels(halves(picture.luma) if min(picture.luma.shape) >= 2 * side else picture.luma)


def moments(pictures: Iterable[Picture], side: int, detail: float = 1) -> Iterator[Moment]:
    """Each picture with its small lightness, of shorter side `side`, and its motion from the one before.

    detail: the lightness has so many times this side, at most the picture's own; the motion is found at `side`.
    """
    before: Seen | None = None
    blanks = 0
    for picture in pictures:
        fine = round(min(side * detail, max(side, min(picture.luma.shape))))
        levels = levels_of(picture, fine)
        small = shrunk(levels, side)
        seen = Seen(small) if fine == side else Seen(shrunk(levels, fine), small)
        blanks = blanks + 1 if before is not None and seen.contrast < BLANK * before.contrast else 0
        if before is not None and 0 < blanks <= FLASH:
            yield Moment(picture=picture, seen=before, link=Stay(before), blank=True)
            continue
        link = Link(before, seen) if before is not None else None
        yield Moment(picture=picture, seen=seen, link=link if link is not None and link.same_scene else None)
        before = seen


def shown(
    scenes: Iterable[Moment], colours: Callable[[Moment], NDArray], network: Executor, every: int = EVERY
) -> Generator[Moment]:
    """The moments, some of them with the colour maps that `colours` gives; `network` works meanwhile.

    Of several pictures it sees no blank one.
    """
    last, place = None, 0
    for moment in scenes:
        place = 0 if moment.link is None else place + 1
        if last is not None:
            if place == 0 and last.maps is None and not last.blank:
                last.maps = network.submit(colours, last)
            yield last
        if place % every == 0 and not (moment.blank and every > 1):
            moment.maps = network.submit(colours, moment)
        last = moment
    if last is not None:
        if last.maps is None and not last.blank:
            last.maps = network.submit(colours, last)
        yield last
