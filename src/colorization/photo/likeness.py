"""Colours from a reference: places of a photograph get the colours of the places that they resemble in another one.

Places are compared by what the network's encoder sees of them, as in He et al. 2018 (Deep Exemplar-based Colorization),
and both ways. Where nothing resembles, nothing changes.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from colorization.color import rgb_to_lab
from colorization.core.errors import InputError
from colorization.imaging.png_gamma import drop_overruled_gamma
from colorization.imaging.srgb import check_range, pixels_of, srgb_transform
from colorization.photo.hints import means
from colorization.photo.metadata import ORIENTATION
from colorization.photo.pixels import levels_of_array
from colorization.photo.preparation import Box
from colorization.photo.recolor import enlarged

LONGEST = 1024  # pixels of the longer side to which a reference is shrunk
GRAY = 4  # largest difference of channels, 0..255, in a gray photograph
MOST = 4096  # cells of a photograph that are compared; more are joined
LIGHT = 1.0  # share of the squared difference in normalised L in the likeness of two cells
SOFT = 0.05  # of the softmax over likenesses by which the colours of a reference's cells are averaged
ALIKE, BACK = 0.4, 1.5  # a cell is confirmed if its best match is so alike, and matches a cell so near (in cells) to it
AROUND = 3  # cells on each side whose confirmations support a cell
WHOLE = 2.0  # weight of the photograph's share of confirmed cells beside that of a cell's surroundings
SURE = 0.8, 1.2  # support below which a cell keeps its colours, and from which it takes the reference's

Planes = NDArray[np.float32]


class Cells(NamedTuple):
    """What the encoder sees of a photograph: a list of features (C,h,w) of one size, and normalised L (h,w)."""

    features: list[Planes]
    L: Planes

    @classmethod
    def of(cls, features: Sequence[Planes], seen: Planes) -> "Cells":
        """Features at an eighth and 1/16 of the side, and normalised L (H,W)."""
        height, width = features[0].shape[1:]
        scale = min(1.0, (MOST / (height * width)) ** 0.5)
        shape = max(1, int(height * scale)), max(1, int(width * scale))
        return cls([_fitted(each, shape) for each in features], means(seen[None], shape)[0])


class Reference(NamedTuple):
    """A photograph in colour: its cells, and their normalised ab (2,h,w)."""

    cells: Cells
    ab: Planes


class Carried(NamedTuple):
    """Colours from references, normalised ab (2,h,w), and the weight (h,w) that they have beside the predicted ones."""

    ab: Planes
    weight: Planes

    def onto(self, ab: Planes) -> Planes:
        """Predicted ab (2,H,W) → the same with the carried colours."""
        if not self.weight.any():
            return ab
        shape = ab.shape[1], ab.shape[2]
        mine = enlarged(np.concatenate([self.ab, self.weight[None]]), (slice(0, shape[0]), slice(0, shape[1])), shape)
        return ab + mine[2:] * (mine[:2] - ab)


class Compared(NamedTuple):
    """A photograph to compare with others: its box in a scan's map, its cells, and what it took of references."""

    box: Box
    cells: Cells
    taken: Carried


NOTHING = Carried(np.zeros((2, 1, 1), np.float32), np.zeros((1, 1), np.float32))


def picture(image: Image.Image | NDArray) -> NDArray[np.uint8]:
    """A reference, of any kind that `colorize` takes → upright sRGB (H,W,3), shrunk. Raises InputError for others."""
    if not isinstance(image, Image.Image):
        levels_of_array(image)  # says what is wrong with it
        if image.dtype != np.uint8:
            image = image * 255 + 0.5 if np.issubdtype(image.dtype, np.floating) else image // 257
        image = Image.fromarray(np.squeeze(image, 2) if image.shape[2:] == (1,) else image.astype(np.uint8))
    drop_overruled_gamma(image)
    if image.getexif().get(ORIENTATION, 1) != 1:
        image = ImageOps.exif_transpose(image)
    check_range(image)
    pixels = pixels_of(image, srgb_transform(image.info.get("icc_profile"), image.mode))
    if is_gray(pixels):
        raise InputError("like: a reference is gray; name a photograph in colour")
    small = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    small.thumbnail((LONGEST, LONGEST), Image.Resampling.BOX)
    return np.asarray(small)


