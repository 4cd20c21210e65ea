"""Colour joined to a photograph's own lightness at full resolution: numpy, tile by tile, the lightness kept.

Lightness is held as uint16, 0..65535 for CIE L 0..100: finer than a step of 16-bit gray, at two bytes a pixel. Here
"gray" means CIE Y (and so L), the luminance of linear light; Pillow's mode L is another mean of the channels.
"""

import numpy as np
from numpy.typing import NDArray

from colorization.color import LAB_EPSILON, LAB_KAPPA, LAB_OFFSET, RGB_FROM_XYZ, WHITE, XYZ_FROM_RGB

L_LEVELS = 65535  # L = 100
CUBE_EDGE = LAB_EPSILON ** (1 / 3)
LUMINANCE = XYZ_FROM_RGB[1]
# linear RGB - Y from (X/Xn - Y, Z/Zn - Y), both 0 for gray: the row of Y drops out
RGB_FROM_XZ = [(row[0] * WHITE[0], row[2] * WHITE[2]) for row in RGB_FROM_XYZ]


def linear(srgb: NDArray) -> NDArray:
    """sRGB in [0, 1] → linear light in [0, 1] (IEC 61966-2-1)."""
    return np.where(srgb > 0.04045, ((np.maximum(srgb, 0.04045) + 0.055) / 1.055) ** 2.4, srgb / 12.92)


def gamma(light: NDArray) -> NDArray:
    """Linear light in [0, 1] → sRGB in [0, 1], the inverse of `linear`."""
    return np.where(light > 0.0031308, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055, light * 12.92)


def lightness(Y: NDArray) -> NDArray[np.uint16]:
    """Luminance in [0, 1] → lightness levels."""
    f = np.where(Y > LAB_EPSILON, np.cbrt(Y), LAB_KAPPA * Y + LAB_OFFSET)
    return (np.clip((116 * f - 16) / 100, 0, 1) * L_LEVELS + 0.5).astype(np.uint16)


def _tables(levels: int) -> tuple[NDArray, list[NDArray]]:
    """For sRGB of that many levels: gray → lightness levels, and each channel → its part of the luminance, float32."""
    light = linear(np.arange(levels) / (levels - 1))
    return lightness(light), [(weight * light).astype(np.float32) for weight in LUMINANCE]


TABLES = {np.dtype(np.uint8): _tables(256), np.dtype(np.uint16): _tables(65536)}
GAMMA_8 = (gamma(np.arange(65536) / 65535) * 255 + 0.5).astype(np.uint8)  # within 0.6 of a level of the exact value


def lightness_of(pixels: NDArray) -> NDArray[np.uint16]:
    """sRGB (H,W,3) or gray (H,W), uint8 or uint16 → lightness levels (H,W)."""
    gray, channels = TABLES[pixels.dtype]
    if pixels.ndim == 2:
        return np.take(gray, pixels, mode="clip")
    Y = sum(np.take(table, pixels[..., i], mode="clip") for i, table in enumerate(channels))
    return lightness(Y)


def interpolation(start: int, stop: int, *, size: int, full: int) -> tuple[slice, NDArray[np.float32]]:
    """Bilinear weights of rows start..stop of `full` from a map of `size` rows: which of its rows, and (rows, those)."""
    at = np.clip((np.arange(start, stop) + 0.5) * size / full - 0.5, 0, size - 1)
    low = np.minimum(at.astype(int), max(size - 2, 0))
    used = slice(int(low[0]), min(int(low[-1]) + 2, size))
    weights = np.zeros((len(at), used.stop - used.start), np.float32)
    rows = np.arange(len(at))
    weights[rows, low - used.start] = 1 - (at - low)
    if size > 1:
        weights[rows, low - used.start + 1] = at - low
    return used, weights


def enlarged(maps: NDArray, box: tuple[slice, slice], shape: tuple[int, int]) -> NDArray[np.float32]:
    """The part `box` of maps (C,h,w) enlarged to `shape` (H,W), bilinear: (C, rows, columns)."""
    (rows, down), (columns, across) = (
        interpolation(part.start, part.stop, size=size, full=full)
        for part, size, full in zip(box, maps.shape[1:], shape)
    )
    return down @ (maps[:, rows, columns] @ across.T)


def joined(levels: NDArray[np.uint16], a: NDArray, b: NDArray) -> list[NDArray[np.float32]]:
    """Lightness levels and Lab's a and b, all (H,W) → linear R, G, B in [0, 1], each (H,W), of that very lightness.

    A colour outside of sRGB moves along the line to the gray of its luminance until it fits: Y is linear in RGB, so
    it stays, and so does the dominant wavelength.
    """
    fy = levels * np.float32(100 / L_LEVELS / 116) + np.float32(16 / 116)
    Y = _inverse(fy)
    x, z = _inverse(fy + a / 500) - Y, _inverse(fy - b / 200) - Y
    offsets = [np.float32(p) * x + np.float32(q) * z for p, q in RGB_FROM_XZ]
    tiny = np.float32(1e-9)  # keeps 0 / 0 out: black and white have no room for colour
    above = np.maximum(np.maximum(offsets[0], offsets[1]), offsets[2]) + tiny
    below = tiny - np.minimum(np.minimum(offsets[0], offsets[1]), offsets[2])
    fits = np.minimum(np.minimum((1 - Y) / above, Y / below), 1)
    for channel in offsets:
        channel *= fits
        channel += Y
        np.clip(channel, 0, 1, out=channel)  # of rounding only
    return offsets


def encoded(light: list[NDArray], bits: int) -> NDArray:
    """Linear R, G, B (H,W) in [0, 1] → sRGB (H,W,3), uint8 or uint16 by `bits`."""
    pixels = np.empty((*light[0].shape, 3), np.uint8 if bits == 8 else np.uint16)
    for i, channel in enumerate(light):
        if bits == 8:
            pixels[..., i] = np.take(GAMMA_8, (channel * 65535 + np.float32(0.5)).astype(np.uint16), mode="clip")
        else:
            pixels[..., i] = gamma(channel) * 65535 + 0.5
    return pixels


def _inverse(f: NDArray) -> NDArray:
    """CIE's f⁻¹: f³, linear near black (where X and Z may be negative: no colour, which the gamut takes back)."""
    cube = f * f * f
    if f.min() > CUBE_EDGE:  # most tiles
        return cube
    return np.where(f > CUBE_EDGE, cube, (f - np.float32(LAB_OFFSET)) / np.float32(LAB_KAPPA))
