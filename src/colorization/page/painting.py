"""Colour a photograph of the album: as a picture for the page, as a file at full size, and as colours to offer."""

import io
import threading
import zipfile
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.core.errors import InputError
from colorization.page.album import SHOWN, Album, Entry, Gone, Opened, called
from colorization.page.palette import offers
from colorization.photo import catalog
from colorization.photo.formats import ENDING, FORMATS
from colorization.photo.likeness import LONGEST, is_gray
from colorization.photo.reading import read_picture
from colorization.photo.writing import depth, write_photo

if TYPE_CHECKING:
    from colorization.photo.colorizer import PhotoColorizer
    from colorization.photo.hints import Hint
    from colorization.photo.likeness import Reference

QUALITY = 95  # JPEG and WebP quality of the downloads
SCREEN = 88  # JPEG quality of the pictures on the page
ZIP = "colorized.zip"
REMEMBERED = 8  # references
LOADING = threading.Lock()  # two requests do not load one model twice


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a photograph is to be coloured. vividness: None: as the model's file recommends.

    detail, negative: see `PhotoColorizer.colorize`. like: the numbers of references in the album.
    """

    model: str
    vividness: float | None
    hints: "list[Hint]"
    detail: float = 1
    negative: bool = False
    like: list[str] = field(default_factory=list)


def loaded(model: str, device: str) -> "PhotoColorizer":
    """The trained model of a name, loaded once."""
    with LOADING:
        return _load(model, device)


@lru_cache
def _load(model: str, device: str) -> "PhotoColorizer":
    from colorization import load

    return load(model, device=device)


class Painter:
    """Colours the photographs of an album. device: see `colorization.load`."""

    def __init__(self, album: Album, *, device: str):
        self.album, self.device = album, device
        self._writing = threading.Lock()  # one full size at a time: it takes all processors, and much memory
        self._references: OrderedDict[tuple[str, str], list[Reference]] = OrderedDict()  # by model and number

    def before(self, entry: Entry, longest: int) -> bytes:
        """The photograph as a JPEG whose sides are at most `longest` and SHOWN pixels."""
        with called(entry):
            return jpeg(read_picture(entry.file, min(longest, SHOWN)))

    def preview(self, entry: Entry, look: Look) -> tuple[bytes, bool]:
        """The result as a JPEG for the page, and whether the model takes hints."""
        opened, colorizer, colour = self._predicted(entry, look)
        picture = colorizer.preview(opened.small, colour, SHOWN, opened.alpha)
        return jpeg(picture), colorizer.network.takes_hints

    def palette(self, entry: Entry, look: Look, x: float, y: float) -> dict[str, list[str]]:
        """Colours to offer at a pixel of the upright photograph: `likely`, and `others`. Raises InputError outside."""
        opened, _, colour = self._predicted(entry, look)
        height, width = opened.photo.levels.shape
        if not (x < width and y < height):
            raise InputError(f"{x:g},{y:g}: outside the photograph of {width}×{height} pixels")
        likely, others = offers(colour, opened.small, x / width, y / height)
        return {"likely": likely, "others": others}

    def paint(self, entry: Entry, look: Look) -> tuple[Path, str]:
        """The result at full size: its file, and a name for it that tells model and vividness."""
        opened, colorizer, colour = self._predicted(entry, look)
        suffix, photo = FORMATS[opened.format].suffixes[0], opened.photo
        path = entry.folder / f"{entry.stem}{ENDING}{suffix}"
        with self._writing:
            bands = colorizer.bands(photo.levels, colour, bits=depth(photo, opened.format))
            with called(entry):
                write_photo(path, photo, bands, name=opened.format, quality=QUALITY)
        vividness = colorizer.vividness if look.vividness is None else look.vividness
        return path, f"{entry.stem}-{look.model}-{vividness:g}{suffix}"

    def _predicted(self, entry: Entry, look: Look) -> "tuple[Opened, PhotoColorizer, NDArray]":
        """The decoded photograph, the model, and its colour map (4,h,w). A model that takes no hints gets none."""
        opened, colorizer = self.album.open(entry, negative=look.negative), loaded(look.model, self.device)
        hints = look.hints if colorizer.network.takes_hints else []
        like = self.references(look, colorizer)
        (colour,) = colorizer.predict(
            opened.photo.levels, saturation=look.vividness, hints=hints, detail=look.detail, like=like
        )
        return opened, colorizer, colour

    def references(self, look: Look, colorizer: "PhotoColorizer") -> "list[Reference]":
        """What is compared with of the references; the last ones are kept. A model that compares nothing gets none.

        Raises InputError for a gray one.
        """
        found: list[Reference] = []
        if not colorizer.network.takes_references:
            return found
        for entry in [self.album.find(number) for number in look.like]:
            key = look.model, entry.number
            if key not in self._references:
                self._references[key] = colorizer.references([reference(entry)])
            found += self._references[key]
            while len(self._references) > REMEMBERED:
                self._references.popitem(last=False)
        return found


def reference(entry: Entry) -> Image.Image:
    """A photograph of the album whose colours another one can get. Raises InputError for a gray one."""
    with called(entry):
        picture = read_picture(entry.file, LONGEST)
    if is_gray(np.asarray(picture)):
        raise InputError(f"{entry.name}: is gray; choose a photograph in colour")
    return picture


def pack(entries: list[Entry], path: Path) -> None:
    """Write the finished results of photographs as a zip, under the names that the command gives them.

    Of two with one name the second gets a number. What is removed meanwhile is left out. Raises InputError if one is
    not finished, and Gone if none is left.
    """
    taken: set[str] = set()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # photographs are compressed already
        for entry in entries:
            results = [path for path in entry.folder.glob(f"*{ENDING}.*") if path.suffix != ".part"]
            if not entry.folder.exists():
                continue
            if not results:
                raise InputError(f"{entry.name}: not coloured yet; download the zip again")
            name, count = results[0].name, 1
            while name.lower() in taken:
                count += 1
                name = f"{results[0].stem}-{count}{results[0].suffix}"
            with suppress(FileNotFoundError):
                archive.write(results[0], name)
                taken.add(name.lower())
    if not taken:
        raise Gone("the photographs were deleted; choose them again")


def jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "jpeg", quality=SCREEN)
    return buffer.getvalue()


def models() -> dict:
    """What the page says of the models, the best first; the default's name."""
    best, named = catalog.default(), sorted(catalog.named().values(), key=lambda model: model.trial)
    return {"models": [described(model) for model in named], "default": best.name}


def described(model: catalog.Model) -> dict:
    """A model for the page. learned: its number of training photographs, null if its file is damaged."""
    about = model.about
    return {
        "name": model.name,
        "learned": about.photographs if about else None,
        "trial": model.trial,
        "bundled": model.path.parent == catalog.BUNDLED,
        "vividness": catalog.vividness(model.path)[1] if about else 1.0,
    }
