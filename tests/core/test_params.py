"""params.yaml: the presets agree, numbers are read correctly, and every mistake is reported in one line."""

import copy
import dataclasses
import datetime
import functools
import os
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parameters import every_model

from colorization.core.errors import InputError, shown
from colorization.core.params import PAPER, Config, description, from_tree, load_config
from colorization.core.schema import COUNTS, EMPTY, MOST, NAMED

NUMBERS, WHOLE, TEXTS = tuple[float, ...], tuple[int, ...], tuple[str, ...]
PRESETS = sorted((ROOT / "presets").glob("*.yaml"))
SAMPLE = (ROOT / "presets/sample.yaml").read_text()
TREE = every_model()


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
    """(key, field) of every value, from the config's own description, so that new keys are included."""
    for f in dataclasses.fields(cls):
        if f.name == "models" and cls is Config:
            for name in TREE["models"]:
                yield from keys(description(name).Params, f"models.{name}.")
        elif dataclasses.is_dataclass(f.type):
            yield from keys(f.type, f"{prefix}{f.name}.")
        else:
            yield prefix + f.name, f


def refused(tmp_path, tree):
    """The error message: one short printable line. Trees are checked directly, because writing and reading is slow."""
    with pytest.raises(InputError) as caught:
        load_config(write(tmp_path, tree)) if isinstance(tree, str) else from_tree(tree)
    line = f" {caught.value}".replace(str(tmp_path), "")
    assert len(line) < 500 and shown(line) == line
    return line


@pytest.mark.parametrize("path", PRESETS, ids=lambda p: p.stem)
def test_presets_are_valid_and_have_the_same_keys(path):
    """Beside the list of models, named folders, their copies, and weights to start from, which a preset chooses."""
    load_config(path)

    def shape(tree):
        return {key: shape(value) for key, value in tree.items()} if isinstance(tree, dict) else None

    tree = yaml.safe_load(path.read_text())
    tree["data"]["folder"]["path"], tree["train"]["copies"], tree["train"]["start"] = "", {}, {}
    expected = shape(TREE) | {"models": shape({name: TREE["models"][name] for name in tree["models"]})}
    assert shape(tree) == expected


def test_committed_parameters_are_the_sample_preset():
    assert (ROOT / "params.yaml").read_text() == (ROOT / "presets/sample.yaml").read_text()


def test_paper_100_is_the_paper_for_100_epochs():
    paper, longer = (yaml.safe_load((ROOT / f"presets/{name}.yaml").read_text()) for name in ("paper", "paper-100"))
    for name in paper["models"]:
        assert longer["models"][name].pop("epochs") == 100 == 5 * paper["models"][name].pop("epochs")
    assert longer == paper


@pytest.mark.parametrize("text", ["1e-4", "1e-04", "0.0001", "1.0e-4"])
def test_rates_in_any_notation_become_floats(tmp_path, text):
    path = write(tmp_path, (ROOT / "presets/sample.yaml").read_text().replace("lr: 0.0005", f"lr: {text}"))
    lr = load_config(path).models["gan"].lr
    assert isinstance(lr, float) and lr == 0.0001


HUGE = [10**30, -(10**30), 1e308, 2**20_000, "9" * 5_000]
EVERY_KEY = pytest.mark.parametrize("key, f", keys(), ids=lambda x: x if isinstance(x, str) else "")
EVERY_NUMBER = pytest.mark.parametrize(
    "key, f",
    [(k, f) for k, f in keys() if f.type in (int, float, NUMBERS, WHOLE)],
    ids=lambda x: x if isinstance(x, str) else "",
)
EVERY_TEXT = pytest.mark.parametrize(
    "key, f", [(k, f) for k, f in keys() if f.type in (str, NAMED)], ids=lambda x: x if isinstance(x, str) else ""
)


