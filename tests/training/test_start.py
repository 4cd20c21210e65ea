"""A training that starts from trained weights."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from conftest import ROOT
from lightning_fabric import Fabric

from colorization.core import paths
from colorization.core.errors import InputError
from colorization.core.params import load_config
from colorization.dataset.photos import Photos
from colorization.models.common.weights import build, save_model
from colorization.training.train_model import surroundings, training

PARAMS = replace(load_config(ROOT / "presets/sample.yaml").model("vae"), latent_channels=4, epochs=1, lr=1e-9)


def photos(count):
    torch.manual_seed(count)
    return Photos(torch.rand(count, 3, 32, 32).sub(0.5).half(), torch.device("cpu"))


def trained(folder, start=None, share=0.0):
    fabric = Fabric(devices=1, accelerator="cpu")
    with training(
        "vae", PARAMS, PARAMS.network(), photos(8), photos(4), seed=1, fabric=fabric, files=[],
        checkpoints=folder / "checkpoints", start=start, start_share=share,
    ) as (_, fitted):  # fmt: skip
        return fitted


def saved(path, seed, **changes):
    torch.manual_seed(seed)
    network = PARAMS.network() | changes
    weights = build("vae", network).state_dict()
    save_model(path, weights, name="vae", network=network, about={})
    return weights


def test_a_training_starts_from_the_weights_of_a_file(tmp_path):
    start = saved(tmp_path / "start.safetensors", 7)
    found = trained(tmp_path, tmp_path / "start.safetensors").weights
    kernels = [name for name, value in start.items() if value.dim() == 4]
    assert kernels and all(torch.allclose(found[name], start[name], atol=1e-6) for name in kernels)
    own = trained(tmp_path).weights
    assert not any(torch.allclose(own[name], start[name], atol=1e-6) for name in kernels)


def test_the_outcome_is_a_mean_of_the_start_and_the_training(tmp_path):
    start = saved(tmp_path / "start.safetensors", 7)
    pure, mixed = (trained(tmp_path, tmp_path / "start.safetensors", share).weights for share in (0.0, 0.25))
    for name, value in mixed.items():
        expected = 0.75 * pure[name] + 0.25 * start[name] if value.is_floating_point() else pure[name]
        assert torch.allclose(value, expected, atol=1e-6), name
    assert any(not torch.allclose(mixed[name], pure[name], atol=1e-4) for name in mixed), "batch norm's means moved"


def test_a_start_lies_in_the_repository_or_at_home(monkeypatch):
    monkeypatch.setattr(paths, "ROOT", Path("/clone"))  # `dvc exp run --temp` runs in a copy of it
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")
    assert paths.start("ours.safetensors") == Path("/clone/ours.safetensors")
    assert paths.start("~/ours.safetensors") == Path("/home/me/ours.safetensors")
    assert paths.start(None) is None


def test_a_state_of_another_kind_of_device_is_not_resumed():
    cpu, cuda = (SimpleNamespace(device=torch.device(kind), world_size=1) for kind in ("cpu", "cuda:1"))
    assert surroundings(cpu, photos(2)) != surroundings(cuda, photos(2))


def test_another_network_or_no_file_is_one_line(tmp_path):
    saved(tmp_path / "wide.safetensors", 1, latent_channels=8)
    with pytest.raises(InputError, match=r"^train.start: .*wide.safetensors: another network .*; give both the same"):
        trained(tmp_path, tmp_path / "wide.safetensors")
    with pytest.raises(InputError, match=r"^train.start: .*nowhere.safetensors: file not found; name trained weights"):
        trained(tmp_path, tmp_path / "nowhere.safetensors")
    assert not [*tmp_path.rglob("state.pt")]
