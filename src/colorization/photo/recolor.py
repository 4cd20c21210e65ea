"""Join predicted colour to a photograph's own lightness at full resolution, tile by tile, in numpy.

Lightness levels are uint16, 0..65535 for CIE L 0..100: finer than the steps of 16-bit gray, two bytes per pixel. Here
"gray" means CIE Y (and so L), the luminance of linear light; Pillow's mode L is another mean of the channels.
"""

from functools import cache, lru_cache, reduce

import numpy as np
from numpy.typing import NDArray

from colorization.color import LAB_EPSILON, LAB_KAPPA, LAB_OFFSET, RGB_FROM_XYZ, WHITE, XYZ_FROM_RGB
from colorization.imaging.curve import gamma, linear

L_LEVELS = 65535  # the lightness level of L = 100
F_PER_LEVEL, F_BLACK = np.float32(100 / 116 / L_LEVELS), np.float32(16 / 116)  # f(Y) = (L + 16) / 116
TINY = np.float32(1e-9)  # avoids 0 / 0 in black and white, which leave no room for colour
CUBE_EDGE = LAB_EPSILON ** (1 / 3)
LUMINANCE = XYZ_FROM_RGB[1]
# linear RGB - Y as a matrix on (X/Xn - Y, Z/Zn - Y); both are 0 for gray, so the column of Y drops out
RGB_FROM_XZ = [(row[0] * WHITE[0], row[2] * WHITE[2]) for row in RGB_FROM_XYZ]
SCALE = np.float32(65535)  # of linear light in 0..1, as GAMMA_8 takes it
MATRIX = SCALE * np.array(RGB_FROM_XZ, np.float32)
FEW = 16  # rows of a product of matrices: for larger ones OpenBLAS starts threads, which wait for one another


def lightness(Y: NDArray) -> NDArray[np.uint16]:
    """Luminance in [0, 1] → lightness levels."""
    f = np.where(Y > LAB_EPSILON, np.cbrt(Y), LAB_KAPPA * Y + LAB_OFFSET)
    return (np.clip((116 * f - 16) / 100, 0, 1) * L_LEVELS + 0.5).astype(np.uint16)


@cache  # that of 16 bits takes longer to make than most imports
def tables(levels: int) -> tuple[NDArray, list[NDArray]]:
    """Tables for sRGB of `levels` levels: gray → lightness levels; each channel → its part of luminance, float32."""
    light = linear(np.arange(levels) / (levels - 1))
    return lightness(light), [(weight * light).astype(np.float32) for weight in LUMINANCE]


GAMMA_8 = (gamma(np.arange(65536) / 65535) * 255 + 0.5).astype(np.uint8)  # within 0.6 of a level of the exact value


def lightness_of(pixels: NDArray) -> NDArray[np.uint16]:
    """sRGB (H,W,3) or gray (H,W), uint8 or uint16 → lightness levels (H,W)."""
    gray, channels = tables(np.iinfo(pixels.dtype).max + 1)
    if pixels.ndim == 2:
        return np.take(gray, pixels, mode="clip")
    return lightness(reduce(np.add, (np.take(table, pixels[..., i], mode="clip") for i, table in enumerate(channels))))


def colour_maps(slope: NDArray, offset: NDArray) -> NDArray[np.float32]:
    """Slope and offset (2,h,w) of ab = slope · L + offset → maps (4,h,w) for `painted`. ab in Lab units, L normalised.

    The maps are slopes and offsets of f(X/Xn) and f(Z/Zn), by which CIE defines ab, on lightness levels.
    """
    scale = np.array([1 / 500, -1 / 200]).reshape(2, 1, 1)  # CIE 15:2004, equations 8.4 and 8.5
    per_level = F_PER_LEVEL + scale * slope * 2 / L_LEVELS
    return np.concatenate([per_level, F_BLACK + scale * (offset - slope)]).astype(np.float32)


@lru_cache(maxsize=4096)  # all tiles of a column share their weights, and so do all tiles of a row
def interpolation(start: int, stop: int, *, size: int, full: int) -> tuple[slice, NDArray[np.float32]]:
    """Bilinear weights for rows start..stop of `full`: the rows used, of a map of `size` rows; weights (rows, used)."""
    at = np.clip((np.arange(start, stop) + 0.5) * size / full - 0.5, 0, size - 1)
    low = np.minimum(at.astype(int), max(size - 2, 0))
    used = slice(int(low[0]), min(int(low[-1]) + 2, size))
    weights = np.zeros((len(at), used.stop - used.start), np.float32)
    rows = np.arange(len(at))
    weights[rows, low - used.start] = 1 - (at - low)
    if size > 1:
        weights[rows, low - used.start + 1] = at - low
    return used, weights