@EVERY_KEY
def test_every_key_is_required_and_typed(key, f, tmp_path):
    assert f"{key}: missing" in refused(tmp_path, changed(key, ...))
    mistyped = [
        None,
        {"a": 1.5 if f.type == COUNTS else 1},
        "x\ny",
        1 if f.type is bool else True,
        3 if f.type in (str, NAMED) else "x y",
    ]
    mistyped += [1.5] if f.type is int else []
    numbers = [1, [], [1] * (MOST + 1), [None], [[1]], [1, "x"], [True]]
    lists = {NUMBERS: numbers, WHOLE: [*numbers, [1.5]],
             COUNTS: [[], {"A b": 1}, {"a": "x"}, {"a": 0}, {"a": True}, {"a": {}}, {1: 1}],
             NAMED: [[] if EMPTY in f.metadata else {}, {"A b": "x"}, {"a": ["x"]}, {1: "x"}, {"a": "x\ny"}, [1]],
             TEXTS: ["vae", ["vae"] * (MOST + 1), [None], [["vae"]], ["vae", 1], ["nix"], ["a\nb"]]}  # fmt: skip
    if f.type == TEXTS and EMPTY not in f.metadata:
        mistyped.append([])
    mistyped += lists.get(f.type, [[1]])
    for wrong in [*mistyped, [[["x" * 999] * 99] * 99], datetime.date(2001, 1, 1), b"\0\xff"]:
        assert re.search(f" {key}(.a)?: ", refused(tmp_path, changed(key, wrong)))  # .a: a text of a named block
    block = key.rpartition(".")[0]
    for unknown in ("x" * 99_999, "\x1b[2J\n", 7, None, ("x" * 999,) * 99):
        tree = changed(key, ...)
        functools.reduce(dict.__getitem__, block.split("."), tree)[unknown] = 1
        assert f" {block}." in (line := refused(tmp_path, tree)) and ": unknown key; the keys here are " in line


def test_every_type_of_key_is_known_here():
    """Keys of other types would need their own mistakes above."""
    assert {f.type for _, f in keys()} == {int, float, str, bool, NUMBERS, WHOLE, TEXTS, NAMED, COUNTS}


@EVERY_NUMBER
def test_every_number_has_its_bounds(key, f, tmp_path):
    low = f.metadata["low"] if f.metadata["above"] is None else f.metadata["above"]
    assert low is not None and f.metadata["high"] is not None, "no rule says which values make sense"
    wrong = [low if f.metadata["above"] is not None else low - 1, f.metadata["high"] + 1, -2, *HUGE]
    wrong += [float("nan"), float("inf"), float("-inf"), "nan", "-inf"] + ([0] if low > 0 else [])
    for value in wrong:
        value = [f.metadata["high"], value] if f.type in (NUMBERS, WHOLE) else value
        assert f" {key}: " in refused(tmp_path, changed(key, value))


def test_lists_of_numbers_in_any_notation_become_tuples():
    assert from_tree(changed("tradeoff.saturations", [1, "1e-1", 0.5])).tradeoff.saturations == (1.0, 0.1, 0.5)


@pytest.mark.parametrize(
    "text", ["0x" + "f" * 9_999, "9" * 5_000, "1:" * 3_000 + "1"], ids=("hex", "digits", "base 60")
)
@pytest.mark.parametrize("key", ["seed: ", "lr: "])
def test_a_number_with_thousands_of_digits_is_refused(text, key, tmp_path):
    line = refused(tmp_path, re.sub(f"{key}[0-9.]+", key + text, SAMPLE, count=1))
    assert f"{key.strip()} " in line or "not YAML: Exceeds the limit" in line


@EVERY_TEXT
def test_long_texts_and_control_characters_are_refused(key, f, tmp_path):
    for wrong in ("x" * 5_000, "a\nb", "\x1b[2J", "\0", "\u202e"):
        told, value = (f"{key}.vae", {"vae": wrong}) if EMPTY in f.metadata else (key, wrong)
        assert f" {told}: must be one line of at most 4096 characters, not " in refused(tmp_path, changed(key, value))


