"""What the network says of each photograph on a scan, with what a person knows: hints, and photographs in colour."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colorization.photo.hints import before, fitted, joined, means
from colorization.photo.likeness import NOTHING, Carried, Cells, Compared, Reference, carried, colours
from colorization.photo.network import Network
from colorization.photo.recolor import lightness_of
from colorization.photo.seen import Part, viewed
from colorization.vividness import Curve


@dataclass(frozen=True)
class Asked:
    """What is asked of every photograph on a scan.

    samples: the VAE's draws, 0 for one prediction. given, points: maps of hints (3,h,w) of the whole, as squares and as
    points. compared: gets what each photograph can be compared by; None if nobody wants it.
    """

    samples: int
    given: NDArray | None
    points: NDArray | None
    references: list[Reference]
    curve: Curve
    compared: list[Compared] | None


def answers(network: Network, part: Part, asked: Asked) -> list[NDArray[np.float32]]:
    """The network's colours (2,h',w') of a photograph: one, or samples."""
    if asked.samples:
        return [ab * (part.trust * part.visible) for ab in network.samples(part.seen, asked.samples)]
    plain, theirs = _plain(network, part, asked)
    plain = theirs.onto(plain * part.trust)
    given, points = asked.given, asked.points
    if given is None or points is None or not points[part.inside][0].any():
        return [plain * part.visible]
    answer = network.colorize(part.seen, fitted(given[part.inside], part.seen.shape)) * part.trust
    return [joined(part.seen, plain, theirs.onto(answer), points[part.inside]) * part.visible]


def _plain(network: Network, part: Part, asked: Asked) -> tuple[NDArray, Carried]:
    """The network's colours (2,h',w') of a photograph without hints, and what it takes of references."""
    if not asked.references and (asked.compared is None or not network.takes_references):
        return network.colorize(part.seen, None), NOTHING
    ab, features = network.described(part.seen)
    cells = Cells.of(features, part.seen)
    found = carried(cells, asked.references) if asked.references else NOTHING
    if asked.compared is not None:
        asked.compared.append(Compared(part.box, cells, found))
    return ab, found._replace(ab=before(found.ab, asked.curve))


def references_on(network: Network, pixels: NDArray[np.uint8], *, side: int) -> list[Reference]:
    """The photographs on a reference, sRGB (H,W,3), as the network sees them at this shorter side."""
    whole, parts = viewed(lightness_of(pixels), side, prepare=True)
    ab, found = colours(pixels, whole.shape), []
    for part in parts:
        cells = Cells.of(network.described(part.seen)[1], part.seen)
        found.append(Reference(cells, means(ab[part.inside], cells.L.shape)))
    return found
