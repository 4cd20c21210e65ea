"""Figures are drawn without a warning, and the same input gives the same bytes."""

import io
import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from PIL import Image

from colorization.core.params import description, load_config
from colorization.evaluation.measures import SHOWN
from colorization.models.common.architecture import describe
from colorization.report.figures import curves, diagrams, intervals, pictures
from colorization.report.figures.hints import hints
from colorization.report.figures.style import LARGEST, encoded, plt, png
from colorization.report.labels import FLOOR_NAMES, Labels, figure_file, model_figures

CONFIG = load_config(ROOT / "presets/intel-cpu.yaml")
ABOUT = {name: description(name) for name in CONFIG.models}
LABELS = Labels.of({name: {"label": about.LABEL, "color": about.COLOR} for name, about in ABOUT.items()})
RNG = np.random.default_rng(0)
PICTURES = {name: RNG.integers(0, 256, (3, 48, 48, 3), dtype=np.uint8) for name in ("gray", "gan", "original")}
SCORES = pd.DataFrame({"delta_e": RNG.random(3), "mse": RNG.random(3)})
ENDS = ("_low", "", "_high")
MODELS = [*FLOOR_NAMES, *CONFIG.models]
TABLE = pd.DataFrame(
    [{"model": m, "recognised_original": 0.9, "photographs": 7, "category": c}
     | {f"{k}{end}": 0.1 * (i + 1) for k in SHOWN for i, end in enumerate(ENDS)}
     for c in ("sea", "street") for m in MODELS]
)  # fmt: skip
DIFFERENCES = pd.DataFrame(
    [(k, "gray", m, 0.1, low, 0.2, 0.04) for k in SHOWN for m, low in (("gan", -0.1), ("vae", 0.05))],
    columns=["measure", "first", "second", "difference", "low", "high", "p_holm"],
)
CURVES = pd.DataFrame(
    [(model, knob, s, s == 1 and knob != "curve", 0.6 * s, 9 + s, 2 - s) for model in MODELS[2:]
     for knob in ("saturation", "curve", "temperature") for s in (0.5, 1.0, 2.0)],
    columns=["model", "knob", "setting", "default", "colorfulness_ratio", "delta_e", "scene_frechet"],
)  # fmt: skip
HINTS = pd.DataFrame(
    [(who, count, category, measure, 5.0, 4.0, 6.0)
     for who in ("network", "spread", "floor", "known", "bound")
     for count in ((None,) if who in ("known", "bound") else (0, 500))
     for category in (None, "sea") for measure in ("delta_e", "psnr", "skill")],
    columns=["who", "count", "category", "measure", "value", "low", "high"],
)  # fmt: skip
HISTORY = pd.DataFrame(
    {"epoch": [1, 2], "lr": 0.1, "val_ab_mse": [200.0, 150.0]}
    | {f"{p}_{t}": [2.0, 1.0] for t in ("loss", "d_loss") for p in ("train", "val")}
)


def drawings():
    yield "grid", lambda: pictures.grid(PICTURES, "t")[0]
    yield "comparison", lambda: pictures.comparison(PICTURES, {"gray": SCORES, "gan": SCORES}, "t", LABELS)
    yield "losses", lambda: curves.losses("gan", HISTORY, "t", LABELS)
    yield "one epoch", lambda: curves.losses("gan", HISTORY[:1], "t", LABELS)
    yield "measures", lambda: intervals.measures(TABLE[TABLE.category == "sea"], "t", LABELS)
    few = TABLE[:5].drop(columns=["recognised", "scene_frechet", "lpips"])
    yield "few measures", lambda: intervals.measures(few, "t", LABELS)
    yield "categories", lambda: intervals.categories(TABLE, "t", LABELS)
    yield "differences", lambda: intervals.differences(DIFFERENCES, "gray", "t", LABELS)
    yield "trade-off", lambda: curves.tradeoff(CURVES, TABLE.iloc[0], "t", LABELS)
    yield (
        "trade-off without categories",
        lambda: curves.tradeoff(CURVES.drop(columns="scene_frechet"), TABLE.iloc[0], "t", LABELS),
    )
    yield "hints", lambda: hints({"ours": HINTS, "vae": HINTS}, "t", LABELS)
    yield "learning curves", lambda: curves.learning_curves({"gan": HISTORY, "vae": HISTORY[:1]}, "t", LABELS)
    far = {"gan": HISTORY, "vae": HISTORY.assign(val_ab_mse=[200.0, 90_000.0])}
    yield "an epoch far off", lambda: curves.learning_curves(far, "t", LABELS)
    for name, params in CONFIG.models.items():
        described = describe(name, params.network(), CONFIG.data.image_size)
        yield name, lambda name=name, described=described: diagrams.architecture(name, described, "t", LABELS)


