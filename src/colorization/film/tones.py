"""Even tones: within a scene, the mean and the spread of the colours at each lightness change slowly.

After Delon 2006 ("Movie and video scale-time equalization"), who smooths a film's distribution of lightness over time
against flicker; here it is the distribution of colours, given the lightness. It evens what motion cannot: where that is
lost, a colour begins anew. Where the light jumps, lightness is counted as it was before.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from colorization.film.moment import Moment
from colorization.film.warping import Planes

TONES, LEVELS = 96, 256  # lightnesses at which colours are counted, linear between them; steps of lightness
WIDTH, REACH = 8.0, 16  # pictures: standard deviation of their Gaussian weights, and the farthest that counts
MOST = 3.0  # Lab units: the largest change of a or b
STRETCH = 0.3  # largest change of the spread, as a share of it
LEAST = 0.5  # Lab units: the smallest spread that counts
JUMP, FADES = 0.02, 0.97  # normalised L (1): a smaller jump of the light is none; share of a jump left a picture later
WEIGHTS = np.exp(-0.5 * (np.arange(REACH + 1) / WIDTH) ** 2)
_AT = np.linspace(0, TONES - 1, LEVELS)
TENTS = np.maximum(0, 1 - np.abs(_AT[:, None] - np.arange(TONES))).astype(np.float32)  # (LEVELS, TONES)

Steps = NDArray[np.uint8]


class Light(NamedTuple):
    """How L was before the light jumped: factor · L + offset."""

    factor: float = 1.0
    offset: float = 0.0

    def steps(self, L: Planes) -> Steps:
        """The steps of lightness of normalised L (h,w)."""
        before = L * np.float32(self.factor) + np.float32(self.offset)
        return (np.clip(before, -1, 1) * np.float32((LEVELS - 1) / 2) + np.float32(LEVELS / 2)).astype(np.uint8)

    def after(self, before: Planes, now: Moment) -> "Light":
        """The light of a picture, given the one before it with normalised L (h,w)."""
        factor, offset = _jump(before, now)
        return Light(1 + FADES * (self.factor * factor - 1), FADES * (self.factor * offset + self.offset))


def _jump(before: Planes, now: Moment) -> tuple[float, float]:
    """The factor and the offset that bring L to the light of the picture before; 1 and 0 if it has not jumped.

    The light has jumped if the whole picture has, and what both pictures show.
    """
    assert now.link is not None
    if abs(float(before.mean() - now.seen.L.mean())) < JUMP:
        return 1.0, 0.0
    trust = now.link.trust_back / now.link.trust_back.sum()
    planes = now.link.back(before[None])[0], now.seen.L
    means = [float((trust * L).sum()) for L in planes]
    if abs(means[0] - means[1]) < JUMP:
        return 1.0, 0.0
    deviations = [float(np.sqrt((trust * (L - mean) ** 2).sum())) for L, mean in zip(planes, means)]
    factor = deviations[0] / max(deviations[1], 1e-3)
    return factor, means[0] - factor * means[1]


class Tones(NamedTuple):
    """pixels: how many (1,TONES) have a tone; 0 if the picture passes. mean, spread: of their colours (2,TONES)."""

    pixels: NDArray
    mean: NDArray
    spread: NDArray


def evened(pictures: Iterable[tuple[Moment, Planes]]) -> Iterator[tuple[Moment, Planes]]:
    """Pictures in order, with their colours (2,h,w) in Lab units → the same with even tones; REACH pictures later."""
    scene: list[Tones] = []  # without those that no waiting picture reaches
    waiting: list[tuple[Moment, Planes, Steps]] = []  # the scene's last ones
    light = Light()
    for moment, ab in pictures:
        if moment.link is None:
            yield from _finished(waiting, scene, len(waiting))
            scene.clear()
            light = Light()
        elif not moment.passes:
            light = light.after(waiting[-1][0].seen.L, moment)
        steps = light.steps(moment.seen.L)
        scene.append(_tones(ab, steps, passes=moment.passes))
        waiting.append((moment, ab, steps))
        yield from _finished(waiting, scene, len(waiting) - REACH)
    yield from _finished(waiting, scene, len(waiting))


def _finished(waiting: list, scene: list[Tones], count: int) -> Iterator[tuple[Moment, Planes]]:
    """The first `count` waiting pictures with even tones; they wait no longer."""
    for _ in range(count):
        place = len(scene) - len(waiting)
        moment, ab, steps = waiting.pop(0)
        yield moment, ab if moment.passes else _even(ab, steps, scene, place)
        del scene[: max(0, place + 1 - REACH)]


def _tones(ab: Planes, steps: Steps, *, passes: bool) -> Tones:
    planes, places = (None, *ab.reshape(2, -1), *(ab * ab).reshape(2, -1)), steps.ravel().astype(np.intp)
    found = np.stack([np.bincount(places, plane, LEVELS) for plane in planes]) @ TENTS
    pixels, total, squares = found[:1], found[1:3], found[3:]
    some = np.maximum(pixels, 1e-6)
    mean = total / some
    spread = np.sqrt(np.maximum(squares / some - mean**2, LEAST**2))
    return Tones(pixels * (not passes), mean, spread)


def _even(ab: Planes, steps: Steps, scene: list[Tones], place: int) -> Planes:
    """The colours of the picture at a place of its scene, moved to the mean and stretched to the spread around it."""
    own, start = scene[place], max(0, place - REACH)
    pixels, mean, spread = map(np.stack, zip(*scene[start : place + REACH + 1]))  # (pictures, 1 or 2, TONES)
    shares = WEIGHTS[np.abs(np.arange(len(pixels)) + start - place), None, None] * pixels
    shares /= np.maximum(shares.sum(axis=0), 1e-9)
    stretch = np.clip((shares * spread).sum(axis=0) / own.spread, 1 - STRETCH, 1 + STRETCH) - 1
    shift = np.clip((shares * mean).sum(axis=0) - own.mean, -MOST, MOST) - stretch * own.mean
    factor, offset = (each.astype(np.float32) @ TENTS.T for each in (stretch, shift))  # (2, LEVELS)
    change = np.take(factor, steps, axis=1) * ab
    change += np.take(offset, steps, axis=1)
    return ab + np.clip(change, -MOST, MOST, out=change)
