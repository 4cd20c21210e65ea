"""Figures draw without a warning, and the same input gives the same bytes."""

import io
import warnings

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from colorization.report import figures
from colorization.models.common.weights import build
from colorization.core.params import load_config, model_params
from colorization.report.figures import intervals
from colorization.report.labels import COLORS, MEASURES, NAMES, network_figures
from colorization.models.common.contract import architecture

RNG = np.random.default_rng(0)
PICTURES = {name: RNG.integers(0, 256, (3, 48, 48, 3), dtype=np.uint8) for name in ("gray", "gan", "original")}
SCORES = pd.DataFrame({"delta_e": RNG.random(3), "mse": RNG.random(3)})
ENDS = ("_low", "", "_high")
MODELS = [name for name in NAMES if name != "original"]
TABLE = pd.DataFrame(
    [{"model": m, "accuracy_original": 0.9, "photographs": 7, "category": c}
     | {f"{k}{end}": 0.1 * (i + 1) for k in MEASURES for i, end in enumerate(ENDS)}
     for c in ("sea", "street") for m in MODELS]
)  # fmt: skip
DIFFERENCES = pd.DataFrame(
    [(k, "gray", m, 0.1, low, 0.2) for k in MEASURES for m, low in (("gan", -0.1), ("vae", 0.05))],
    columns=["measure", "first", "second", "difference", "low", "high"],
)
CURVES = pd.DataFrame(
    [(model, knob, s, s == 1, 0.6 * s, 9 + s, 2 - s) for model in MODELS[2:] for knob in ("saturation", "temperature")
     for s in (0.5, 1.0, 2.0)],
    columns=["model", "knob", "setting", "default", "colorfulness_ratio", "delta_e", "scene_frechet"],
)  # fmt: skip
HISTORY = pd.DataFrame(
    {"epoch": [1, 2], "lr": 0.1, "val_ab_mse": [200.0, 150.0]}
    | {f"{p}_{t}": [2.0, 1.0] for t in ("loss", "d_loss") for p in ("train", "val")}
)


def drawings():
    yield "grid", lambda: figures.grid(PICTURES, "t")[0]
    yield "comparison", lambda: figures.comparison(PICTURES, {"gray": SCORES, "gan": SCORES}, "t")
    yield "losses", lambda: figures.losses("gan", HISTORY, "t")
    yield "one epoch", lambda: figures.losses("gan", HISTORY[:1], "t")
    yield "measures", lambda: figures.measures(TABLE[TABLE.category == "sea"], "t")
    yield "few measures", lambda: figures.measures(TABLE[:5].drop(columns=["accuracy", "scene_frechet", "lpips"]), "t")
    yield "categories", lambda: figures.categories(TABLE, "t")
    yield "differences", lambda: figures.differences(DIFFERENCES, "gray", "t")
    yield "trade-off", lambda: figures.tradeoff(CURVES, TABLE.iloc[0], "t")
    yield (
        "trade-off without categories",
        lambda: figures.tradeoff(CURVES.drop(columns="scene_frechet"), TABLE.iloc[0], "t"),
    )
    yield "learning curves", lambda: figures.learning_curves({"gan": HISTORY, "vae": HISTORY[:1]}, "t")
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
    assert image.width > 400 and image.convert("L").getextrema()[0] < 100


def test_every_name_has_a_colour_of_its_own():
    assert COLORS.keys() == NAMES.keys()
    assert len(set(COLORS.values())) == len(COLORS)


def test_differences_are_of_the_others_to_one():
    rows = [
        ("delta_e", "gray", "gan", 2.0, 1.0, 3.5),
        ("delta_e", "gan", "vae", 4.0, 3.0, 4.5),
        ("mse", "gray", "vae", 0, 0, 0),
    ]
    table = pd.DataFrame(rows, columns=DIFFERENCES.columns)
    found = intervals.minus(table, "gan")
    assert found.values.tolist() == [
        ["delta_e", "gray", "gan", 2.0, 1.0, 3.5],
        ["delta_e", "vae", "gan", -4.0, -4.5, -3.0],
    ]


def test_what_is_rounded_away_cannot_be_seen():
    figure, _ = figures.grid({"a": PICTURES["gan"]}, "t")
    exact = io.BytesIO()
    figure.savefig(exact, bbox_inches="tight", facecolor="white")
    exact = np.asarray(Image.open(exact).convert("RGB")).astype(int)
    found = np.asarray(Image.open(io.BytesIO(figures.png(figure))))
    assert np.abs(found - exact).max() <= 2 and (found[0, 0] == 255).all()


def test_the_report_has_numbered_figures_and_others_have_not():
    assert network_figures("vae")["loss"] == ("figure-9-vae-loss", "Figure 9: ")
    assert network_figures("zhang")["architecture"] == ("zhang-architecture", "")


@pytest.mark.parametrize("name", ["$x_{$", "$", "a" * 250, "\x1b[2J\n", "<b>&amp;</b>", "%s {0}", "7"])
def test_a_category_may_be_called_anything(name):
    table = TABLE.replace("sea", name)
    assert Image.open(io.BytesIO(figures.png(figures.categories(table, "t")))).width > 500


def test_the_largest_of_many_categories_are_shown():
    one = TABLE[TABLE.category == "sea"]
    many = pd.concat([one.assign(category=f"c{i}", photographs=i % 50) for i in range(1000)], ignore_index=True)
    labels = [label.get_text() for label in figures.categories(many, "t").axes[0].get_yticklabels()]
    assert len(labels) == 40 and set(labels) == {f"c{i} ({i % 50})" for i in range(1000) if i % 50 == 49} | {
        f"c{i} (48)" for i in range(1000) if i % 50 == 48
    }