def test_paths_may_use_any_script(tmp_path):
    path = "~/תמונות/写真/Ελλάδα ۱/👨‍👩‍👧 'x' \"y\" $HOME #1"
    assert load_config(write(tmp_path, changed("data.folder.path", path))).data.folder.path == {"": path}
    several = {"scenes": path, "faces-2": "b.zip"}
    assert load_config(write(tmp_path, changed("data.folder.path", several))).data.folder.path == several


@pytest.mark.parametrize(
    "key, value, told",
    [
        ("data.image_size", 0, "data.image_size: must be at least 32, not 0"),
        (
            "models.gan.depth",
            7,
            "data.image_size: models.gan halves the side 7 times and needs a multiple of 128, not 64; or change",
        ),
        ("models.resunet.width", 5, "models.resunet.width: must be even for its attention, not 5"),
        ("models.gan.lr", -0.1, "models.gan.lr: must be above 0.0, not -0.1"),
        ("models.gan.lrr", 1, "models.gan.lrr: unknown key; the keys here are epochs, batch_size, lr,"),
        (
            "models.unet",
            {},
            "models.unet: unknown model; it needs a folder src/colorization/models/unet",
        ),
        ("models.vae.predicts", "lab", "models.vae.predicts: must be one of ab, rgb, not 'lab'"),
        ("data.source", "folder", "data.folder.path: empty"),
        ("data.folder.path", {"My photos": "a.zip"}, "data.folder.path: a name must look like [a-z][a-z0-9_-]{0,29}"),
        ("data.unlabelled", "test", "data.unlabelled: must be one of train, leave, not 'test'"),
        ("data.resize", 40, "data.resize: must be 0 or at least data.image_size (64), not 40"),
        ("data.kaggle.dataset", "intel", "data.kaggle.dataset: must look like ["),
    ],
)
def test_mistakes_are_reported_with_their_key(tmp_path, key, value, told):
    assert told in refused(tmp_path, changed(key, value))


@pytest.mark.parametrize("name, change", [("resunet", {"depth": 5}), ("ours", {"enlarge": 1.0})])
def test_batch_norm_gets_more_than_one_value(name, change):
    fit = dataclasses.replace(load_config(ROOT / "params.yaml").models[name], batch_size=1, **change)
    fit.check(name, 64)
    with pytest.raises(InputError, match=rf"models.{name}.batch_size: must be 2 or more"):
        fit.check(name, 32)
    dataclasses.replace(fit, batch_size=2).check(name, 32)


BOMB = "a: &a [x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghi"))
MERGES = "a: &a {k: 1}\n" + "".join(
    f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 9)}]}}\n" for a, b in pairwise("abcdefghi")
)
NO_PARAMETERS = {
    "empty": ("", "the file: expected a block of keys, not None"),
    "a list": ("- 1", "the file: expected a block of keys, not [1]"),
    "a block that is missing": ("data: 3", "train: missing"),
    "a block that is a number": (
        "plot: 3\n" + SAMPLE[: SAMPLE.index("\nplot:") + 1] + SAMPLE[SAMPLE.index("human_study:") :],
        "plot: expected a block of keys, not 3",
    ),
    "an unknown key that is no text": ("? [1]\n: 2", "unhashable key"),
    "no end": ("a: [", "not YAML"),
    "a tab": (SAMPLE.replace("  source", "\tsource"), "cannot start any token"),
    "NUL": ("\x00", "not YAML"),
    "a key twice": (SAMPLE.replace("  seed:", "  seed: 7\n  seed:"), "the key 'seed' appears twice in the block"),
    "a block twice": (SAMPLE + "\ndata: {}\n", "the key 'data' appears twice in the block"),
    "a bomb": (BOMB + "data: *i\n", "an alias"),
    "a bomb of merged keys": (MERGES + "data: *i\n", "an alias"),
    "itself": ("data: &a\n  sample: *a\n", "an alias"),
    "an object": ("data: !!python/object/apply:os.system ['touch pwned']", "could not determine a constructor"),
    "a date that is none": ("data: 2001-99-99", "not YAML: month must be in 1..12"),
    "a bool that is none": ("data: !!bool maybe", "not YAML"),
    "deep": ("[" * 5_000, "not YAML"),
    "deep and whole": ("data: " + "[" * 5_000 + "]" * 5_000, "not YAML"),
    "two documents": (SAMPLE + "---\n" + SAMPLE, "expected a single document"),
    "a megabyte": (SAMPLE.replace("path: ''", f"path: {'x' * 2**20}"), "has more than 64 KB"),
}


