"""Compiled trainings: the numbers, names and states of ordinary ones."""

import shutil

import pandas as pd
import pytest
import torch
from lightning_fabric import Fabric
from trainings import train

from colorization.core.errors import InputError
from colorization.dataset.devices import COMPILE, launch
from colorization.training.compiled import compiled

FULL = 8, 4  # photographs in whole batches: other sizes would be traced again, which takes most of the time
CLOSE = 1e-6  # relative difference of a loss, which is stored in float32


@pytest.fixture(autouse=True)
def double(monkeypatch):
    """Double precision, so that rounding stays small; and an error where torch would give up compiling."""
    torch.set_default_dtype(torch.float64)
    monkeypatch.setattr(torch._dynamo.config, "fail_on_recompile_limit_hit", True)
    yield
    torch.set_default_dtype(torch.float32)


def trained(name, folder, wanted, monkeypatch, **counts):
    monkeypatch.setenv(COMPILE, wanted)
    folder.mkdir(exist_ok=True)
    return train(name, folder, Fabric(accelerator="cpu", devices=1), **counts)


def same(one, other):
    pd.testing.assert_frame_equal(pd.DataFrame(one["history"]), pd.DataFrame(other["history"]), rtol=CLOSE)
    assert one["weights"].keys() == other["weights"].keys()
    for name, weights in one["weights"].items():
        assert other["weights"][name] == pytest.approx(weights, rel=1e-5, abs=1e-8), name


@pytest.fixture
def traced(monkeypatch):
    """torch.compile without the compiler, which takes minutes: it traces and runs the passes. Counts its calls."""
    calls, compile = [], torch.compile

    def counted(one, mode):
        calls.append(one.__name__)
        return compile(one, backend="aot_eager")

    monkeypatch.setattr(torch, "compile", counted)
    return calls


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gan"])  # the VAE follows below; the others take most of a minute
def test_a_traced_training_gives_the_numbers_of_an_ordinary_one(name, tmp_path, monkeypatch, traced):
    torch._dynamo.utils.counters.clear()
    plain = trained(name, tmp_path / "plain", "0", monkeypatch, counts=FULL)
    assert not traced
    found = trained(name, tmp_path / "traced", "1", monkeypatch, counts=FULL)
    same(found, plain)
    assert traced and torch._dynamo.utils.counters["stats"]["unique_graphs"] >= 2 * len(traced)
    assert not torch._dynamo.utils.counters["graph_break"]


@pytest.mark.slow
def test_a_training_goes_on_compiled_or_not(tmp_path, monkeypatch, traced):
    plain = trained("vae", tmp_path / "plain", "0", monkeypatch, counts=FULL)
    trained("vae", tmp_path / "traced", "graphs", monkeypatch, counts=FULL)
    for first, then in (("plain", "graphs"), ("traced", "0")):
        folder = tmp_path / f"{first} first"
        shutil.copytree(tmp_path / first / "early", folder)
        same(trained("vae", folder, then, monkeypatch, counts=FULL), plain)


def test_the_compiler_gives_the_numbers_and_leaves_the_names(tmp_path, monkeypatch):
    """A small network: the compiler takes most of a minute for the smallest one of the study."""
    from torch._inductor.cpp_builder import get_cpp_compiler

    try:
        get_cpp_compiler()
    except RuntimeError:
        pytest.skip("no C++ compiler")
    monkeypatch.setenv(COMPILE, "1")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(torch._inductor.config, "compile_threads", 1)
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Sigmoid())
    model.passes = lambda: [model.forward]
    x, names = torch.ones(4, 3), list(model.state_dict())
    expected = model(x)
    with compiled(model, 1):
        assert "forward" in vars(model) and list(model.state_dict()) == names
        found = model(x)
    assert torch.allclose(found, expected, rtol=1e-12) and any(tmp_path.rglob("*.so"))


def test_several_processes_and_a_missing_compiler_are_refused(monkeypatch, tmp_path):
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Sigmoid())
    model.passes = lambda: [model.forward]
    monkeypatch.setenv(COMPILE, "1")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    with pytest.raises(InputError, match="^COLORIZATION_COMPILE: only for one process, not 2; "), compiled(model, 2):
        pass
    missing = torch._inductor.config.patch({"cpp.cxx": ("no-compiler",)})
    told = "^COLORIZATION_COMPILE: torch cannot compile here .*; set it to 0$"
    with missing, pytest.raises(InputError, match=told), compiled(model, 1):
        model(torch.ones(3, 1))
    assert "forward" not in vars(model), "it is as before"


def test_another_wish_is_refused_before_the_training(monkeypatch):
    monkeypatch.setenv(COMPILE, "yes")
    with pytest.raises(InputError, match="^COLORIZATION_COMPILE: yes is not one of 0, 1, graphs$"):
        launch()
