"""Every network goes through training, validation, averaging, colorize and the measures on a simulated GPU."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from simulated import DEVICE, State, fabric, gpu
from test_training import CONFIG, SMALL

from colorization.dataset.devices import has_double
from colorization.dataset.photos import Photos
from colorization.evaluation import tradeoff
from colorization.evaluation.scoring import Judges, evaluate
from colorization.models.classifier.network import SceneClassifier
from colorization.models.common import ab_bins
from colorization.models.common.weights import build
from colorization.models.zhang import network as zhang
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.pixels import levels_of_array
from colorization.photo.torch_network import TorchNetwork
from colorization.training.distributed import Processes
from colorization.training.trainer import Trainer
from colorization.vividness import Curve

pytestmark = pytest.mark.slow
PACKED = np.random.default_rng(0).uniform(-0.5, 0.5, (6, 3, 32, 32)).astype(np.float16)
CATEGORIES = pd.Series(["sea", "street"] * 3)
WEIGHTS = ab_bins.colour_weights(PACKED)
PHOTO = np.random.default_rng(0).integers(0, 255, (50, 44), np.uint8)


def walk(name, monkeypatch):
    """Train a network for an epoch and, resumed, for another in half precision; measure it; colorize with hints.

    It trains on photographs in the GPU's memory, and validates on some in the host's.
    """
    params, resume = replace(CONFIG.model(name), batch_size=3, **SMALL[name]), State()
    models = [build(name, params.network()) for _ in range(2)]
    classifier = SceneClassifier(width=2, dropout=0.0, categories=["sea", "street"]).eval()
    monkeypatch.setattr(zhang, "shares", lambda packed: np.full((ab_bins.SIDE, ab_bins.SIDE), ab_bins.SIDE**-2.0))
    with gpu(monkeypatch, double=False):
        train, val = Photos(torch.from_numpy(PACKED).to(DEVICE), DEVICE), Photos(PACKED[:2], DEVICE)
        for epochs, (model, precision) in enumerate(zip(models, ("32-true", "bf16-mixed")), 1):
            Trainer(
                model, train, val, replace(params, epochs=epochs), seed=1, processes=Processes(fabric(precision)),
                resume=resume, on_epoch=lambda history: None,
            ).fit()  # fmt: skip
        assert all(tensor.device == DEVICE for tensor in model.state_dict().values())
        measure(model, classifier.to(DEVICE))
        colorize(model)


def measure(model, classifier):
    judges = Judges(classifier=classifier, colour_weights=WEIGHTS)
    found = evaluate(model, PACKED, CATEGORIES, judges, samples=2, device=DEVICE)
    assert len(found.scores) == 6 and found.results.shape == (6, 32, 32, 3)
    points = {point for *_, point in tradeoff.lines(tradeoff.default(model), [0.5], [Curve(2.0, 10.0)], [0.2])}
    assert len(tradeoff.measure(model, PACKED, CATEGORIES, classifier, points, DEVICE)) == len(points)


def colorize(model):
    colorizer = PhotoColorizer(TorchNetwork(model, device=str(DEVICE)), image_size=32, threads=1)
    hints = [(3, 4, "#2f5d3a"), (20, 30, "keep")] if hasattr(model, "hinted") else []
    assert colorizer.colorize(PHOTO, hints=hints).shape == (50, 44, 3)
    if hasattr(model, "sample"):
        assert len(colorizer.predict(levels_of_array(PHOTO)[0], samples=2)) == 2


@pytest.mark.parametrize("name", SMALL)
def test_all_tensors_of_a_network_meet_on_the_gpu(name, monkeypatch):
    """It fails if tensors of two devices meet, or if one on the GPU is read as an array or has double precision.

    It cannot see: numbers, and what depends on them (rounding, NaN, a random draw); time and memory; what CUDA's
    kernels support; streams and threads; several GPUs; the counts of colours that Zhang's model prepares from, whose
    shape depends on numbers; LPIPS and FID.
    """
    walk(name, monkeypatch)


def test_double_precision_is_looked_for(monkeypatch):
    with gpu(monkeypatch):
        assert has_double(DEVICE)
    with gpu(monkeypatch, double=False):
        assert has_double(torch.device("cpu")) and not has_double(DEVICE)
