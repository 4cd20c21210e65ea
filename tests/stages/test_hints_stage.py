"""The stage `hints` on tiny data: a table for a model that takes hints, an error for others, figure and page."""

import shutil
import sys

import pandas as pd
import pytest
import torch
import yaml
from conftest import run, tiny_params

from colorization.models.common.weights import build, save_model

pytestmark = pytest.mark.slow


def stage(folder, *words):
    return run([sys.executable, "-m", *words], folder)


@pytest.fixture(scope="module")
def told(repository):
    """The study with an untrained `ours` besides, after its stage `hints`: the folder and the table."""
    params = tiny_params()
    block = tiny_params(every_model=True)["models"]["ours"] | {"encoder_weights": "none"}
    params["models"]["ours"] = block
    (repository / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    fit = {"epochs", "batch_size", "lr", "lr_schedule", "beta1"}
    network = {key: value for key, value in block.items() if key not in fit}
    torch.manual_seed(0)
    weights = build("ours", network).state_dict()
    save_model(repository / "models/ours.safetensors", weights, name="ours", network=network, about={})
    stage(repository, "stages.hints", "ours")
    return repository, pd.read_csv(repository / "metrics/hints/ours.csv")


def test_a_model_that_takes_hints_has_every_count_with_intervals(told):
    _, table = told
    assert set(table.who) == {"network", "spread", "floor", "spread - floor", "known", "bound"}
    assert set(table["count"].dropna()) == {0, 3} and set(table.measure) == {"delta_e", "psnr", "ab_rmse", "skill"}
    whole = table[table.category.isna()]
    assert (whole.photographs == 6).all() and (whole.low <= whole.value).all() and (whole.value <= whole.high).all()


def test_a_model_that_takes_none_is_refused(told):
    folder, _ = told
    done = run([sys.executable, "-m", "stages.hints", "vae"], folder, check=False)
    assert (done.returncode, done.stderr) == (1, "error: hints.models: vae: takes no hints; leave it out\n")
    assert not (folder / "metrics/hints/vae.csv").exists()


def test_without_such_a_model_there_is_no_figure(told):
    folder, _ = told
    assert not (folder / "figures/hints.png").exists()
    assert "Colours that you know" not in (folder / "report/index.html").read_text()


def test_the_table_reaches_figure_and_page(told):
    folder, _ = told
    params = tiny_params()
    params["hints"]["models"] = ["vae"]
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    shutil.copyfile(folder / "metrics/hints/ours.csv", folder / "metrics/hints/vae.csv")  # as if the VAE took hints
    stage(folder, "stages.plot")
    stage(folder, "stages.report")
    assert (folder / "figures/hints.png").stat().st_size > 1000
    assert "Colours that you know" in (folder / "report/index.html").read_text()
