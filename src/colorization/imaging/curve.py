"""The curve of sRGB (IEC 61966-2-1), in NumPy."""

import numpy as np
from numpy.typing import NDArray


def linear(srgb: NDArray) -> NDArray:
    """sRGB in [0, 1] → linear light in [0, 1]."""
    return np.where(srgb > 0.04045, ((np.maximum(srgb, 0.04045) + 0.055) / 1.055) ** 2.4, srgb / 12.92)


def gamma(light: NDArray) -> NDArray:
    """Linear light in [0, 1] → sRGB in [0, 1], the inverse of `linear`."""
    return np.where(light > 0.0031308, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055, light * 12.92)
