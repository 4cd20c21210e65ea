"""params.yaml: the presets agree, numbers are numbers, and every mistake is named in one line."""

import copy
import dataclasses

import pytest
import yaml
from conftest import ROOT

from colorization.config import MODELS, Config, load_config
from colorization.errors import InputError

PRESETS = sorted((ROOT / "presets").glob("*.yaml"))
TREE = yaml.safe_load((ROOT / "presets/sample.yaml").read_text())


def write(tmp_path, tree):
    path = tmp_path / "params.yaml"
    path.write_text(tree if isinstance(tree, str) else yaml.safe_dump(tree))
    return path


def changed(key, value):
    tree = copy.deepcopy(TREE)
    *blocks, last = key.split(".")
    block = tree
    for name in blocks:
        block = block[name]
    if value is ...:
        del block[last]
    else:
        block[last] = value
    return tree


def keys(cls=Config, prefix=""):
    """(key, field) of every value, from the config's own description: a new one cannot be forgotten."""
    for f in dataclasses.fields(cls):
        if dataclasses.is_dataclass(f.type):
            yield from keys(f.type, f"{prefix}{f.name}.")
        else:
            yield prefix + f.name, f


def refused(tmp_path, tree):
    with pytest.raises(InputError) as caught:
        load_config(write(tmp_path, tree))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("path", PRESETS, ids=lambda p: p.stem)
def test_presets_are_valid_and_have_the_same_keys(path):
    load_config(path)

    def shape(tree):
        return {key: shape(value) for key, value in tree.items()} if isinstance(tree, dict) else None

    assert shape(yaml.safe_load(path.read_text())) == shape(TREE)


def test_committed_parameters_are_the_sample_preset():
    assert (ROOT / "params.yaml").read_text() == (ROOT / "presets/sample.yaml").read_text()


@pytest.mark.parametrize("text", ["1e-4", "1e-04", "0.0001", "1.0e-4"])
def test_rates_are_numbers_however_they_are_written(tmp_path, text):
    path = write(tmp_path, (ROOT / "presets/sample.yaml").read_text().replace("lr: 0.0002", f"lr: {text}"))
    lr = load_config(path).train.gan.lr
    assert isinstance(lr, float) and lr == 0.0001


@pytest.mark.parametrize("key, f", keys(), ids=lambda x: x if isinstance(x, str) else "")
def test_every_key_is_required_and_typed(tmp_path, key, f):
    assert f"{key}: missing" in refused(tmp_path, changed(key, ...))
    for wrong in (None, [1], {"a": 1}, 1 if f.type is bool else True, 3 if f.type is str else "x y"):
        assert f" {key}: " in refused(tmp_path, changed(key, wrong))


@pytest.mark.parametrize(
    "key, f", [(k, f) for k, f in keys() if f.type in (int, float)], ids=lambda x: x if isinstance(x, str) else ""
)
def test_every_number_has_its_bounds(tmp_path, key, f):
    wrong = [-2, float("nan"), float("inf"), "-inf"] + ([10**12] if f.metadata["high"] is not None else [])
    wrong += [0] if f.metadata["above"] == 0 or (f.metadata["low"] or 0) > 0 else []
    for value in wrong:
        assert f" {key}: " in refused(tmp_path, changed(key, value))


@pytest.mark.parametrize(
    "key, value, told",
    [
        ("data.image_size", 0, "data.image_size: must be at least 32, not 0"),
        ("train.gan.depth", 7, "train.gan.depth: 7 halvings need a data.image_size that is a multiple of 128, not 48"),
        ("train.gan.lr", -0.1, "train.gan.lr: must be above 0.0, not -0.1"),
        ("train.gan.lrr", 1, "train.gan.lrr: unknown key; the keys here are epochs, batch_size, lr,"),
        ("train.unet", {}, "train.unet: unknown key; the keys here are seed, seeds, resnet, gan, vae"),
        ("train.vae.predicts", "lab", "train.vae.predicts: must be one of ab, rgb, not 'lab'"),
        ("data.source", "folder", "data.folder.path: empty"),
        ("data.resize", 40, "data.resize: must be 0 or at least data.image_size (48), not 40"),
        ("data.kaggle.dataset", "intel", "data.kaggle.dataset: 'intel' does not look like"),
    ],
)
def test_mistakes_are_named(tmp_path, key, value, told):
    assert told in refused(tmp_path, changed(key, value))


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "data: 3", "\x00"])
def test_files_that_are_no_parameters(tmp_path, text):
    assert "params.yaml" in refused(tmp_path, text)


def test_models_have_one_name_everywhere():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    assert stages["train"]["matrix"]["model"] == stages["evaluate"]["matrix"]["model"] == list(MODELS)
    assert all((ROOT / f"src/colorization/models/{name}.py").exists() for name in MODELS)
