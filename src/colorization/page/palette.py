"""Colours to offer for a place of a photograph, after the suggested palette of Zhang et al. 2017 (section 3.3).

Their network predicts a distribution of colours for each place, whose modes are offered. Ours predicts one colour. So
the distribution is taken from the photograph's own prediction: places that look as light as this one, the nearer the
more, each at several strengths of its colour.
"""

import numpy as np
from numpy.typing import NDArray

from colorization.color import AB_SCALE, rgb_to_lab
from colorization.photo.recolor import F_BLACK, F_PER_LEVEL, L_LEVELS, colour_maps, painted

OFFERED = 6  # likely colours
SIMILAR = 0.1  # of the lightness: a standard deviation, as a share of black to white
NEAR = 0.25  # of the distance: a standard deviation, as a share of the longer side
EVERYWHERE = 0.05  # weight of a place that is far away
STRENGTHS = {1.0: 1.0, 0.6: 0.5, 1.6: 0.7, 2.4: 0.5}  # factors on the colour, and their weights: a prediction is pale
BIN = 10  # ab units: a bin of the distribution (Zhang et al. 2016)
APART = 8  # the smallest difference of two likely colours as they are shown, in ΔE94 units
CHROMA_WEIGHT, HUE_WEIGHT = 0.045, 0.015  # of ΔE94: how much less the eye sees in vivid colours
HUES, CHROMAS = 12, (24, 48)  # of the other colours, a row for each chroma, in ab units


def offers(colour: NDArray[np.float32], small: NDArray[np.uint16], x: float, y: float) -> tuple[list[str], list[str]]:
    """The likely colours, the predicted one first, and other colours, all as #rrggbb at the lightness of a place.

    colour: predicted colour map (4,h,w). small: lightness levels (H,W). x, y: the place, from 0 to 1.
    """
    level = small[int(y * small.shape[0]), int(x * small.shape[1])]
    ab, weights = distribution(colour, small, x, y)
    here = ab.reshape(*colour.shape[1:], 2)[int(y * colour.shape[1]), int(x * colour.shape[2])]
    angles = np.arange(HUES) * 2 * np.pi / HUES
    others = np.concatenate([np.stack([np.cos(angles), np.sin(angles)], axis=1) * chroma for chroma in CHROMAS])
    return distinct(shades(np.array([here, *modes(ab, weights)]), level)), shades(others, level)


def distribution(
    colour: NDArray[np.float32], small: NDArray[np.uint16], x: float, y: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The predicted ab (N,2) of every place, in ab units, and its weight (N,) for the place x, y."""
    height, width = colour.shape[1:]
    rows, columns = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
    n = small[(rows * small.shape[0]).astype(int)][:, (columns * small.shape[1]).astype(int)].astype(np.float32)
    fy, fx, fz = n * F_PER_LEVEL + F_BLACK, n * colour[0] + colour[2], n * colour[1] + colour[3]
    ab = np.stack([500 * (fx - fy), 200 * (fy - fz)], axis=-1)  # CIE 15:2004, equations 8.4 and 8.5
    level = float(small[int(y * small.shape[0]), int(x * small.shape[1])])
    longer = max(height, width)
    squared = ((rows[:, None] - y) * height / longer) ** 2 + ((columns - x) * width / longer) ** 2
    near = np.exp(-squared / (2 * NEAR**2)) + EVERYWHERE
    alike = np.exp(-(((n - level) / (L_LEVELS * SIMILAR)) ** 2) / 2)
    return ab.reshape(-1, 2), (near * alike).ravel()


def modes(ab: NDArray, weights: NDArray) -> NDArray:
    """The bins (N,2) of the distribution, the heaviest first; a bin's colour is the weighted mean of its members."""
    values = np.concatenate([ab * factor for factor in STRENGTHS])
    weight = np.concatenate([weights * share for share in STRENGTHS.values()])
    _, which = np.unique(np.round(values / BIN), axis=0, return_inverse=True)
    which = which.ravel()
    mass = np.bincount(which, weight)
    means = np.stack([np.bincount(which, weight * values[:, i]) / mass for i in range(2)], axis=1)
    return means[np.argsort(-mass, kind="stable")]


def distinct(colours: list[str]) -> list[str]:
    """The first OFFERED of #rrggbb of one lightness that are at least APART from all before them."""
    rgb = np.array([list(bytes.fromhex(colour[1:])) for colour in colours], np.float32)
    ab = rgb_to_lab(rgb.T[..., None] / 255)[1][..., 0].T * AB_SCALE  # (N,2)
    chosen: list[int] = []
    for number, one in enumerate(ab):
        if len(chosen) < OFFERED and all(difference(one, ab[other]) >= APART for other in chosen):
            chosen.append(number)
    return [colours[number] for number in chosen]


def difference(one: NDArray, other: NDArray) -> float:
    """ΔE94 (CIE 116) of two ab in ab units at the same lightness, weighted by the mean of their chromas."""
    chromas = [float(np.hypot(*ab)) for ab in (one, other)]
    mean = (chromas[0] * chromas[1]) ** 0.5
    chroma = chromas[0] - chromas[1]
    hue = max(float(((one - other) ** 2).sum()) - chroma**2, 0.0) ** 0.5
    return float(np.hypot(chroma / (1 + CHROMA_WEIGHT * mean), hue / (1 + HUE_WEIGHT * mean)))


def shades(ab: NDArray, level: int) -> list[str]:
    """ab (N,2) in ab units at a lightness level → #rrggbb; a colour that sRGB cannot show is made paler.

    Each once: near black and white all colours are one.
    """
    maps = colour_maps(np.zeros((2, 1, len(ab))), ab.T[:, None])
    pixels = painted(np.full((1, len(ab)), level, np.uint16), maps, bits=8)[0]
    return list(dict.fromkeys("#{:02x}{:02x}{:02x}".format(*pixel) for pixel in pixels.tolist()))