def enlarged(maps: NDArray[np.float32], box: tuple[slice, slice], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Enlarge maps (C,h,w) to `shape` (H,W), bilinear; returns the part `box` only: (C, rows, columns)."""
    return heightened(widened(maps, box[1], shape[1]), box[0], shape[0])


def widened(maps: NDArray[np.float32], columns: slice, width: int) -> NDArray[np.float32]:
    """Enlarge maps (C,h,w) to `width`, bilinear; returns some columns only: (C, h, columns)."""
    turned = heightened(maps.transpose(0, 2, 1), columns, width)
    return np.ascontiguousarray(turned.transpose(0, 2, 1))


def heightened(maps: NDArray[np.float32], rows: slice, height: int) -> NDArray[np.float32]:
    """Enlarge maps (C,h,w) to `height`, bilinear; returns some rows only: (C, rows, w)."""
    found = np.empty((len(maps), rows.stop - rows.start, maps.shape[2]), np.float32)
    for start in range(rows.start, rows.stop, FEW):
        stop = min(start + FEW, rows.stop)
        used, down = interpolation(start, stop, size=maps.shape[1], full=height)
        np.matmul(down, maps[:, used], out=found[:, start - rows.start : stop - rows.start])
    return found


def canvas(shape: tuple[int, int], bits: int) -> NDArray:
    """Room for sRGB (H,W,3) of 8 or 16 bits, uint8 or uint16.

    The planes of 8 bits lie one after the other: from these Pillow makes an image fastest.
    """
    return np.moveaxis(np.empty((3, *shape), np.uint8), 0, -1) if bits == 8 else np.empty((*shape, 3), np.uint16)


def painted(levels: NDArray[np.uint16], colour: NDArray[np.float32], *, bits: int) -> NDArray:
    """Lightness levels (H,W) and enlarged `colour_maps` (4,H,W) → sRGB (H,W,3) of 8 or 16 bits; see `paint`."""
    result = canvas(levels.shape, bits)
    paint(levels, colour, result)
    return result


def paint(levels: NDArray[np.uint16], colour: NDArray[np.float32], result: NDArray) -> None:
    """Fill sRGB (H,W,3), uint8 or uint16, with lightness levels (H,W) in enlarged `colour_maps` (4,H,W).

    Overwrites `colour`: it computes in place, for speed.
    """
    n = levels.astype(np.float32)
    slopes, xz = colour[:2], colour[2:]
    slopes *= n
    xz += slopes
    n *= F_PER_LEVEL
    n += F_BLACK
    Y, xz = _inverse(n), _inverse(xz)
    xz -= Y
    Y *= SCALE
    light = np.empty((3, *Y.shape), np.float32)  # the offsets of linear R, G, B from Y
    for plane, (x, z) in zip(light, MATRIX):  # not as a product of matrices, see FEW
        np.multiply(xz[0], x, out=plane)
        plane += xz[1] * z
    _fit(light, Y)
    light += Y
    encoded = _encoded_8 if result.dtype == np.uint8 else _encoded_16
    for channel, plane in enumerate(light):  # one after the other: indices take eight bytes
        result[..., channel] = encoded(plane)


def _fit(offsets: NDArray, Y: NDArray) -> None:
    """Bring colours into sRGB: scale the offsets (3,H,W) of linear R, G, B from Y, all in 0..SCALE, by a factor ≤ 1.

    The colour moves along the line to the gray of its luminance. Y is linear in RGB, so the luminance stays; the
    dominant wavelength stays, too.
    """
    above, below, room = offsets.max(axis=0), offsets.min(axis=0), SCALE - Y
    if (above <= room).all() and (below >= -Y).all():
        return
    above += TINY
    np.subtract(TINY, below, out=below)
    np.divide(room, above, out=above)
    np.divide(Y, below, out=below)
    np.minimum(above, below, out=above)
    offsets *= np.minimum(above, 1, out=above)


def _encoded_8(light: NDArray) -> NDArray[np.uint8]:
    """A channel of linear light in 0..SCALE → sRGB."""
    light += np.float32(0.5)
    return np.take(GAMMA_8, light.astype(np.uint16), mode="clip")


def _encoded_16(light: NDArray) -> NDArray[np.uint16]:
    """The same with 16 bits."""
    return (gamma(np.clip(light / SCALE, 0, 1)) * 65535 + 0.5).astype(np.uint16)


def _inverse(f: NDArray) -> NDArray:
    """CIE's f⁻¹: f³, linear near black (X and Z may be negative there; `_fit` brings them into sRGB)."""
    cube = f * f
    cube *= f
    if f.min() < CUBE_EDGE:
        np.copyto(cube, (f - np.float32(LAB_OFFSET)) / np.float32(LAB_KAPPA), where=f < CUBE_EDGE)
    return cube
