"""Between a film's planes and the engine: luma → lightness levels; colour maps → the two colour planes."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.recolor import lightness_of

BT601, BT709, BT470BG, SMPTE170M = 6, 1, 5, 6  # matrices of ITU-T H.273
LIMITED, FULL = 1, 2  # ffmpeg's color_range
WEIGHTS = {BT601: (0.299, 0.114), BT709: (0.2126, 0.0722)}  # of red and blue in luma
LUMA = {False: (16, 219), True: (0, 255)}  # luma of black, and from there to white; by whether it is full
SMALL_PICTURE = 576  # lines; players take a picture without tags for BT.601 up to this height

Plane = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How a film's planes encode colour: matrix BT601 or BT709; full: luma from 0 to 255, else from 16 to 235."""

    matrix: int
    full: bool

    def levels(self, luma: Plane) -> NDArray[np.uint16]:
        """Luma (H,W) → lightness levels (H,W): luma is what a gray screen shows, so gray in sRGB."""
        return np.take(_levels(self), luma)

    @property
    def gray(self) -> NDArray[np.float64]:
        """The gray values (256,) in [0, 1] that luma stands for."""
        low, span = LUMA[self.full]
        return np.clip((np.arange(256) - low) / span, 0, 1)

    def luma_of(self, gray: NDArray) -> Plane:
        """Gray values in [0, 1] → luma."""
        low, span = LUMA[self.full]
        return (low + span * gray + 0.5).astype(np.uint8)

    def colours(self, rgb: NDArray[np.uint8]) -> tuple[Plane, Plane]:
        """sRGB (h,w,3) → the planes Cb and Cr (h,w), ITU-R BT.601 and BT.709."""
        red, blue = WEIGHTS[self.matrix]
        luma = np.array([red, 1 - red - blue, blue])
        rows = [(np.array(unit) - luma) / (2 * (1 - weight)) for unit, weight in (((0, 0, 1), blue), ((1, 0, 0), red))]
        scale = 1 if self.full else 224 / 255
        planes = np.moveaxis(rgb, -1, 0).astype(np.float32, order="C").reshape(3, -1)
        found = (np.stack(rows) * scale).astype(np.float32) @ planes + np.float32(128.5)
        cb, cr = np.clip(found, 0, 255).astype(np.uint8).reshape(2, *rgb.shape[:2])
        return cb, cr


def encoding_of(frame) -> Encoding:
    """The encoding of a result: the frame's own, as far as it names one (PyAV's VideoFrame)."""
    named = {BT470BG: BT601, SMPTE170M: BT601, BT709: BT709}
    matrix = named.get(frame.colorspace, BT601 if frame.height <= SMALL_PICTURE else BT709)
    untagged_full = frame.format.name.startswith(("yuvj", "gray", "rgb", "bgr", "gbr", "pal", "ya"))  # as ffmpeg does
    return Encoding(matrix=matrix, full=frame.color_range == FULL or (frame.color_range != LIMITED and untagged_full))


def colour_planes(colorizer: PhotoColorizer, encoding: Encoding, luma: Plane, maps: NDArray) -> tuple[Plane, Plane]:
    """The planes Cb and Cr (H/2,W/2) of luma (H,W), both even, and the engine's colour maps (4,h,w)."""
    levels = encoding.levels(halves(luma))
    rgb = np.concatenate(list(colorizer.bands(levels, maps, bits=8)))
    return encoding.colours(rgb)


def halves(luma: Plane) -> Plane:
    """Means of 2 × 2 pixels: luma (H,W), both even → (H/2,W/2)."""
    rows = luma[::2].astype(np.uint16) + luma[1::2]
    return ((rows[:, ::2] + rows[:, 1::2] + 2) >> 2).astype(np.uint8)


@cache
def _levels(encoding: Encoding) -> NDArray[np.uint16]:
    """The table (256,) of lightness levels of luma."""
    return lightness_of((encoding.gray[None] * 65535 + 0.5).astype(np.uint16))[0]
