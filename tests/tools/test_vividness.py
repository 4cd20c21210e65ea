"""The default vividness of a bundled model: the rule, and that `colorize` honours the file that names it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT

from colorization.color import AB_SCALE, lab_to_rgb, rgb_to_lab, unscaled_lab
from colorization.core.params import load_config
from colorization.evaluation import metrics
from colorization.evaluation.columns import original_rgb
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common.contract import Colorizer
from colorization.models.common.weights import build, save_model
from colorization.photo import catalog
from colorization.photo.colorizer import PhotoColorizer, load
from colorization.vividness import OWN, Curve, vivid
from tools import vividness

L = np.random.default_rng(0).uniform(-0.4, 0.4, (200, 1, 16, 16)).astype(np.float16)
PHOTOS = np.concatenate([L, L / 2, -L / 4], axis=1)  # colours that follow the lightness
CONFIG = load_config(ROOT / "presets/sample.yaml")
CONFIG = replace(
    CONFIG, compare=replace(CONFIG.compare, resamples=200), tradeoff=replace(CONFIG.tradeoff, frechet_resamples=100)
)
SOURCES = ["sea", "street"] * 100
NETWORK = {"width": 1, "predicts": "ab"}


class Times(Colorizer):
    """The right colours times a factor."""

    def __init__(self, factor: float):
        super().__init__(predicts="ab")
        self.factor = factor

    def forward(self, L):
        return torch.cat([L / 2, -L / 4], dim=1) * self.factor


def measured(factor: float, curve: Curve) -> pd.DataFrame:
    """Mean ΔE and colour of colours times a factor, made vivid, for each source."""
    packed = torch.from_numpy(PHOTOS).float()
    original = original_rgb(packed[:, :1], packed[:, 1:])
    result = lab_to_rgb(packed[:, :1], vivid(packed[:, 1:] * factor, curve))
    error = metrics.delta_e(unscaled_lab(result), unscaled_lab(original))
    ratio = metrics.colorfulness(result) / metrics.colorfulness(original)
    return pd.DataFrame({"error": error, "ratio": ratio}).groupby(SOURCES).mean()


def fulfilled(own: float, curve: Curve) -> bool:
    gray, plain, found = (measured(own, each) for each in (Curve(0.0), OWN, curve))
    gain = gray.error - plain.error
    return bool(((gain > 0) & (gray.error - found.error >= 0.75 * gain) & (found.ratio <= 1)).all())


def chosen(own: float, monkeypatch) -> Curve:
    torch.manual_seed(0)
    classifier = SceneClassifier(width=2, dropout=0.0, categories=["sea", "street"]).eval()
    index = pd.DataFrame({"category": SOURCES, "source": SOURCES})
    monkeypatch.setattr(vividness, "photographs", lambda lab, split: {"val": (PHOTOS, index)}[split])
    monkeypatch.setattr(vividness, "load_model", lambda path, kind: classifier)
    return vividness.chosen(Times(own), CONFIG, torch.device("cpu"))


@pytest.mark.parametrize("own", [1.0, 0.6, 0.9])
def test_the_curve_keeps_three_quarters_of_the_gain_and_the_next_one_does_not(own, monkeypatch):
    curve, gains = chosen(own, monkeypatch), CONFIG.tradeoff.gains
    assert curve.knee == CONFIG.tradeoff.knee and curve.gain in gains and fulfilled(own, curve)
    assert not any(fulfilled(own, curve._replace(gain=gain)) for gain in gains if gain > curve.gain)


def test_opposite_colours_and_a_source_that_gains_nothing_have_no_curve(monkeypatch):
    assert chosen(-1.0, monkeypatch) == OWN
    gray = pd.DataFrame({"delta_e": [10.0, 9.0], "colorfulness": 0.0, "colorfulness_original": 20.0})
    own, vivid = gray.assign(delta_e=[8.0, 7.0]), gray.assign(delta_e=[8.5, 7.5], colorfulness=15.0)
    assert vividness.fulfilled(gray, own, vivid)
    assert not vividness.fulfilled(gray, own.assign(delta_e=[8.0, 9.5]), vivid)
    assert not vividness.fulfilled(gray, own, vivid.assign(delta_e=[8.6, 7.0])), "less than three quarters in one"
    assert not vividness.fulfilled(gray, own, vivid.assign(colorfulness=[15.0, 21.0])), "more colourful than originals"


@pytest.mark.parametrize(
    "named, curve, factor",
    [
        ({}, OWN, 1.0),
        ({"vividness": 1.5}, OWN, 1.5),
        ({"vividness": -1}, OWN, 1.0),
        ({"vividness": "x"}, OWN, 1.0),
        ({"vividness": 1.3, "curve": {"gain": 2.0, "knee": 10.0}}, Curve(2.0, 10.0), 1.0),
        ({"curve": {"gain": 2, "knee": 0}}, Curve(2.0), 1.0),
        ({"vividness": 1.3, "curve": {"gain": 2.0}}, OWN, 1.3),
        ({"curve": {"gain": 2.0, "knee": -1.0}}, OWN, 1.0),
        ({"curve": {"gain": float("nan"), "knee": 10.0}}, OWN, 1.0),
        ({"curve": {"gain": 2.0, "knee": "10"}}, OWN, 1.0),
        ({"curve": [2.0, 10.0]}, OWN, 1.0),
    ],
)
def test_the_file_names_the_default(tmp_path, named, curve, factor):
    torch.manual_seed(1)
    weights, path = build("resnet", NETWORK).state_dict(), tmp_path / "m.safetensors"
    save_model(path, weights, name="resnet", network=NETWORK, about={"image_size": 32, "photographs": 1} | named)
    assert catalog.vividness(path) == (curve, factor)
    model, gray = load(path), np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)
    assert np.array_equal(model.colorize(gray), model.colorize(gray, saturation=factor))
    plain = PhotoColorizer(model.network, image_size=32)
    if curve == OWN:
        assert np.array_equal(plain.colorize(gray, saturation=0.7), model.colorize(gray, saturation=0.7))
    plain.curve = curve.times(0.7)
    assert np.array_equal(plain.colorize(gray), model.colorize(gray, saturation=0.7))
    assert not np.ptp(model.colorize(gray, saturation=0), axis=2).any(), "gray"


def test_a_curve_leaves_pale_colours_pale():
    """Colours of chroma 3 and 40 side by side."""

    class Two:
        takes_hints = False

        def colorize(self, L, known):
            ab = np.zeros((2, *L.shape), np.float32)
            ab[0, :, :16], ab[0, :, 16:] = 3 / AB_SCALE, 40 / AB_SCALE
            return ab

    gray = np.random.default_rng(0).integers(110, 130, (32, 32), dtype=np.uint8)
    painter = PhotoColorizer(Two(), image_size=32, curve=Curve(1.5, 10.0), threads=1)
    result = rgb_to_lab(painter.colorize(gray, prepare=False).transpose(2, 0, 1) / 255)[1][0] * AB_SCALE
    assert result[:, :10].mean() == pytest.approx(1.5 * 9 / 13, abs=0.4)
    assert result[:, 22:].mean() == pytest.approx(1.5 * 1600 / 50, abs=0.4)
