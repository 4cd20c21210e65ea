"""The default vividness of a bundled model: the rule, and that `colorize` honours the file that names it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT

from colorization.color import lab_to_rgb, unscaled_lab
from colorization.core.params import load_config
from colorization.evaluation import metrics
from colorization.evaluation.columns import original_rgb
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common.contract import Colorizer
from colorization.models.common.weights import build, save_model
from colorization.photo import catalog
from colorization.photo.colorizer import PhotoColorizer, load
from tools import vividness

L = np.random.default_rng(0).uniform(-0.4, 0.4, (200, 1, 16, 16)).astype(np.float16)
PHOTOS = np.concatenate([L, L / 2, -L / 4], axis=1)  # colours that follow the lightness
CONFIG = load_config(ROOT / "presets/sample.yaml")
CONFIG = replace(
    CONFIG, compare=replace(CONFIG.compare, resamples=200), tradeoff=replace(CONFIG.tradeoff, frechet_resamples=100)
)


class Times(Colorizer):
    """The right colours times a factor."""

    def __init__(self, factor: float):
        super().__init__(predicts="ab")
        self.factor = factor

    def forward(self, L):
        return torch.cat([L / 2, -L / 4], dim=1) * self.factor


def gain(factor: float) -> float:
    """What colours times a factor gain over gray in ΔE."""
    packed = torch.from_numpy(PHOTOS).float()
    original = unscaled_lab(original_rgb(packed[:, :1], packed[:, 1:]))

    def error(ab):
        return float(metrics.delta_e(unscaled_lab(lab_to_rgb(packed[:, :1], ab)), original).mean())

    return error(packed[:, 1:] * 0) - error(packed[:, 1:] * factor)


@pytest.mark.parametrize("own", [1.0, 0.5, 0.9, 1.5, -1.0])
def test_the_factor_keeps_three_quarters_of_the_gain_and_the_next_one_does_not(own, monkeypatch):
    torch.manual_seed(0)
    classifier = SceneClassifier(width=2, dropout=0.0, categories=["sea", "street"]).eval()
    index = pd.DataFrame({"category": ["sea", "street"] * 100})
    monkeypatch.setattr(vividness, "photographs", lambda lab, split: {"val": (PHOTOS, index)}[split])
    monkeypatch.setattr(vividness, "load_model", lambda path, kind: classifier)
    chosen = vividness.chosen(Times(own), CONFIG, torch.device("cpu"))
    if own < 0:
        assert gain(own) < 0 and chosen == 1.0, "opposite colours gain nothing"
        return
    factors = sorted({1.0, *CONFIG.tradeoff.saturations})
    assert gain(own * chosen) >= 0.75 * gain(own)
    assert all(gain(own * factor) < 0.75 * gain(own) for factor in factors if factor > chosen)
    assert chosen == 2.0 if own == 0.5 else chosen < 2.0


@pytest.mark.parametrize(
    "named, used", [({}, 1.0), ({"vividness": 1.5}, 1.5), ({"vividness": -1}, 1.0), ({"vividness": "x"}, 1.0)]
)
def test_the_file_names_the_default(tmp_path, named, used):
    network = {"width": 1, "predicts": "ab"}
    torch.manual_seed(1)
    weights, path = build("resnet", network).state_dict(), tmp_path / "m.safetensors"
    save_model(path, weights, name="resnet", network=network, about={"image_size": 32, "photographs": 1} | named)
    assert catalog.vividness(path) == used
    model, gray = load(path), np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)
    assert np.array_equal(model.colorize(gray), model.colorize(gray, saturation=used))
    plain = PhotoColorizer(model.network, image_size=32)
    assert np.array_equal(plain.colorize(gray), model.colorize(gray, saturation=1.0))