def is_gray(pixels: NDArray) -> bool:
    """Whether sRGB (H,W) or (H,W,C) of 0..255 has no colour."""
    return pixels.ndim == 2 or pixels.shape[2] < 3 or bool(np.ptp(pixels[..., :3], axis=2).max() <= GRAY)


def colours(pixels: NDArray[np.uint8], shape: tuple[int, ...]) -> Planes:
    """sRGB (H,W,3) → the mean normalised ab (2,h,w) of its cells."""
    return means(rgb_to_lab(pixels.transpose(2, 0, 1).astype(np.float32) / 255)[1], shape)


def carried(own: Cells, references: Sequence[Reference]) -> Carried:
    """The colours of references for the cells of a photograph; where several resemble, their mean by weight."""
    found = [_taken(_likeness(own, one.cells), own, one) for one in references]
    weights = np.stack([one.weight for one in found])[:, None]  # (R,1,h,w)
    total = np.maximum(weights.sum(axis=0), 1e-6)
    return Carried((weights * np.stack([one.ab for one in found])).sum(axis=0) / total, weights.max(axis=0)[0])


def exchanged(one: Reference, other: Reference) -> tuple[Carried, Carried]:
    """What each of two photographs takes of the other, as `carried` gives it."""
    likeness = _likeness(one.cells, other.cells)
    return _taken(likeness, one.cells, other), _taken(likeness.T, other.cells, one)


def _taken(likeness: NDArray[np.float32], own: Cells, other: Reference) -> Carried:
    shape, best = own.L.shape, likeness.argmax(axis=1)
    alike = likeness.max(axis=1)
    home = likeness.argmax(axis=0)[best]  # the cell that the best match matches best
    here = np.arange(len(best))
    apart = np.hypot(home // shape[1] - here // shape[1], home % shape[1] - here % shape[1])
    confirmed = ((apart <= BACK) & (alike > ALIKE)).astype(np.float32).reshape(shape)
    support = _around(confirmed) + WHOLE * confirmed.mean()
    weight = np.clip((support - SURE[0]) / (SURE[1] - SURE[0]), 0, 1).astype(np.float32)
    shares = np.exp((likeness - alike[:, None]) / np.float32(SOFT))
    ab = shares @ other.ab.reshape(2, -1).T / shares.sum(axis=1, keepdims=True)
    return Carried(ab.T.reshape(2, *shape).astype(np.float32), weight)


def _likeness(own: Cells, other: Cells) -> NDArray[np.float32]:
    """Of each cell of a photograph with each one of another, (N,M): at most 1; the mean cosine of their features."""
    pairs = [_directions(*pair) for pair in zip(own.features, other.features)]
    cosine = sum(mine.T @ theirs for mine, theirs in pairs) / np.float32(len(pairs))
    return cosine - np.float32(LIGHT) * (own.L.reshape(-1, 1) - other.L.reshape(1, -1)) ** 2


def _directions(mine: Planes, theirs: Planes) -> list[Planes]:
    """Features (C,h,w) of two photographs, standardised over both together → their directions (C,N) and (C,M)."""
    flat = [each.reshape(len(each), -1) for each in (mine, theirs)]
    both = np.concatenate(flat, axis=1)
    mean, spread = both.mean(axis=1, keepdims=True), both.std(axis=1, keepdims=True) + np.float32(1e-6)
    scaled = [(each - mean) / spread for each in flat]
    return [each / np.maximum(np.linalg.norm(each, axis=0), np.float32(1e-6)) for each in scaled]


def _around(share: Planes) -> Planes:
    """The mean (h,w) over squares of cells; the edges repeat."""
    side = 2 * AROUND + 1
    sums = np.pad(np.pad(share, AROUND, mode="edge").cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    return (sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]) / side**2


def _fitted(planes: Planes, shape: tuple[int, int]) -> Planes:
    """Planes (C,h,w) at another size (C,*shape)."""
    if planes.shape[1] >= shape[0] and planes.shape[2] >= shape[1]:
        return means(planes, shape)
    return enlarged(planes, (slice(0, shape[0]), slice(0, shape[1])), shape)