@pytest.mark.parametrize("name", NO_PARAMETERS)
def test_files_that_are_not_parameters_are_refused(name, tmp_path):
    text, told = NO_PARAMETERS[name]
    assert told in refused(tmp_path, text)
    assert not (ROOT / "pwned").exists()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"data: \xe9", "data: 1".encode("utf-16"), b"\x80" * 99])
def test_files_that_are_not_utf_8_are_refused(content, tmp_path):
    (tmp_path / "params.yaml").write_bytes(content)
    with pytest.raises(InputError, match="not YAML: 'utf-8' codec"):
        load_config(tmp_path / "params.yaml")


def test_missing_files_and_folders_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path, tmp_path / "gone.yaml", tmp_path / "pipe.yaml", Path("/dev/zero")):
        with pytest.raises(InputError, match="file not found"):
            load_config(path)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=9,
    ),
    st.sampled_from([key for key, _ in keys()]),
)
@settings(
    max_examples=80,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_value_of_any_key_is_accepted_or_refused_with_its_key(tmp_path, value, key):
    path = write(tmp_path, changed(key, value))
    try:
        config = load_config(path)
    except InputError as error:
        assert str(error).startswith(str(path)) and shown(str(error)) == str(error) and len(str(error)) < 700
        assert f" {key}" in str(error) or "not YAML" in str(error) or key in ("data.image_size", "data.source")
    else:
        found = config
        for name in key.split("."):
            found = found[name] if isinstance(found, dict) else getattr(found, name)
        if isinstance(found, dict) and isinstance(value, str):  # one text, whose name is ""
            value = {"": value}
        numbers = {float: float, tuple: lambda many: tuple(map(float, many))}
        assert found == pytest.approx(numbers[type(found)](value) if type(found) in numbers else value)


@pytest.mark.parametrize(
    "name", ["../vae", "common", "gray", "", "Vae", "a b", 7, None, "x" * 999, "\x1b[2J", "classifier"]
)
def test_a_model_needs_a_folder_of_its_own(tmp_path, name):
    tree = copy.deepcopy(TREE)
    tree["models"][name] = tree["models"]["vae"]
    assert " unknown model; " in refused(tmp_path, tree)


def test_a_study_may_have_any_models_but_not_none(tmp_path):
    tree = changed("human_study.models", ["vae"])
    tree["hints"]["models"] = []
    tree["models"] = {"vae": TREE["models"]["vae"]}
    assert list(from_tree(tree).models) == ["vae"]
    assert "models: empty; name at least one model" in refused(tmp_path, tree | {"models": {}})


@pytest.mark.parametrize("key", ["train.repeats", "hints.models", "human_study.models"])
def test_a_list_of_models_names_models_of_the_study(tmp_path, key):
    assert f"{key}: unet: unknown model; the models are resnet, gan, " in refused(tmp_path, changed(key, ["unet"]))


def test_dvc_takes_the_models_from_the_parameters_alone():
    text = (ROOT / "dvc.yaml").read_text()
    stages = yaml.safe_load(text)["stages"]
    matrices = [stage["matrix"] for stage in stages.values() if "matrix" in stage]
    assert {matrix["model"] for matrix in matrices} == {"${models}", "${hints.models}", "${train.repeats}"}
    assert not any(name in text for name in TREE["models"] if name not in PAPER)


def test_a_network_without_a_depth_names_its_stride_too():
    tree = every_model()
    tree["data"]["image_size"] = 36
    for name in ("gan", "resunet", "pix2pix"):
        tree["models"][name]["depth"] = 2
    told = "^data.image_size: models.vae halves the side 3 times and needs a multiple of 8, not 36$"
    with pytest.raises(InputError, match=told):
        from_tree(tree)
