"""`pip install .` is enough for the bundled network: nothing of the study is imported."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT, jpeg

STUDY = ("torch", "torchvision", "lightning_fabric", "pandas", "matplotlib", "scipy", "skimage", "kaggle", "onnx",
         "yaml", "dvc", "imagehash", "jinja2", "array_api_compat")  # fmt: skip
WITHOUT = f"""
import sys
sys.modules |= dict.fromkeys({STUDY}, None)  # an import of these raises ModuleNotFoundError
"""
LIBRARY = f"""{WITHOUT}
import numpy as np
from PIL import Image
from colorization import load
model = load()
result = model.colorize(Image.open("a.jpg"), hints=[(20, 30, "#2f5d3a")])
assert result.size == (80, 64) and np.ptp(np.asarray(result).astype(int), axis=-1).max() > 5
deep = model.colorize(np.zeros((5, 7), np.uint16), saturation=1)
assert deep.shape == (5, 7, 3) and deep.dtype == np.uint16
"""
COMMAND = f"""{WITHOUT}
from colorization.command.main import main
sys.argv[0] = "colorize"
main()
"""

EXPORT = f"""{WITHOUT}
import runpy
sys.path.insert(0, {str(ROOT)!r})
sys.argv[0] = "export"
runpy.run_module("tools.export", run_name="__main__")
"""


@pytest.fixture
def run(tmp_path):
    """Python code in a process of its own, in a folder with a photograph."""
    (tmp_path / "a.jpg").write_bytes(jpeg(1))

    def run(code: str, *arguments) -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ)

    return run


def test_the_library_needs_nothing_of_the_study(run):
    done = run(LIBRARY)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_needs_nothing_of_the_study(run, tmp_path):
    done = run(COMMAND, "a.jpg", "-o", "out.png", "--compare", "--hint", "20,30,#2f5d3a")
    assert done.returncode == 0 and "1 photograph colorized with ours: out.png" in done.stdout, done.stderr
    assert (tmp_path / "out.png").exists() and (tmp_path / "out-compare.png").exists()
    assert "(default)" in run(COMMAND, "--list").stdout


def test_weights_of_torch_without_torch_are_one_line(run, trained):
    path = trained / "models/vae.safetensors"
    done = run(COMMAND, "a.jpg", "--model", path)
    assert done.returncode == 1 and done.stderr.startswith(f"error: {path}: needs torch; install it with: pip install")
    assert len(done.stderr.splitlines()) == 1


def test_onnx_runtime_does_not_tell_its_makers(run, tmp_path, monkeypatch):
    """Its telemetry, which starts when it is imported, leaves a file in the temporary folder."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    assert run(LIBRARY).returncode == 0
    assert not list((tmp_path / "temporary").iterdir())
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    if run("import onnxruntime").returncode == 0 and not list((tmp_path / "temporary").iterdir()):
        pytest.skip("this version of ONNX Runtime has no telemetry")


def test_an_export_without_the_studys_packages_says_what_to_install(run):
    done = run(EXPORT, "a.safetensors")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "export needs the package onnx; pip install" in done.stderr and "[study]" in done.stderr