def test_an_epoch_far_off_is_named_and_does_not_flatten_the_others():
    far = HISTORY.assign(val_ab_mse=[200.0, 90_000.0])
    (axis,) = curves.learning_curves({"gan": HISTORY, "vae": far}, "t", LABELS).axes
    assert axis.get_xlabel() == "epoch\noutside the frame: VAE 300 in epoch 2" and axis.get_ylim()[1] < 15
    many = pd.concat([HISTORY] * 6).assign(epoch=range(1, 13), val_ab_mse=[*range(200, 207), *[90_000] * 5])
    (axis,) = curves.learning_curves({"vae": many}, "t", LABELS).axes
    assert axis.get_xlabel().endswith("VAE 300 in epoch 8, VAE 300 in epoch 9, VAE 300 in epoch 10, 2 more")
    (axis,) = curves.learning_curves({"gan": HISTORY}, "t", LABELS).axes
    assert axis.get_xlabel() == "epoch" and axis.get_ylim()[1] > 200**0.5


@pytest.mark.parametrize("name, draw", drawings())
def test_draws_quietly_and_repeatably(name, draw):
    with warnings.catch_warnings(action="error"):
        first = png(draw())
    assert name not in ("grid", "few measures", "trade-off") or png(draw()) == first, "one of each kind is drawn again"
    image = Image.open(io.BytesIO(first))
    assert image.width > 400 and image.convert("L").getextrema()[0] < 100


@pytest.mark.parametrize("name", CONFIG.models)
def test_no_block_of_an_architecture_covers_another(name):
    described = describe(name, CONFIG.model(name).network(), CONFIG.data.image_size)
    (axis,) = diagrams.architecture(name, described, "t", LABELS).axes
    boxes = [(box.get_x(), box.get_y(), box.get_x() + box.get_width(), box.get_y() + box.get_height())
             for box in axis.patches]  # fmt: skip
    assert len(boxes) == len(described["blocks"]) + 1
    for (left, low, right, high), (x0, y0, x1, y1) in combinations(boxes, 2):
        assert right <= x0 or x1 <= left or high <= y0 or y1 <= low


def test_every_name_has_a_colour_of_its_own():
    assert LABELS.colors.keys() == LABELS.names.keys()
    assert len(set(LABELS.colors.values())) == len(LABELS.colors)


def test_differences_compare_all_models_with_one():
    rows = [
        ("delta_e", "gray", "gan", 2.0, 1.0, 3.5, 0.01),
        ("delta_e", "gan", "vae", 4.0, 3.0, 4.5, 0.02),
        ("mse", "gray", "vae", 0, 0, 0, 1.0),
    ]
    table = pd.DataFrame(rows, columns=DIFFERENCES.columns)
    found = intervals.minus(table, "gan")
    assert found.values.tolist() == [
        ["delta_e", "gray", "gan", 2.0, 1.0, 3.5, 0.01],
        ["delta_e", "vae", "gan", -4.0, -4.5, -3.0, 0.02],
    ]


def test_right_is_better_in_every_panel_and_only_corrected_differences_are_filled():
    rows = [(m, "gan", "vae", d, d - 0.1, d + 0.1, p) for m, d, p in (("delta_e", -1.0, 0.2), ("skill", 0.3, 0.01))]
    axes = intervals.differences(pd.DataFrame(rows, columns=DIFFERENCES.columns), "vae", "t", LABELS).axes
    for axis, filled in zip(axes, (False, True)):
        zero, value = (axis.transData.transform((x, 0))[0] for x in (0, axis.lines[2].get_xdata()[0]))
        assert value > zero, "the GAN has the lower ΔE and the higher skill"
        assert (axis.lines[2].get_markerfacecolor() != "white") == filled


def test_equal_terms_of_a_loss_share_a_panel():
    """The VAE's objective at kl_weight 0 is its MSE."""
    terms = {"loss": [2.0, 1.0], "mse": [2.000001, 1.0], "kl": [7.0, 5.0]}
    history = pd.DataFrame({"epoch": [1, 2]} | {f"{p}_{t}": v for p in ("train", "val") for t, v in terms.items()})
    assert curves.panels(history) == {"loss": "objective = MSE", "kl": "KL"}
    assert curves.panels(history.assign(val_loss=[2.0, 1.1])) == {"loss": "objective", "mse": "MSE", "kl": "KL"}


