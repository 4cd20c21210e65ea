"""The style of every figure, and its export: PNG for lines and text, JPEG for photographs."""

import math
from io import BytesIO
from typing import cast

import matplotlib
import numpy as np

matplotlib.use("Agg")

from matplotlib import pyplot as plt  # (after the choice of the backend)
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image, ImageOps

STEP = 5  # in 8-bit levels; it divides 255, so that white stays white
QUALITIES = (95, 92, 88, 84, 80, 75)  # of JPEG, without subsampling of the colours: the first that fits LARGEST
MARGIN = 0.1  # inches
LARGEST = 300_000  # bytes of a figure of photographs, except at the lowest quality

STYLE = {
    "font.size": 11, "axes.titlesize": 12, "figure.titlesize": 14, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": "#e3e3e3", "axes.axisbelow": True, "figure.dpi": 110, "legend.frameon": False,
}  # fmt: skip
plt.rcParams.update(STYLE)


def encoded(figure: Figure, file: str) -> bytes:
    """The figure in the format of the file's name, .jpg or .png."""
    return jpeg(figure) if file.endswith(".jpg") else png(figure)


def png(figure: Figure) -> bytes:
    """The figure as PNG, without date and version, which would make every rerun a diff.

    Values are rounded to multiples of STEP: this is invisible, and the file is smaller.
    """
    packed = BytesIO()
    rounded = _drawn(figure).point([round(value / STEP) * STEP for value in range(256)] * 3)
    rounded.save(packed, "png")  # `optimize` would take four times as long for three per cent
    return packed.getvalue()


def jpeg(figure: Figure) -> bytes:
    """A figure of photographs as JPEG, at the highest of QUALITIES that LARGEST allows."""
    drawn = _drawn(figure)
    for quality in QUALITIES:
        packed = BytesIO()
        drawn.save(packed, "jpeg", quality=quality, subsampling=0)
        if packed.tell() <= LARGEST:
            break
    return packed.getvalue()


def _drawn(figure: Figure) -> Image.Image:
    """The figure with an even margin, like savefig's tight box, which draws everything twice."""
    canvas = cast(FigureCanvasAgg, figure.canvas)
    canvas.draw()
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    left, low, right, high = (edge * figure.dpi for edge in figure.get_tightbbox(canvas.get_renderer()).extents)
    if min(left, low) < 0 or right > drawn.width or high > drawn.height:
        return _beyond_its_canvas(figure)
    margin = tuple(round(255 * part) for part in to_rgb(figure.get_facecolor()))
    plt.close(figure)
    box = math.floor(left), math.floor(drawn.height - high), math.ceil(right), math.ceil(drawn.height - low)
    return ImageOps.expand(drawn.crop(box), round(MARGIN * figure.dpi), margin)


def _beyond_its_canvas(figure: Figure) -> Image.Image:
    drawn = BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight", pad_inches=MARGIN, pil_kwargs={"compress_level": 0})
    plt.close(figure)
    with Image.open(drawn) as image:
        return image.convert("RGB")
