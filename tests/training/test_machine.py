"""Settings of the machine: deterministic kernels, and what a trained model's file says about its training."""

import json
import os
import subprocess
import sys

import pytest
import torch
from conftest import ROOT
from safetensors.numpy import save_file
from simulated import fabric

from colorization.core.errors import InputError
from colorization.dataset import devices
from colorization.models.common.description import metadata, read_description
from colorization.photo import catalog

KERNELS = """
import json, os, torch
from colorization.dataset import devices
cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
for start in (devices.launch, devices.one_device, lambda: devices.find_device("cpu")):
    start()
    print(json.dumps([torch.are_deterministic_algorithms_enabled(), cudnn.allow_tf32, matmul.allow_tf32,
                      cudnn.benchmark, os.environ.get("CUBLAS_WORKSPACE_CONFIG")]))
"""


@pytest.mark.parametrize("wanted", ["0", "1"])
def test_kernels_are_deterministic_on_request(wanted):
    env = os.environ | {devices.DETERMINISTIC: wanted, devices.ACCELERATOR: "cpu"}
    env.pop("CUBLAS_WORKSPACE_CONFIG", None)
    command = [sys.executable, "-W", "error::UserWarning", "-c", KERNELS]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=env)
    deterministic = [[True, False, False, False, ":4096:8"]] * 3
    fast = [[False, True, False, same_sizes, None] for same_sizes in (True, True, False)]
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert found == (deterministic if wanted == "1" else fast)


def test_another_wish_is_refused(monkeypatch):
    monkeypatch.setenv(devices.DETERMINISTIC, "yes")
    for start in (devices.launch, devices.one_device, lambda: devices.find_device("cpu")):
        with pytest.raises(InputError, match="^COLORIZATION_DETERMINISTIC: yes is not one of 0, 1$"):
            start()


def test_a_file_names_the_machine_of_its_training(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"a GPU \x1b[31m {device}")
    monkeypatch.setenv("LT_PRECISION", "bf16-mixed")
    (tmp_path / "models").mkdir()
    for name, about in (("vae", devices.machine(fabric("bf16-mixed"))), ("gan", {}), ("zhang", {"device": 1})):
        about |= {"image_size": 32, "photographs": 2000}
        described = metadata({"model": name, "network": {}, "about": about, "sha256": ""})
        save_file({}, tmp_path / f"models/{name}.safetensors", metadata=described)
    found = {
        name: read_description(tmp_path / f"models/{name}.safetensors").machine for name in ("vae", "gan", "zhang")
    }
    assert found == {"vae": r"bf16-mixed, a GPU \x1b[31m cuda:0", "gan": "", "zhang": "1"}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "none")
    (row,) = [row for row in catalog.table().splitlines() if row.startswith("vae")]
    assert row.endswith(r"[bf16-mixed, a GPU \x1b[31m cuda:0]")
    assert all(model.about for model in catalog.models()), "files without the machine, as the bundled one, load"


@pytest.mark.parametrize("flags, warned", [("flags : sse2 avx2 avx512f", True), ("flags : avx2 avx512_bf16", False)])
def test_half_precision_without_its_instructions_is_told(flags, warned, tmp_path, monkeypatch, capsys):
    (tmp_path / "cpuinfo").write_text(flags)
    monkeypatch.setattr(devices, "PROCESSORS", tmp_path / "cpuinfo")
    monkeypatch.setenv("LT_ACCELERATOR", "cpu")
    monkeypatch.setenv("LT_PRECISION", "bf16-mixed")
    devices.launch()
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: LT_PRECISION")]
    assert len(told) == warned