@pytest.mark.parametrize("values, scale", [([90.0, 80.0, 82.0], "linear"), ([90.0, 9.0, 8.0], "log"),
                                           ([90.0, 0.0, 8.0], "linear")])  # fmt: skip
def test_loss_panels_show_every_point_and_use_their_height(values, scale):
    history = pd.DataFrame({"epoch": [1, 2, 3], "train_loss": values, "val_loss": values[::-1]})
    (axis,) = curves.losses("gan", history, "t", LABELS).axes
    (low, high), at = axis.get_ylim(), axis.transAxes.inverted()
    assert low < min(values) and max(values) < high and axis.get_yscale() == scale
    heights = [at.transform(axis.transData.transform((1, value)))[1] for value in (min(values), max(values))]
    assert heights[1] - heights[0] > 0.8


def test_a_figure_of_photographs_is_a_jpeg_of_limited_size():
    noise = {str(i): RNG.integers(0, 256, (6, 128, 128, 3), dtype=np.uint8) for i in range(2)}
    plain = {"gray": np.full((6, 128, 128, 3), 90, np.uint8)}
    small, large = (encoded(pictures.grid(rows, "t")[0], "comparison.jpg") for rows in (plain, noise))
    assert small[:2] == large[:2] == b"\xff\xd8" and len(small) < LARGEST
    tables = [Image.open(io.BytesIO(data)).quantization[0] for data in (small, large)]
    assert sum(tables[0]) < sum(tables[1]), "noise does not fit at the highest quality"
    drawn = np.asarray(Image.open(io.BytesIO(small)).convert("RGB")).astype(int)
    assert (np.abs(drawn - 90).max(axis=2) <= 2).mean() > 0.6, "a flat photograph keeps its value"
    assert [figure_file(stem) for stem in ("comparison", "figure-4-resnet-predictions", "figure-5-resnet-loss")] == [
        "comparison.jpg", "figure-4-resnet-predictions.jpg", "figure-5-resnet-loss.png"]  # fmt: skip


def test_the_png_looks_like_the_exact_figure():
    figure = curves.losses("gan", HISTORY, "t", LABELS)
    exact = io.BytesIO()
    figure.savefig(exact, facecolor="white")
    exact, found = (Image.open(file).convert("RGB") for file in (exact, io.BytesIO(png(figure))))
    exact, found = (each.crop(each.point(lambda v: 255 * (v < 200)).getbbox()) for each in (exact, found))
    assert np.abs(np.asarray(found).astype(int) - np.asarray(exact)).max() <= 2


@pytest.mark.parametrize("colour", ["white", "#6a6a6a"])
@pytest.mark.parametrize("y", [0.5, 1.2])
def test_a_figure_has_a_margin_around_all_that_is_drawn(colour, y):
    """Also where something lies outside its canvas."""
    figure = plt.figure(figsize=(2, 2), facecolor=colour)
    figure.add_artist(plt.Rectangle((0.3, y), 0.3, 0.2, color="black"))
    drawn = np.asarray(Image.open(io.BytesIO(png(figure))).convert("L"))
    assert drawn[0, 0] > 90 and (drawn[:10] == drawn[0, 0]).all() and (drawn[:, -10:] == drawn[0, 0]).all()
    assert drawn.min() == 0


def test_only_the_figures_of_the_paper_are_numbered():
    assert model_figures("vae")["loss"] == ("figure-9-vae-loss", "Figure 9 (missing in the paper): ")
    assert model_figures("gan")["predictions"] == ("figure-6-gan-predictions", "Figure 6 of the paper: ")
    assert model_figures("zhang")["architecture"] == ("zhang-architecture", "")


@pytest.mark.parametrize("name", ["$x_{$", "$", "a" * 250, "\x1b[2J\n", "<b>&amp;</b>", "%s {0}", "7"])
def test_any_category_name_can_be_drawn(name):
    table = TABLE.replace("sea", name)
    assert Image.open(io.BytesIO(png(intervals.categories(table, "t", LABELS)))).width > 500


def test_the_largest_of_many_categories_are_shown():
    one = TABLE[TABLE.category == "sea"]
    many = pd.concat([one.assign(category=f"c{i}", photographs=i % 50) for i in range(1000)], ignore_index=True)
    labels = [label.get_text() for label in intervals.categories(many, "t", LABELS).axes[0].get_yticklabels()]
    assert len(labels) == 40 and set(labels) == {f"c{i} ({i % 50})" for i in range(1000) if i % 50 == 49} | {
        f"c{i} (48)" for i in range(1000) if i % 50 == 48
    }
