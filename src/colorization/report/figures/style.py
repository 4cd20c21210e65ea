"""The style of every figure, and its export as PNG."""

from io import BytesIO

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt  # (after the choice of the backend)
from matplotlib.figure import Figure
from PIL import Image

STEP = 5  # in 8-bit levels; it divides 255, so that white stays white

STYLE = {
    "font.size": 11, "axes.titlesize": 12, "figure.titlesize": 14, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": "#e3e3e3", "axes.axisbelow": True, "figure.dpi": 110, "legend.frameon": False,
}  # fmt: skip
plt.rcParams.update(STYLE)


def png(figure: Figure) -> bytes:
    """The figure as PNG, without date and version, which would make every rerun a diff.

    Values are rounded to multiples of STEP. This is invisible and halves the file of a figure of photographs.
    """
    drawn, packed = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight", facecolor="white", pil_kwargs={"compress_level": 0})
    plt.close(figure)
    with Image.open(drawn) as image:
        rounded = image.convert("RGB").point([round(value / STEP) * STEP for value in range(256)] * 3)
    rounded.save(packed, "png", optimize=True)
    return packed.getvalue()
