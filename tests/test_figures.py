"""Figures draw without a warning, and the same input gives the same bytes."""

import io
import warnings

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from colorization import figures, statistics
from colorization.checkpoint import build
from colorization.config import load_config, model_params
from colorization.models.base import architecture

RNG = np.random.default_rng(0)
PICTURES = {name: RNG.integers(0, 256, (3, 48, 48, 3), dtype=np.uint8) for name in ("gray", "result", "original")}
EXAMPLES = PICTURES | {"rows": np.array([4, 0, 2])}
SCORES = pd.DataFrame({name: RNG.random(5) for name in (*statistics.AVERAGED, "psnr")})
TABLE = pd.DataFrame(
    [{"model": m} | {f"{k}{end}": 0.1 * (i + 1) for k in statistics.MEASURES for i, end in enumerate(("_low", "", "_high"))}
     for m in figures.NAMES]
)  # fmt: skip
HISTORY = pd.DataFrame(
    {"epoch": [1, 2], "lr": 0.1} | {f"{p}_{t}": [2.0, 1.0] for t in ("loss", "d_loss") for p in ("train", "val")}
)


def drawings():
    yield "predictions", lambda: figures.predictions("vae", EXAMPLES, "t")
    yield (
        "comparison",
        lambda: figures.comparison({"gray": EXAMPLES, "gan": EXAMPLES}, {"gray": SCORES, "gan": SCORES}, "t"),
    )
    yield "losses", lambda: figures.losses("gan", HISTORY, "t")
    yield "one epoch", lambda: figures.losses("gan", HISTORY[:1], "t")
    yield "measures", lambda: figures.measures(TABLE, "t")
    config = load_config("presets/intel-cpu.yaml")
    for name in ("resnet", "gan", "vae"):
        description = architecture(build(name, model_params(config, name).network()), config.data.image_size)
        yield name, lambda name=name, description=description: figures.architecture(name, description, "t")


@pytest.mark.parametrize("draw", [pytest.param(d, id=name) for name, d in drawings()])
def test_draws_quietly_and_repeatably(draw):
    with warnings.catch_warnings(action="error"):
        first, second = figures.png(draw()), figures.png(draw())
    assert first == second
    image = Image.open(io.BytesIO(first))
    assert image.width > 500 and image.convert("L").getextrema()[0] < 100


def test_every_name_has_a_colour_of_its_own():
    assert figures.COLORS.keys() == figures.NAMES.keys()
    assert len(set(figures.COLORS.values())) == len(figures.COLORS)
