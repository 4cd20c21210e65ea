"""An image of any mode and ICC profile → sRGB, the same way for training, the command and the page."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from colorization.core.errors import InputError
from colorization.imaging import png_gamma

MAX_PIXELS = 128_000_000  # a larger image is refused: it may be a decompression bomb
SAME = 1  # of 255: a profile that moves no colour by more than this counts as sRGB
GRAYS = ("1", "L", "LA", "La")  # of 8 bits and less
ALPHAS = ("LA", "La", "PA", "RGBA", "RGBa")
NO_RANGE = "floating-point pixels have no fixed black and white; save it with 8 or 16 bits"
SRGB = ImageCms.createProfile("sRGB")


def to_rgb(image: Image.Image) -> Image.Image:
    """Any mode that Pillow reads → 8-bit sRGB. Applies the ICC profile and drops alpha.

    Raises InputError for modes without a fixed range: F, and I outside 16 bits.
    """
    check_range(image)
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        info = image.info
        image = Image.fromarray(eight_bits(np.asarray(image).astype(np.uint16)))
        image.info = info
    pixels = pixels_of(image, srgb_transform(profile, image.mode))
    if pixels.ndim == 3:
        pixels = pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3]
    return Image.fromarray(pixels).convert("RGB")


def eight_bits(pixels: NDArray) -> NDArray[np.uint8]:
    """uint8 or uint16 → uint8, the high byte."""
    return pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)


def on_white(pixels: NDArray) -> Image.Image:
    """sRGB (H,W), (H,W,1..4), uint8, alpha last where there are 2 or 4 channels → RGB on white."""
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels)
    if image.mode in ALPHAS:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert("RGB")


def is_gray(mode: str) -> bool:
    return mode in GRAYS or mode.startswith("I")


def has_alpha(image: Image.Image) -> bool:
    return image.mode in ALPHAS or "transparency" in image.info


def check_size(width: int, height: int) -> None:
    """Raise InputError for more than MAX_PIXELS."""
    if width * height > MAX_PIXELS:
        raise InputError(f"{width}×{height} is more than {MAX_PIXELS / 1e6:.0f} megapixels; scale it down")


def check_range(image: Image.Image) -> None:
    """Raise InputError for pixels without a fixed black and white: mode F, and mode I outside 0..65535."""
    if image.mode == "F":
        raise InputError(NO_RANGE)
    if image.mode == "I":
        low, high = image.getextrema()
        assert not isinstance(low, tuple) and not isinstance(high, tuple)  # a tuple means several bands
        if low < 0 or high > 65535:
            raise InputError("32-bit pixels outside 0..65535; save it with 8 or 16 bits")


def pixels_of(tile: Image.Image, to_srgb: Callable | None) -> NDArray:
    """A tile of any mode → sRGB (H,W), (H,W,2) with alpha, (H,W,3) or (H,W,4) with alpha.

    to_srgb: applies a profile; without one, a PNG's gamma is applied.
    """
    gamma = png_gamma.exponent(tile.info)
    if tile.mode.startswith("I"):  # Pillow cannot convert the profile of 16-bit pixels
        pixels = np.asarray(tile).astype(np.uint16)
        return pixels if gamma is None else png_gamma.table(gamma, 65536)[pixels]
    if tile.mode not in ("L", "RGB", "CMYK") or "transparency" in tile.info:
        gray = is_gray(tile.mode)
        tile = tile.convert(("LA" if gray else "RGBA") if has_alpha(tile) else "L" if gray else "RGB")
    if to_srgb:
        tile = to_srgb(tile)
    elif tile.mode == "CMYK":
        tile = tile.convert("RGB")
    pixels = np.asarray(tile)
    if gamma is None:
        return pixels
    return np.where(_is_colour(pixels), png_gamma.table(gamma, 256)[pixels], pixels)


def _is_colour(pixels: NDArray) -> NDArray:
    """Which channels of (H,W) or (H,W,C) are not alpha, to broadcast."""
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    return np.arange(channels) < (channels if channels % 2 else channels - 1)


def srgb_transform(profile: bytes | None, mode: str) -> Callable[[Image.Image], Image.Image] | None:
    """A function that converts a tile from an ICC profile to sRGB and keeps alpha, or None.

    None if there is no profile, or if it looks like sRGB, belongs to another kind of pixels, or is unreadable.
    """
    kind = "L" if is_gray(mode) else "CMYK" if mode == "CMYK" else "RGB"
    transform = _transform(profile, kind)
    if transform is None or (kind != "CMYK" and _is_identity(transform, kind)):
        return None

    def to_srgb(tile: Image.Image) -> Image.Image:
        alpha = tile.getchannel("A") if tile.mode in ALPHAS else None
        result = ImageCms.applyTransform(tile.convert(kind) if tile.mode != kind else tile, transform)
        assert result is not None
        tile = result.getchannel("G") if kind == "L" else result  # gray stays gray: its three channels are equal
        if alpha is not None:
            tile.putalpha(alpha)
        return tile

    return to_srgb


def is_srgb(profile: bytes) -> bool:
    """Whether a profile is for RGB and looks like sRGB."""
    transform = _transform(profile, "RGB")
    return transform is not None and _is_identity(transform, "RGB")


def _transform(profile: bytes | None, kind: str) -> ImageCms.ImageCmsTransform | None:
    try:
        return ImageCms.buildTransform(BytesIO(profile), SRGB, kind, "RGB") if profile else None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _is_identity(transform: ImageCms.ImageCmsTransform, kind: str) -> bool:
    """Whether a transform of gray or RGB moves every colour of a 6×6×6 lattice by at most SAME."""
    steps = np.arange(0, 256, 51, dtype=np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(36, 6, 3)
    probe = Image.fromarray(lattice if kind == "RGB" else lattice[..., 0])
    moved = np.asarray(ImageCms.applyTransform(probe, transform), np.int16)
    return int(np.abs(moved - np.asarray(probe.convert("RGB"), np.int16)).max()) <= SAME
