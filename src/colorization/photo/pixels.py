"""Convert any image in memory to lightness levels and alpha, strip by strip."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.core.errors import InputError
from colorization.imaging.srgb import check_range, pixels_of, srgb_transform
from colorization.photo.recolor import lightness_of

# Rows, columns: few enough that a plane stays in a core's cache, many enough that threads seldom wait for Python.
TILE = (128, 512)

Planes = tuple[NDArray[np.uint16], NDArray | None]


def strips(shape: tuple[int, int]) -> Iterator[slice]:
    """Rows of (H, W) that have as many pixels as a tile."""
    return parts(shape[0], max(1, TILE[0] * TILE[1] // shape[1]))


def parts(whole: int, most: int) -> Iterator[slice]:
    """Parts of at most `most` that cover a side."""
    return (slice(start, min(start + most, whole)) for start in range(0, whole, most))


def levels_of_image(image: Image.Image) -> Planes:
    """A PIL image → lightness levels (H,W) and alpha (H,W) uint8 (None: the image has no alpha).

    Applies the ICC profile but not the EXIF orientation (use ImageOps.exif_transpose). Raises InputError for modes
    without a fixed range, F, and I beyond 16 bits, and for an image without pixels.
    """
    if not (image.width and image.height):
        raise InputError(f"image: has no pixels ({image.width}×{image.height})")
    check_range(image)
    to_srgb = srgb_transform(image.info.get("icc_profile"), image.mode)
    shape = image.height, image.width
    boxes = (image.crop((0, rows.start, image.width, rows.stop)) for rows in strips(shape))
    return levels_of_rows((np.atleast_3d(pixels_of(box, to_srgb)) for box in boxes), shape)


def levels_of_rows(rows: Iterable[NDArray], shape: tuple[int, int]) -> Planes:
    """Bands (rows,W,C) of sRGB, uint8 or uint16, alpha last where C is 2 or 4 → levels (H,W) and alpha of `shape`."""
    levels, alpha, top = np.empty(shape, np.uint16), None, 0
    for pixels in rows:
        box = slice(top, top := top + len(pixels))
        levels[box] = lightness_of(pixels[..., 0] if pixels.shape[2] < 3 else pixels[..., :3])
        if pixels.shape[2] in (2, 4):
            alpha = np.empty(shape, pixels.dtype) if alpha is None else alpha
            alpha[box] = pixels[..., -1]
    return levels, alpha


def levels_of_array(image: NDArray) -> Planes:
    """sRGB (H,W) or (H,W,1..4), uint8, uint16 or float in [0, 1] → levels and alpha, as `levels_of_image`."""
    if not isinstance(image, np.ndarray) or image.ndim not in (2, 3) or not image.size:
        raise InputError(f"image: expected a PIL image or an array (H,W) or (H,W,1..4), not {_kind(image)}")
    planes = image[..., None] if image.ndim == 2 else image
    if planes.shape[2] > 4 or not (image.dtype in (np.uint8, np.uint16) or np.issubdtype(image.dtype, np.floating)):
        raise InputError(f"image: expected 1 to 4 channels of uint8, uint16 or float, not {_kind(image)}")
    alpha = planes[..., -1] if planes.shape[2] in (2, 4) else None
    colour = planes[..., :1] if planes.shape[2] < 3 else planes[..., :3]
    if np.issubdtype(image.dtype, np.floating):
        if not (colour.min() >= 0 and colour.max() <= 1):  # also false for NaN
            raise InputError("image: floating-point values must lie in [0, 1]; divide by their maximum")
        colour = (colour.astype(np.float32) * 65535 + 0.5).astype(np.uint16)  # float16 ends at 65504
    return lightness_of(colour[..., 0] if colour.shape[2] == 1 else colour), alpha


def _kind(image: object) -> str:
    return f"{image.shape} {image.dtype}" if isinstance(image, np.ndarray) else type(image).__name__
