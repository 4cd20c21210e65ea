"""Any image in memory → lightness levels and alpha, tile by tile."""

from collections.abc import Callable, Iterator
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from colorization.errors import InputError
from colorization.photo.recolor import lightness_of

TILE = (64, 1024)  # rows and columns: 256 KB a plane of float32, so that a tile's planes stay in the processor's cache
SAME = 1  # of 255: a profile whose colours lie nearer to sRGB's than this is sRGB
GRAYS = ("1", "L")
ALPHAS = ("LA", "La", "PA", "RGBA", "RGBa")
NO_RANGE = "floating-point pixels have no fixed black and white; save it with 8 or 16 bits"
SRGB = ImageCms.createProfile("sRGB")

Planes = tuple[NDArray[np.uint16], NDArray | None]


def tiles(shape: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    """Boxes of at most TILE that cover (H, W)."""
    for top in range(0, shape[0], TILE[0]):
        for left in range(0, shape[1], TILE[1]):
            yield slice(top, min(top + TILE[0], shape[0])), slice(left, min(left + TILE[1], shape[1]))


def has_alpha(image: Image.Image) -> bool:
    return image.mode in ALPHAS or "transparency" in image.info


def levels_of_image(image: Image.Image) -> Planes:
    """A PIL image → lightness levels (H,W) and alpha (H,W) uint8, or None.

    Its ICC profile is honoured, its EXIF orientation is not (ImageOps.exif_transpose is). Raises InputError for modes
    without a fixed range: F, and I beyond 16 bits.
    """
    check_range(image)
    shape = image.height, image.width
    levels = np.empty(shape, np.uint16)
    alpha = np.empty(shape, np.uint8) if has_alpha(image) else None
    to_srgb = srgb_transform(image.info.get("icc_profile"), image.mode)
    for box in tiles(shape):
        rows, columns = box
        pixels = _pixels(image.crop((columns.start, rows.start, columns.stop, rows.stop)), to_srgb)
        if alpha is not None:
            alpha[box] = pixels[..., -1]
            pixels = pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3]
        levels[box] = lightness_of(pixels)
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
        colour = (colour * 65535 + 0.5).astype(np.uint16)
    return lightness_of(colour[..., 0] if colour.shape[2] == 1 else colour), alpha


def check_range(image: Image.Image) -> None:
    """Raise InputError for pixels whose black and white no standard fixes."""
    if image.mode == "F":
        raise InputError(NO_RANGE)
    if image.mode == "I" and not (0 <= image.getextrema()[0] and image.getextrema()[1] <= 65535):
        raise InputError("32-bit pixels beyond 0..65535; save it with 8 or 16 bits")


def _pixels(tile: Image.Image, to_srgb: Callable | None) -> NDArray:
    """A tile of any mode → sRGB (H,W), (H,W,2) with alpha, (H,W,3) or (H,W,4) with alpha."""
    if tile.mode.startswith("I"):  # Pillow turns no 16-bit pixels into another profile
        return np.asarray(tile).astype(np.uint16)
    if tile.mode not in ("L", "RGB", "CMYK") or "transparency" in tile.info:
        gray = tile.mode in (*GRAYS, "LA", "La")
        tile = tile.convert(("LA" if gray else "RGBA") if has_alpha(tile) else "L" if gray else "RGB")
    if to_srgb:
        tile = to_srgb(tile)
    elif tile.mode == "CMYK":
        tile = tile.convert("RGB")
    return np.asarray(tile)


def srgb_transform(profile: bytes | None, mode: str) -> Callable[[Image.Image], Image.Image] | None:
    """What brings a tile from an ICC profile to sRGB, keeping alpha; None where there is nothing to do.

    That is without a profile, with one that is sRGB to the eye, of another kind than the pixels, or that cannot be read.
    """
    kind = "L" if mode in (*GRAYS, "LA", "La") or mode.startswith("I") else "CMYK" if mode == "CMYK" else "RGB"
    transform = _transform(profile, kind)
    if transform is None or (kind != "CMYK" and _is_identity(transform, kind)):
        return None

    def to_srgb(tile: Image.Image) -> Image.Image:
        alpha = tile.getchannel("A") if tile.mode in ALPHAS else None
        tile = ImageCms.applyTransform(tile.convert(kind) if tile.mode != kind else tile, transform)
        tile = tile.getchannel("G") if kind == "L" else tile  # gray stays gray: its three channels are the same
        if alpha is not None:
            tile.putalpha(alpha)
        return tile

    return to_srgb


def is_srgb(profile: bytes) -> bool:
    """Whether a profile is of RGB, and its colours sRGB's to the eye."""
    transform = _transform(profile, "RGB")
    return transform is not None and _is_identity(transform, "RGB")


def _transform(profile: bytes | None, kind: str) -> ImageCms.ImageCmsTransform | None:
    try:
        return ImageCms.buildTransform(BytesIO(profile), SRGB, kind, "RGB") if profile else None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _is_identity(transform: ImageCms.ImageCmsTransform, kind: str) -> bool:
    """Whether a transform of gray or RGB moves no colour of a 6×6×6 lattice by more than SAME."""
    steps = np.arange(0, 256, 51, dtype=np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(36, 6, 3)
    probe = Image.fromarray(lattice if kind == "RGB" else lattice[..., 0])
    moved = np.asarray(ImageCms.applyTransform(probe, transform), np.int16)
    return int(np.abs(moved - np.asarray(probe.convert("RGB"), np.int16)).max()) <= SAME


def _kind(image: object) -> str:
    return f"{image.shape} {image.dtype}" if isinstance(image, np.ndarray) else type(image).__name__
