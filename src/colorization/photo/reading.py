"""Read photographs: their headers, lightness, alpha and metadata, or a small picture for display."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from colorization.photo.metadata import Metadata
from colorization.photo.negative import NEGATIVE, TONELESS, one_bit, orange
from colorization.photo.opening import Header, opened

GLANCE = 64  # pixels of the longer side of the picture that tells a colour negative


@dataclass(frozen=True, kw_only=True)
class Photo:
    """An upright photograph: lightness levels (H,W), alpha (H,W) with `bits` bits or None, metadata for its result.

    warnings: a line for each part of the file that is missing or was not kept, and about what it shows: a colour
        negative, one bit per pixel.
    """

    levels: NDArray[np.uint16]
    alpha: NDArray | None
    bits: int
    metadata: Metadata = field(default_factory=Metadata)
    warnings: tuple[str, ...] = ()


def read_header(path: Path) -> Header:
    """A file's header, without decoding its pixels. Raises InputError for a file that cannot be colorized."""
    with opened(path) as file:
        return file.header


def read_photo(path: Path) -> Photo:
    """A photograph in a format of READ. Raises InputError (one line) if the file is foreign, damaged or too large."""
    with opened(path) as file:
        levels, alpha = file.planes()
        turn = file.metadata.orientation
        told = [NEGATIVE] if file.colour and orange(np.asarray(file.picture(GLANCE).convert("RGB"))) else []
        told += [TONELESS] if one_bit(levels) else []
        return Photo(
            levels=upright(levels, turn),
            alpha=None if alpha is None else upright(alpha, turn),
            bits=file.header.bits,
            metadata=file.metadata.in_srgb(),
            warnings=(*file.warnings, *told),
        )


def read_picture(path: Path, longest: int) -> Image.Image:
    """The photograph as a small upright RGB image on white; its sides are at most `longest` pixels."""
    with opened(path) as file:
        picture = Image.fromarray(upright(np.asarray(file.picture(longest)), file.metadata.orientation))
        picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        return picture


def upright(pixels: NDArray, orientation: int) -> NDArray:
    """A view of pixels (H,W,...), turned upright by the EXIF orientation 1..8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in (2, 3, 6, 7) else pixels
