"""The weights in an exported network come back as they were."""

import sys
from dataclasses import replace

import pytest
import torch
from conftest import ROOT
from safetensors.torch import load_file

from colorization.core.errors import InputError
from colorization.core.params import load_config
from colorization.export.network import export
from colorization.models.common.contract import Colorizer
from colorization.models.common.onnx_file import sealed
from colorization.models.common.weights import build, load_model, save_model
from tools import start
from tools.half_precision import halved

NETWORK = replace(load_config(ROOT / "presets/sample.yaml").model("ours"), width=8, encoder_weights="none").network()
ABOUT = {"image_size": 32, "photographs": 9}


@pytest.fixture
def trained():
    """A network without two equal tensors, which the exporter would join."""
    torch.manual_seed(1)
    model = build("ours", NETWORK)
    model.load_state_dict({name: torch.rand(value.shape).to(value.dtype) for name, value in model.state_dict().items()})
    return model


def exported(weights, folder):
    source, target = folder / "source.safetensors", folder / "ours.onnx"
    save_model(source, weights, name="ours", network=NETWORK, about=ABOUT)
    export(source, target)
    return target


@pytest.mark.parametrize("half", [False, True])
def test_weights_return_from_an_export(trained, tmp_path, half, monkeypatch):
    weights = halved(trained.state_dict()) if half else trained.state_dict()
    target = tmp_path / "again.safetensors"
    monkeypatch.setattr(sys, "argv", ["start", str(exported(weights, tmp_path)), str(target)])
    start.main()
    found = load_model(target, Colorizer).state_dict()
    for name, value in weights.items():
        if value.is_floating_point():
            assert torch.equal(found[name], value.float()), name
    assert {value.dtype for value in load_file(target).values()} == {torch.float32, torch.int64}


def test_a_file_without_every_weight_is_named(trained, tmp_path):
    target, file = tmp_path / "again.safetensors", tmp_path / "ours.onnx"
    with pytest.raises(InputError, match="ours.onnx: file not found"):
        start.convert(file, target)
    file.write_bytes(b"\x08\x08")
    with pytest.raises(InputError, match="ours.onnx: damaged, or not an exported network"):
        start.convert(file, target)
    file.write_bytes(sealed(b"", {"model": "ours", "network": NETWORK}))
    with pytest.raises(InputError, match="ours.onnx: .* is missing; 8-bit integers cannot be trained on"):
        start.convert(file, target)
    assert not target.exists()
