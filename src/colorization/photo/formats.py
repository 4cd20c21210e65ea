"""The formats of results, and which one a photograph's result has."""

from dataclasses import dataclass

from colorization.photo.reading import Header

ENDING = "-colorized"  # of a result's name, before its suffix
TELEPHONES = ("avif", "heif")  # formats of telephones that we do not write, as lossy as JPEG


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format for results; `sides` is its largest width and height in pixels."""

    suffixes: tuple[str, ...]
    alpha: bool
    deep: bool = False  # can hold 16 bits
    lossy: bool = False  # has a quality setting
    sides: int = 2**31 - 1


FORMATS = {
    "jpeg": Format(suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"), alpha=False, lossy=True, sides=65_500),
    "png": Format(suffixes=(".png",), alpha=True, deep=True),
    "tiff": Format(suffixes=(".tif", ".tiff"), alpha=True, deep=True),
    "webp": Format(suffixes=(".webp",), alpha=True, lossy=True, sides=16_383),
    "bmp": Format(suffixes=(".bmp", ".dib"), alpha=False),
}


def own_format(header: Header) -> str:
    """The photograph's own format, JPEG for those of telephones, or PNG if that lacks its alpha or bit depth."""
    name = "jpeg" if header.format in TELEPHONES else header.format
    kind = FORMATS.get(name)
    fits = kind and (kind.alpha or not header.alpha) and (kind.deep or header.bits == 8)
    return name if fits else "png"
