"""A picture of a film on its way through the engine."""

from concurrent.futures import Future
from dataclasses import dataclass, field

from numpy.typing import NDArray

from colorization.film.reading import Picture
from colorization.film.warping import Link, Seen, Stay
from colorization.photo.likeness import Compared


@dataclass(kw_only=True)
class Moment:
    """A picture, what is seen of it, and what the network says of it."""

    picture: Picture
    seen: Seen  # of what passes: that of the picture before
    link: Link | Stay | None  # to the picture before; None: it begins a scene
    passes: bool = False  # it differs from the scene around it, as a flash does, and keeps the colours before it
    blank: bool = False  # it passes and shows nothing; it gets no colours
    maps: "Future[NDArray] | None" = None  # the engine's colour maps, of the pictures that the network sees
    compared: list[Compared] = field(default_factory=list)  # of those: see `PhotoColorizer.predict`
    hinted: bool = False  # of those: the engine knew colours
