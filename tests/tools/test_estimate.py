"""The estimate of training times: every model and the classifier, from the packed photographs."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT

from colorization.core.errors import InputError
from colorization.core.params import load_config
from colorization.dataset.photos import Photos
from tools import estimate


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A workspace with a dozen packed photographs of two categories, and the sample's parameters."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    (tmp_path / "data/lab").mkdir(parents=True)
    side = load_config(ROOT / "params.yaml").data.image_size
    np.save(tmp_path / "data/lab/train.npy", np.zeros((12, 3, side, side), np.float16))
    rows = [(split, row, ("sea", "street")[row % 2]) for split in ("train", "val", "test") for row in range(12)]
    pd.DataFrame(rows, columns=["split", "row", "category"]).to_csv(tmp_path / "data/lab/index.csv", index=False)
    monkeypatch.chdir(tmp_path)


FASTER = [(2, "bf16-mixed", "LT_PRECISION=bf16-mixed"), (0.5, "32-true", "the default")]


@pytest.mark.parametrize("gain, faster, advice", FASTER)
def test_every_training_has_a_line_and_the_sum_is_theirs(study, monkeypatch, capsys, gain, faster, advice):
    monkeypatch.setattr("sys.argv", ["estimate", "0.01"])
    monkeypatch.setattr(estimate, "rate", lambda name, *args: len(name) * (gain if args[-1] == "bf16-mixed" else 1.0))
    config = load_config()
    estimate.main()
    _, _, *rows, last = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows] == [*config.models, "classifier"]
    for row in rows:
        pattern = r"(\w+) +(\d+) epochs +([\d.]+)/s .* ([\d.]+)/s .* ([\w-]+)"
        name, epochs, full, half, better = re.fullmatch(pattern, row).groups()
        assert (float(full), float(half), better) == (len(name), gain * len(name), faster)
        assert int(epochs) == (config.classifier if name == "classifier" else config.model(name)).epochs
    assert last.startswith("all trainings: ") and " in 32-true, " in last and advice in last


def test_a_rate_is_measured_by_training(study):
    params = load_config().model("vae")
    photos = Photos(np.zeros((12, 3, 32, 32), np.float16), torch.device("cpu"))
    for precision in ("32-true", "bf16-mixed"):
        assert 0.1 < estimate.rate("vae", params, params.network(), photos, 0.01, precision) < 1e5


def test_the_time_is_that_of_all_epochs(monkeypatch, capsys):
    monkeypatch.setattr(estimate, "rate", lambda *args: 2.0)
    params = load_config(ROOT / "params.yaml").model("vae")
    assert estimate.expected("vae", params, {}, range(600), 1.0) == dict.fromkeys(
        ("32-true", "bf16-mixed"), params.epochs * 300
    )
    three = estimate.expected("vae", params, {}, range(600), 1.0, seeds=3)
    assert set(three.values()) == {3 * params.epochs * 300} and capsys.readouterr().out.endswith(", 3 seeds\n")
    assert [estimate.clock(s) for s in (29, 1800, 5400)] == ["0 min", "30 min", "1.5 h"]


def test_bad_input_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["estimate"])
    with pytest.raises(InputError, match="train.npy: missing; run: dvc repro preprocess"):
        estimate.main()
    monkeypatch.setattr("sys.argv", ["estimate", "soon"])
    with pytest.raises(InputError, match="soon: not a number of seconds"):
        estimate.main()
