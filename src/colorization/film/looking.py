"""Look at single pictures of a film, for a page that shows it frame by frame."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorization.core.errors import InputError
from colorization.film.opening import opened, picture_of
from colorization.film.reading import Film, Picture


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What a film holds: the size of its upright pictures, in pixels, and when each is shown.

    ratio: width / height as players show it. turned: the display matrix, see `upright`. stamps: the pictures' time
    stamps (N,), rising, in units of time_base.
    """

    width: int
    height: int
    ratio: float
    turned: list[int] | None
    stamps: NDArray[np.int64]
    time_base: Fraction

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds (N,) from the first picture on."""
        return (self.stamps - self.stamps[0]) * float(self.time_base)

    @property
    def stored(self) -> tuple[int, int]:
        """Height and width of the pictures as the film stores them."""
        upright = self.height, self.width
        return upright[::-1] if self.turned and on_its_side(self.turned) else upright

    def middle(self, number: int) -> float:
        """A moment in seconds at which a picture is on the screen: half-way to the next."""
        return float(self.times[number : number + 2].mean())


def outline(path: Path) -> Outline:
    """A film's outline. It reads the film without decoding it, but for the start.

    Raises InputError for one that cannot be coloured.
    """
    with opened(path) as container:
        film = Film(container, path)
        picture = next(film.pictures())
        turned, video = film.turned, film.video
        aspect = video.sample_aspect_ratio or 1
        sides = film.size or (video.width, video.height)
        ratio = float(sides[0] * aspect / sides[1])
    if turned and on_its_side(turned):
        sides, ratio = sides[::-1], 1 / ratio
    stamps = _stamps(path, picture)
    width, height = sides
    return Outline(
        width=width, height=height, ratio=ratio, turned=turned, stamps=stamps, time_base=Fraction(film.time_base)
    )


def _stamps(path: Path, first: Picture) -> NDArray[np.int64]:
    """The time stamps (N,) of a film's pictures by its packets; for a film without, those of its rate."""
    with opened(path) as container:
        video = picture_of(container, path)
        packets = [packet.pts if packet.pts is not None else packet.dts for packet in _packets(container, video)]
        rate = video.average_rate or video.guessed_rate or Fraction(25)
    if None in packets:
        step = max(1, round(1 / (rate * video.time_base)))
        return first.pts + step * np.arange(len(packets), dtype=np.int64)
    stamps = np.unique(np.array(packets, np.int64))
    return stamps[stamps >= first.pts] if (stamps >= first.pts).any() else np.array([first.pts], np.int64)


def _packets(container: Any, video: Any) -> Iterator[Any]:
    """The packets of the film's picture that are shown, until the film ends or breaks off."""
    import av

    with suppress(av.error.InvalidDataError, av.error.EOFError):
        yield from (packet for packet in container.demux(video) if packet.size and not packet.is_discard)


def picture_at(path: Path, about: Outline, number: int) -> Picture:
    """A picture of a film by its number. Raises InputError if it cannot be decoded."""
    stamp, last = int(about.stamps[number]), None
    for seek in (True, False):  # some containers lead astray: then the film is read from its start
        with opened(path) as container, suppress(InputError):  # of a film that has one picture from there on
            for last in read_from(Film(container, path), stamp if seek else None):
                if last.pts >= stamp:
                    break
        if last is not None and (last.pts == stamp or not seek):
            return replace(last, number=number)
    raise InputError(f"{path}: its picture {number} cannot be decoded")


def upright(pixels: NDArray, turned: list[int] | None) -> NDArray:
    """A view of pixels (H,W,...) as players turn them by a display matrix (9,), see ISO/IEC 14496-12, section 6.2.2."""
    if turned is None:
        return pixels
    if on_its_side(turned):
        pixels, down, across = pixels.swapaxes(0, 1), turned[1], turned[3]
    else:
        down, across = turned[4], turned[0]
    return pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]


def on_its_side(turned: list[int]) -> bool:
    """Whether a display matrix exchanges width and height."""
    return abs(turned[1]) > abs(turned[0])


def gray(picture: Picture, about: Outline) -> NDArray[np.uint8]:
    """A picture's luma as gray sRGB (H,W), as it is stored, without what was added to make its sides even."""
    luma = picture.luma
    if not picture.encoding.full:
        luma = np.take((np.clip((np.arange(256) - 16) * (255 / 219), 0, 255) + 0.5).astype(np.uint8), luma)
    height, width = about.stored
    return luma[:height, :width]


def read_from(film: Film, stamp: int | None) -> Iterator[Picture]:
    """The film's pictures from the last key picture up to a time stamp on; None: from the start."""
    if stamp is not None:
        film.container.seek(stamp, stream=film.video)
    return film.pictures()
