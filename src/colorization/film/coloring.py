"""One film in, coloured out."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from numpy.typing import NDArray

from colorization.core.files import replacing
from colorization.film.ahead import ahead
from colorization.film.hints import FilmHint
from colorization.film.moment import Moment
from colorization.film.negative import positive_tones
from colorization.film.opening import opened
from colorization.film.planes import colour_planes
from colorization.film.reading import Film, Picture
from colorization.film.scenes import EVERY, levels_of, moments, shown
from colorization.film.steady import steadied
from colorization.film.tracks import Tracks, at, tracks
from colorization.film.writing import FilmWriter
from colorization.photo.colorizer import Like, PhotoColorizer

QUEUE = 8  # pictures that wait between two threads


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a film's colours are made."""

    saturation: float | None = None  # None: the model's default
    prepare: bool = True
    hints: Sequence[FilmHint] = ()
    like: Like = ()  # photographs in colour, as for `PhotoColorizer.colorize`; each scene takes what resembles it
    detail: float = 1  # the network sees this many times its side, at most the film's own
    negative: bool = False  # the film's pictures are negatives
    mark: bool = True  # the result says that its colours are invented
    steady: bool = True  # False: every picture on its own


def colorize_film(
    source: Path,
    target: Path,
    colorizer: PhotoColorizer,
    look: Look = Look(),
    progress: Callable[[], object] = lambda: None,
    reading: Callable[[], object] = lambda: None,
) -> list[str]:
    """Colour a film; `target` ends with a key of formats.RESULTS and is written completely or not at all.

    progress: called after each picture; reading: the same for a reading before that, which hints and negatives need.
    Both may raise to end the work. Returns what the user should know, one line each: where the film breaks off, …
    Raises InputError (one line) for a film that cannot be coloured.
    """
    tones = positive_tones(source, reading) if look.negative else None
    hints = tracks(source, look.hints, colorizer.image_size, reading, tones) if look.hints else {}
    with opened(source) as container, replacing(target) as file:
        film, writer = Film(container, source, tones), None
        with closing(coloured(film, colorizer, look, hints)) as pictures:
            for picture, maps in pictures:
                writer = writer or FilmWriter(file, film, target.suffix.lower(), picture, mark=look.mark)
                writer.write(picture, colour_planes(colorizer, picture.encoding, picture.luma, maps))
                progress()
        assert writer is not None  # a film without a picture raises
        writer.close()
    return film.notes


def coloured(
    film: Film, colorizer: PhotoColorizer, look: Look, hints: Tracks | None = None
) -> Generator[tuple[Picture, NDArray]]:
    """The film's pictures with their colour maps (4,h,w). Close it, or read it to its end: it runs threads."""
    known, references = hints or {}, colorizer.references(look.like)

    def colours(moment: Moment) -> NDArray:
        levels = levels_of(moment.picture, round(colorizer.image_size * look.detail))
        here = at(known.get(moment.picture.number, ()), levels.shape)
        moment.hinted = bool(here)
        (colour,) = colorizer.predict(
            levels, saturation=look.saturation, prepare=look.prepare, detail=look.detail, hints=here, like=references,
            compared=moment.compared if look.steady else None,
        )  # fmt: skip
        return colour

    with ThreadPoolExecutor(1) as network:
        read = moments(film.pictures(), colorizer.image_size, look.detail)
        seen = shown(read, colours, network, EVERY if look.steady else 1)
        with closing(ahead(seen, QUEUE)) as ready:
            try:
                if look.steady:
                    yield from steadied(ready)
                else:
                    yield from ((moment.picture, moment.maps.result()) for moment in ready if moment.maps)
            finally:
                network.shutdown(wait=False, cancel_futures=True)
