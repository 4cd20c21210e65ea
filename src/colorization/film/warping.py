"""Carry planes along the motion between two pictures of a film, and how far to trust them; find cuts."""

import numpy as np
from numpy.typing import NDArray

from colorization.film.motion import Plane, boxed, motion, pyramid, standardised
from colorization.photo.recolor import enlarged

# Chosen on the ten tuning sequences of docs/films.md
UNLIKE = 0.16  # normalised L (8): a place that differs by this from its origin is trusted by 0.6
ASTRAY = 3.0  # pixels of the matched planes: the same for a motion that, there and back, ends this far from its start
LEAST = 0.05  # trust of a place that is seen in no other picture: a guess is better than none
SAME_SCENE = 0.2  # mean trust: less is a cut. Within scenes it was 0.26 and more, at cuts 0.15 and less

Planes = NDArray[np.float32]


class Seen:
    """A picture as it is matched, and its normalised L (h,w) at the size of its colours.

    matched: L at another size, for the motion; None: at the same.
    """

    def __init__(self, L: Plane, matched: Plane | None = None):
        small = L if matched is None else matched
        self.L, self.even, self.pyramid, self.contrast = L, standardised(small), pyramid(small), small.std()


class Warp:
    """Bilinear sampling of planes (C,h,w) where a motion (2,h,w), down and across in pixels, leads."""

    def __init__(self, flow: Planes):
        self.flow = flow
        h, w = flow.shape[1:]
        rows = np.clip(np.arange(h, dtype=np.float32)[:, None] + flow[0], 0, h - 1)
        columns = np.clip(np.arange(w, dtype=np.float32) + flow[1], 0, w - 1)
        top, left = (np.minimum(at.astype(np.int32), max(side - 2, 0)) for at, side in ((rows, h), (columns, w)))
        self._corner, self._right, self._below = top * w + left, int(w > 1), w * int(h > 1)
        self._down, self._across = rows - top, columns - left

    def __call__(self, planes: Planes) -> Planes:
        found = np.empty_like(planes)
        for plane, out in zip(planes, found):
            flat, corner = plane.ravel(), self._corner
            upper = flat[corner]
            upper += (flat[corner + self._right] - upper) * self._across
            lower = flat[corner + self._below]
            lower += (flat[corner + (self._below + self._right)] - lower) * self._across
            np.add(upper, (lower - upper) * self._down, out=out)
        return found


class Link:
    """The motion between a picture and the one before it.

    back carries planes of the picture before to this one, forth those of this one to the picture before; each has its
    trust (h,w), from LEAST to 1. same_scene: whether the two belong to one scene.
    """

    def __init__(self, before: Seen, now: Seen):
        to_before, to_now = motion(now.pyramid, before.pyramid), motion(before.pyramid, now.pyramid)
        self.back, self.trust_back = _directed(now, before, to_before, to_now)
        self.forth, self.trust_forth = _directed(before, now, to_now, to_before)
        self.same_scene = float(self.trust_back.mean()) >= SAME_SCENE
        for trust in (self.trust_back, self.trust_forth):
            np.maximum(trust, np.float32(LEAST), out=trust)


class Stay:
    """The link of a picture that passes: it keeps all that the picture before has."""

    def __init__(self, before: Seen):
        shape = before.L.shape
        self.back = self.forth = Warp(np.zeros((2, *shape), np.float32))
        self.trust_back = self.trust_forth = np.ones(shape, np.float32)
        self.same_scene = True


def _directed(here: Seen, there: Seen, flow: Planes, reverse: Planes) -> tuple[Warp, Planes]:
    """The warp that carries planes of `there` to `here`, and its trust (h,w), both at the size of the colours."""
    astray = ((flow + Warp(flow)(reverse)) ** 2).sum(axis=0)
    *fine, distance = _sized(flow, astray, here.even.shape)
    warp = Warp(np.stack(fine))
    unlike = boxed(here.even - warp(there.even[None])[0]) * here.contrast
    trust = np.exp(-(unlike**2) / np.float32(2 * UNLIKE**2) - distance / np.float32(2 * ASTRAY**2))
    if trust.shape == here.L.shape:
        return warp, trust
    *fine, trust = _sized(warp.flow, trust, here.L.shape)
    return Warp(np.stack(fine)), trust


def _sized(flow: Planes, plane: Planes, shape: tuple[int, ...]) -> Planes:
    """A motion (2,h,w) and a plane (h,w) at another size (H,W): (3,H,W), the motion in its pixels."""
    h, w = shape
    scale = np.array([h / flow.shape[1], w / flow.shape[2]], np.float32).reshape(2, 1, 1)
    return enlarged(np.concatenate([flow * scale, plane[None]]), (slice(0, h), slice(0, w)), (h, w))
