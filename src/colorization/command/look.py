"""What all jobs of a batch share: how the results look, the loaded model, and whether it was interrupted."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from multiprocessing import synchronize

    from colorization.film.hints import FilmHint
    from colorization.photo.colorizer import PhotoColorizer
    from colorization.photo.hints import Hint
    from colorization.photo.likeness import Reference

    Ended = threading.Event | synchronize.Event  # set after an interrupt
    Ready = Future[tuple[PhotoColorizer, list[Reference]]]


@dataclass(frozen=True, kw_only=True)
class Look:
    """The options that decide how the results look."""

    saturation: float | None  # None: the model's default
    samples: int
    prepare: bool
    hints: "list[Hint]"  # for a single photograph
    film_hints: "list[FilmHint]"  # for a single film
    quality: int
    mark: bool = True  # results say that their colours are invented
    detail: float = 1  # factor on the side that the model sees
    negative: bool = False  # photographs are negatives
    like: list[Image.Image] = field(default_factory=list)  # photographs in colour
    keep_time: bool = False  # results get the time of their photograph's file
