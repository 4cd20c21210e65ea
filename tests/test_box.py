"""The model that comes with the package: which one is taken, what its file may hold, and how it gets there."""

import shutil
import sys

import numpy as np
import pytest
import torch
from conftest import jpeg
from safetensors import safe_open

from colorization import catalog, cli, load
from colorization.checkpoint import build, load_model, save_model
from colorization.errors import InputError

NETWORK = {"latent_channels": 4, "kl_weight": 0.1, "encoder_weights": "none", "predicts": "ab"}
SCORES = {"delta_e": 7.5, "psnr": 24.0, "colorfulness_ratio": 0.7}


def write_model(path, photographs, *, scores=None, half=False, seed=1):
    torch.manual_seed(seed)
    weights = build("vae", NETWORK).state_dict()
    if half:
        weights = {key: value.half() if value.is_floating_point() else value for key, value in weights.items()}
    about = {"image_size": 32, "photographs": photographs} | ({"scores": scores} if scores else {})
    save_model(path, weights, name="vae", network=NETWORK, about=about)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A fresh clone: a box with one half-precision model of 1,000 photographs, no models/, and a photograph."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(catalog, "CHECKOUT", tmp_path)
    monkeypatch.setattr(catalog, "BOX", tmp_path / "box")
    write_model(catalog.BOX / "best.safetensors", 1000, scores=SCORES, half=True)
    (tmp_path / "photo.jpg").write_bytes(jpeg(1))
    return tmp_path


@pytest.fixture
def colorize(monkeypatch, capsys):
    """The command, run in this process: what it prints. It must succeed."""

    def run(*arguments) -> str:
        monkeypatch.setattr(sys, "argv", ["colorize", *arguments])
        try:
            cli.main()
        except SystemExit as end:
            assert not end.code, end.code
        return capsys.readouterr().out

    return run


# which one is taken


def test_a_fresh_clone_colorizes_with_the_box(place, colorize):
    assert "colorized with best: out.jpg" in colorize("photo.jpg", "-o", "out.jpg")
    assert (place / "out.jpg").exists()
    row = colorize("--list").splitlines()[1]
    assert row.split()[:6] == ["best", "7.50", "24.00", "0.70", "1000", "32"]
    assert f"the box: {place}/box/best.safetensors  (default)" in row
    pixels = np.full((40, 40), 128, np.uint8)
    assert (load().colorize(pixels) == load("best").colorize(pixels)).all()


def test_the_sample_does_not_take_the_place_of_the_box(place, colorize):
    """Six photographs score better on themselves; the name in both places means the one that learned from more, too."""
    for name in ("vae", "best"):
        write_model(place / f"models/{name}.safetensors", 168)
    (place / "metrics").mkdir()
    (place / "metrics/summary.json").write_text('{"vae": {"delta_e": 1.0}, "best": {"delta_e": 2.0}}')
    assert "colorized with best" in colorize("photo.jpg", "-o", "a.jpg")
    assert catalog.find("best") == place / "box/best.safetensors"
    rows = [line.split() for line in colorize("--list").splitlines()[1:4]]
    assert [row[:2] for row in rows] == [["best", "7.50"], ["vae", "1.00"], ["best", "2.00"]]
    assert "colorized with vae" in colorize("photo.jpg", "-o", "b.jpg", "--model", "vae")
    assert "colorized with best" in colorize("photo.jpg", "-o", "c.jpg", "--model", "models/best.safetensors")


def test_a_model_of_more_photographs_takes_it(place, colorize):
    write_model(place / "models/vae.safetensors", 1001)
    write_model(place / "models/best.safetensors", 1001)
    assert catalog.find(None) == catalog.find("best") == catalog.folder() / "best.safetensors"
    (place / "metrics").mkdir()
    (place / "metrics/summary.json").write_text('{"vae": {"delta_e": 30.0}}')
    assert "colorized with vae" in colorize("photo.jpg", "-o", "a.jpg"), "of equals the one with the lowest ΔE"


def test_of_equals_the_lowest_error_and_then_models(place):
    write_model(place / "models/best.safetensors", 1000, scores=SCORES)
    assert catalog.find("best") == catalog.folder() / "best.safetensors"
    write_model(place / "models/best.safetensors", 1000, scores=SCORES | {"delta_e": 7.6})
    assert catalog.find("best") == catalog.BOX / "best.safetensors"


def test_a_damaged_model_is_listed_and_is_no_default(place, colorize):
    (place / "models").mkdir()
    (place / "models/vae.safetensors").write_bytes(b"damaged")
    assert "colorized with best" in colorize("photo.jpg", "-o", "a.jpg")
    assert "damaged" in colorize("--list").splitlines()[2]


def test_without_any_model_it_is_one_line(place):
    shutil.rmtree(catalog.BOX)
    with pytest.raises(InputError, match="make repro"):
        load()


# what its file may hold


def test_half_precision_is_computed_in_single(place):
    with safe_open(catalog.BOX / "best.safetensors", framework="pt") as file:
        assert {file.get_tensor(key).dtype for key in file.keys()} == {torch.float16, torch.int64}  # noqa: SIM118
    model = load_model(catalog.BOX / "best.safetensors")
    kinds = {value.dtype for value in model.state_dict().values()}
    assert kinds == {torch.float32, torch.int64}
    torch.manual_seed(1)
    whole = build("vae", NETWORK).state_dict()
    assert all(
        torch.equal(value, whole[key].half().float())
        for key, value in model.state_dict().items()
        if value.is_floating_point()
    )


@pytest.mark.parametrize("change", [torch.Tensor.double, torch.Tensor.bfloat16, torch.Tensor.int])
def test_no_other_kind_of_number_is_taken(place, change):
    weights = build("vae", NETWORK).state_dict()
    key = next(iter(weights))
    weights[key] = change(weights[key])
    save_model(place / "m.safetensors", weights, name="vae", network=NETWORK, about={})
    with pytest.raises(InputError, match=f"{key} is no number of its kind"):
        load_model(place / "m.safetensors")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("kind", [torch.float32, torch.float16])
def test_what_is_not_finite_is_refused(place, value, kind):
    weights = {k: v.to(kind) if v.is_floating_point() else v for k, v in build("vae", NETWORK).state_dict().items()}
    next(iter(weights.values())).view(-1)[3] = value
    save_model(place / "m.safetensors", weights, name="vae", network=NETWORK, about={})
    with pytest.raises(InputError, match="is no number of its kind"):
        load_model(place / "m.safetensors")


def test_a_flipped_bit_anywhere_in_the_weights_is_refused(place):
    path = catalog.BOX / "best.safetensors"
    whole = path.read_bytes()
    start = 8 + int.from_bytes(whole[:8], "little")
    for at in np.random.default_rng(0).integers(start, len(whole), 20):
        changed = bytearray(whole)
        changed[at] ^= 1  # the last bit of a byte: of a float16 it may be a thousandth
        path.write_bytes(changed)
        with pytest.raises(InputError, match="the weights are not those that were written"):
            load_model(path)
    path.write_bytes(whole)
    load_model(path)
