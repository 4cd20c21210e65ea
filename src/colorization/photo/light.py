"""Even out strong vignetting in what the network sees: light that falls from the middle to all corners.

In a photograph of even light, the changes of log lightness along rays from the centre have a median near zero; a
vignette moves the medians of all directions alike (radial gradient symmetry, Zheng et al. 2008, CVPR, 1-8). A factor on
the light is nearly one on the lightness, which is about a power of it.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray

RINGS = 8  # around the centre, up to the corners
QUADRANTS = 4
DARKEST = 0.03  # added to lightness in [0, 1]: noise in black has no slope
SLIGHT, STRONG = (
    0.7,
    0.5,
)  # share of the lightness at the corners: from the first on some, from the second on all is mended
FEWEST = 6  # pixels of a sector that have a median
Plane = NDArray[np.float32]


def evened(L: Plane) -> Plane:
    """Normalised L (h,w) → the same under even light, if its light falls strongly to all corners."""
    if min(L.shape) < 2 * RINGS:
        return L
    lightness = (L + 1) / 2
    radius, slopes = _radial(lightness)
    fit = falloff(radius, slopes)
    corners = float(np.exp(np.sum(fit)))
    share = float(np.clip(np.log(SLIGHT / corners) / np.log(SLIGHT / STRONG), 0, 1))
    if share == 0:
        return L
    squared = radius**2
    light = np.exp(share * np.minimum(fit[0] * squared + fit[1] * squared**2, 0))
    return np.clip(2 * lightness / light - 1, -1, 1).astype(np.float32)


def falloff(radius: NDArray, slopes: NDArray) -> tuple[float, float]:
    """The factors of r² and r⁴ in the logarithm of the lightness, for r = 1 at the corners.

    radius, slopes: (h,w), the slope of log lightness along the ray from the centre.
    """
    height, width = radius.shape
    ring = np.minimum((radius * RINGS).astype(np.uint8), RINGS - 1)
    rows, columns = ((slice(0, (side + 1) // 2), slice((side + 1) // 2, side)) for side in (height, width))
    medians = np.zeros((QUADRANTS, RINGS))
    for number, quadrant in enumerate(product(rows, columns)):
        rings, own = ring[quadrant], slopes[quadrant]
        for place in range(RINGS):
            medians[number, place] = _median(own[rings == place])
    # a slope of two quadrants alone is the scene's: the middle two of the four
    middle = np.sort(medians, axis=0)[1:3].mean(axis=0)
    r = (np.arange(RINGS) + 0.5) / RINGS
    first, second = 2 * r, 4 * r**3  # slopes of r² and r⁴
    weights = np.bincount(ring.ravel(), minlength=RINGS)
    aa, ab, bb = ((weights * one * other).sum() for one, other in ((first, first), (first, second), (second, second)))
    ya, yb = ((weights * one * middle).sum() for one in (first, second))
    determinant = aa * bb - ab * ab
    return float((ya * bb - yb * ab) / determinant), float((yb * aa - ya * ab) / determinant)


def _median(values: NDArray) -> float:
    """The median of a sector; 0 for too few. np.median takes several times as long for so few."""
    if len(values) < FEWEST:
        return 0.0
    middle = [(len(values) - 1) // 2, len(values) // 2]
    return np.partition(values, middle)[middle].mean()


def _radial(lightness: NDArray) -> tuple[NDArray, NDArray]:
    """The distance (h,w) from the centre, 1 at the corners, and the slope (h,w) of log lightness along it."""
    height, width = lightness.shape
    half = np.hypot(height, width) / 2
    y, x = (np.arange(height) - (height - 1) / 2)[:, None] / half, (np.arange(width) - (width - 1) / 2) / half
    radius = np.sqrt(x * x + y * y)
    down, across = np.gradient(np.log(lightness + DARKEST))
    return radius, (down * y + across * x) * half / np.maximum(radius, 1e-6)
