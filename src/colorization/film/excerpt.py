"""Cut the scene around a picture out of a film, as a small film that can be coloured by itself."""

from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.core.errors import InputError
from colorization.film.looking import Outline, gray, read_from, upright
from colorization.film.opening import opened
from colorization.film.reading import Film
from colorization.film.scenes import moments

NEAR = 150  # pictures of a scene before and after the one on the screen that an excerpt holds, at most
SMALL = 640  # pixels of the longer side of an excerpt
SIDE = 80  # pixels of the shorter side at which cuts are looked for: half of the network's, where they are as clear

Plane = NDArray[np.uint8]


class Scene(NamedTuple):
    """The pictures `first` to `last` of a film. whole: they are all of their scene."""

    first: int
    last: int
    whole: bool


def cut_out(path: Path, about: Outline, number: int, target: Path) -> Scene:
    """Write the scene around a picture as a small film without sound: upright, gray, every picture of it.

    A long scene is cut to NEAR pictures on both sides. Raises InputError for a scene of one picture.
    """
    lowest, highest = max(0, number - NEAR), min(len(about.stamps) - 1, number + NEAR)
    for seek in (True, False):
        kept, cut = _scene(path, about, (lowest, number, highest), seek=seek and lowest > 0)
        first, last = (int(np.searchsorted(about.stamps, kept[i][0])) for i in (0, -1)) if kept else (0, 0)
        if first <= number <= last:
            break
    if len(kept) < 2:
        raise InputError("the scene has this one picture only")
    _write(target, kept, about.time_base)
    begins, ends = first > lowest or lowest == 0, cut or highest == len(about.stamps) - 1
    return Scene(first, last, begins and ends)


def _scene(
    path: Path, about: Outline, numbers: tuple[int, int, int], *, seek: bool
) -> tuple[list[tuple[int, Plane]], bool]:
    """Time stamps and small luma of the pictures around one, from cut to cut; whether a cut ends them.

    numbers: of the first picture that is read, of the one whose scene it is, and of the last.
    """
    lowest, here, highest = (int(about.stamps[one]) for one in numbers)
    kept: list[tuple[int, Plane]] = []
    with opened(path) as container:
        read = (one for one in read_from(Film(container, path), lowest if seek else None) if one.pts >= lowest)
        near = takewhile(lambda one: one.pts <= highest, read)
        for moment in moments(near, side=min(SIDE, about.width, about.height)):
            pts = moment.picture.pts
            if moment.link is None and pts > here and kept:
                return kept, True
            kept = [] if moment.link is None else kept
            kept.append((pts, _small(upright(gray(moment.picture, about), about.turned))))
    return kept, False


def _small(luma: Plane) -> Plane:
    """Luma whose longer side is at most SMALL; sides are even, as `reading` makes them anyway."""
    scale = min(1.0, SMALL / max(luma.shape))
    height, width = (max(2, round(side * scale / 2) * 2) for side in luma.shape)
    return np.asarray(Image.fromarray(np.ascontiguousarray(luma)).resize((width, height), Image.Resampling.BOX))


def _write(target: Path, pictures: list[tuple[int, Plane]], time_base: Fraction) -> None:
    """Write gray pictures with their time stamps, lossless."""
    import av

    start, (height, width) = pictures[0][0], pictures[0][1].shape
    with av.open(str(target), "w", format="matroska") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "gray"
        stream.codec_context.time_base = time_base
        for pts, luma in pictures:
            frame = av.VideoFrame.from_ndarray(luma, format="gray")
            frame.pts, frame.time_base = pts - start, time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
