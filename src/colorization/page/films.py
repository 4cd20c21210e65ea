"""The films of the page: single pictures, the scene around one as it will be coloured, and the whole film."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.core.errors import InputError
from colorization.film.excerpt import Scene
from colorization.film.formats import INSTALL, SUFFIXES, reads_films
from colorization.film.looking import Outline, gray, outline, picture_at, upright
from colorization.film.opening import read_film_header
from colorization.film.reading import Picture
from colorization.film.scenes import levels_of
from colorization.film.tracks import at, stored
from colorization.page.album import SHOWN, Body, Entry, Gone, called, clean, reduced
from colorization.page.jobs import Job
from colorization.page.painting import Look, Painter, jpeg, loaded
from colorization.page.palette import offers
from colorization.photo.negative import positive

if TYPE_CHECKING:
    from colorization.photo.colorizer import PhotoColorizer
    from colorization.photo.hints import Hint
    from colorization.photo.likeness import Reference

LARGEST = 2 * 2**30  # bytes of the largest film

Ready = tuple["PhotoColorizer", list["Reference"]]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a film is to be coloured. hints: those of the look, each with the number of its picture."""

    look: Look
    hints: "list[tuple[int, Hint]]"


@dataclass(kw_only=True)
class Reel:
    """A film of the page, the picture that was looked at last, and what is being done with it."""

    entry: Entry
    about: Outline
    picture: Picture | None = None
    scene: Scene | None = None  # of which the excerpt is
    around: int = -1  # the picture that it was cut around
    played: list[bytes] = field(default_factory=list)  # JPEGs of the coloured scene
    result: Path | None = None
    job: Job | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def excerpt(self) -> Path:
        return self.entry.folder / "excerpt.mkv"

    def share(self, x: float, y: float) -> tuple[float, float]:
        """A place in pixels of the upright picture → as shares of the width and height of the stored one."""
        height, width = self.about.stored
        across, down = stored(x, y, (width, height), self.about.turned)
        return across / width, down / height


def about_films() -> dict:
    """What the page says of films: why they are not taken, or ""; bytes of the largest; the ends of their names."""
    told = "" if reads_films() else f"is a film; films need PyAV: {INSTALL}"
    return {"told": told, "upload": LARGEST, "suffixes": SUFFIXES}


class Films:
    """The films of a painter's album, for several threads."""

    def __init__(self, painter: Painter):
        self.painter, self.album = painter, painter.album
        self._reels: dict[str, Reel] = {}

    def add(self, name: str, content: Body, length: int) -> Reel:
        """Take in `length` bytes of a film. Raises InputError, and keeps nothing, for one that cannot be coloured."""
        if told := about_films()["told"]:
            raise InputError(f"{clean(name)}: {told}")
        entry = self.album.add(name, content, length, check=read_film_header, most=LARGEST)
        try:
            with called(entry):
                reel = Reel(entry=entry, about=outline(entry.file))
        except BaseException:
            self.album.remove(entry.number)
            raise
        kept = {number: one for number, one in self._reels.items() if one.entry.file.exists()}
        self._reels = kept | {entry.number: reel}
        return reel

    def find(self, number: str) -> Reel:
        """A film by its number. Raises Gone."""
        entry, reel = self.album.find(number), self._reels.get(number)
        if reel is None:
            raise Gone(f"{entry.name}: is no film")
        return reel

    def remove(self, reel: Reel) -> None:
        """Forget a film, end what is done with it, and delete its files."""
        if reel.job:
            reel.job.cancel()
        self._reels.pop(reel.entry.number, None)
        self.album.remove(reel.entry.number)

    def busy(self) -> bool:
        """Whether a whole film is being coloured."""
        return any(reel.job and reel.job.running and reel.job.whole for reel in self._reels.values())

    def before(self, reel: Reel, number: int, longest: int) -> bytes:
        """A picture in gray as a JPEG whose sides are at most `longest` and SHOWN pixels."""
        plain = upright(gray(self._picture(reel, number), reel.about), reel.about.turned)
        picture = Image.fromarray(np.ascontiguousarray(plain))
        picture.thumbnail((min(longest, SHOWN),) * 2)
        return jpeg(picture)

    def preview(self, reel: Reel, number: int, wish: Wish) -> tuple[bytes, bool]:
        """A picture by itself, with its own hints, as a JPEG for the page; and whether the model takes hints."""
        colorizer, small, maps = self._predicted(reel, number, wish)
        picture = upright(np.asarray(colorizer.preview(small, maps, SHOWN)), reel.about.turned)
        return jpeg(Image.fromarray(np.ascontiguousarray(picture))), colorizer.network.takes_hints

    def palette(self, reel: Reel, number: int, wish: Wish, x: float, y: float) -> dict[str, list[str]]:
        """Colours to offer at a pixel of an upright picture: `likely`, and `others`. Raises InputError outside."""
        check_place(reel, x, y)
        _, small, maps = self._predicted(reel, number, wish)
        likely, others = offers(maps, small, *reel.share(x, y))
        return {"likely": likely, "others": others}

    def _picture(self, reel: Reel, number: int) -> Picture:
        """A picture of a film; the last one is kept, as the page asks several things of it."""
        with reel.lock:
            if reel.picture is None or reel.picture.number != number:
                with called(reel.entry):
                    reel.picture = picture_at(reel.entry.file, reel.about, number)
            return reel.picture

    def _predicted(self, reel: Reel, number: int, wish: Wish) -> "tuple[PhotoColorizer, NDArray, NDArray]":
        """The model, lightness levels (H,W) at the size of the page, and the colour map (4,h,w) of a picture."""
        picture, (colorizer, like), look = self._picture(reel, number), self.ready(wish), wish.look
        levels = levels_of(picture, round(colorizer.image_size * look.detail))
        here = [one for frame, one in wish.hints if frame == number]
        shares = [one._replace(x=x, y=y) for one in here for x, y in [reel.share(one.x, one.y)]]
        hints = at(shares, levels.shape) if colorizer.network.takes_hints else []
        height, width = reel.about.stored
        whole = picture.encoding.levels(picture.luma[:height, :width])
        if look.negative:  # by its own tones; the film's are known when all of it is read
            levels, whole = positive(levels), positive(whole)
        (maps,) = colorizer.predict(levels, saturation=look.vividness, hints=hints, detail=look.detail, like=like)
        return colorizer, reduced(whole), maps

    def ready(self, wish: Wish) -> Ready:
        """The model, and its references. Raises Gone."""
        colorizer = loaded(wish.look.model, self.painter.device)
        return colorizer, self.painter.references(wish.look, colorizer)


def check_place(reel: Reel, x: float, y: float) -> None:
    """Raises InputError for a place outside the upright picture."""
    if not (x < reel.about.width and y < reel.about.height):
        raise InputError(f"{x:g},{y:g}: outside the film of {reel.about.width}×{reel.about.height} pixels")
