"""The bundled model: when it is the default, what its file may contain, and how it is made."""

import shutil
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT, jpeg, run
from safetensors import safe_open

from colorization import load
from colorization.command import main as cli
from colorization.core.errors import InputError
from colorization.core.params import load_config
from colorization.models.common.contract import Colorizer
from colorization.models.common.description import read_description
from colorization.models.common.weights import build, load_model, save_model
from colorization.photo import catalog
from colorization.photo.onnx_network import OnnxNetwork
from tools import bundle, markdown, model_card
from tools.half_precision import Beside, halved

BUNDLED = catalog.BUNDLED

NETWORK = {"latent_channels": 4, "kl_weight": 0.1, "encoder_weights": "none", "predicts": "ab"}
SCORES = {"delta_e": 7.5, "psnr": 24.0, "colorfulness_ratio": 0.7}


def write_model(path, photographs, *, scores=None, half=False, seed=1):
    torch.manual_seed(seed)
    weights = build("vae", NETWORK).state_dict()
    if half:
        weights = {key: value.half() if value.is_floating_point() else value for key, value in weights.items()}
    about = {"image_size": 32, "photographs": photographs} | ({"scores": scores} if scores else {})
    save_model(path, weights, name="vae", network=NETWORK, about=about)


def write_scores(folder, **errors):
    (folder / "metrics/scores").mkdir(parents=True)
    for name, delta_e in errors.items():
        (folder / f"metrics/scores/{name}.json").write_text(f'{{"delta_e": {delta_e}}}')


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A fresh clone without models/: a bundled model in half precision, from 1,000 photographs, and a photograph."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(catalog, "CHECKOUT", tmp_path)
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "bundled")
    write_model(catalog.BUNDLED / "best.safetensors", 1000, scores=SCORES, half=True)
    (tmp_path / "photo.jpg").write_bytes(jpeg(1))
    return tmp_path


@pytest.fixture
def colorize(monkeypatch, capsys):
    """Run the command in this process; returns its output. It must succeed."""

    def run(*arguments) -> str:
        monkeypatch.setattr(sys, "argv", ["colorize", *arguments])
        try:
            cli.main()
        except SystemExit as end:
            assert not end.code, end.code
        return capsys.readouterr().out

    return run


# the default model


def test_a_fresh_clone_colorizes_with_the_bundled_model(place, colorize):
    assert "colorized with best: out.jpg" in colorize("photo.jpg", "-o", "out.jpg")
    assert (place / "out.jpg").exists()
    row = colorize("--list").splitlines()[1]
    assert row.split()[:6] == ["best", "7.50", "24.00", "0.70", "1000", "32"]
    assert f"bundled: {place}/bundled/best.safetensors  (default)" in row
    pixels = np.full((40, 40), 128, np.uint8)
    assert (load().colorize(pixels) == load("best").colorize(pixels)).all()


def test_a_model_of_the_sample_does_not_replace_the_bundled_model(place, colorize):
    """A model of few photographs scores better on its own photographs. A name in both places follows the same rule."""
    for name in ("vae", "best"):
        write_model(place / f"models/{name}.safetensors", 168)
    write_scores(place, vae=1.0, best=2.0)
    assert "colorized with best" in colorize("photo.jpg", "-o", "a.jpg")
    assert catalog.find("best") == place / "bundled/best.safetensors"
    first, told, *rows = colorize("--list").splitlines()[1:5]
    assert first.split()[:2] == ["best", "7.50"] and told == catalog.TRIALS
    assert [row.split()[:2] for row in rows] == [["vae", "1.00"], ["best", "2.00"]]
    assert "colorized with vae" in colorize("photo.jpg", "-o", "b.jpg", "--model", "vae")
    assert catalog.warning(place / "models/vae.safetensors").startswith("vae: learned from 168 photographs only")
    assert catalog.warning(catalog.BUNDLED / "best.safetensors") == ""
    assert "colorized with best" in colorize("photo.jpg", "-o", "c.jpg", "--model", "models/best.safetensors")


def test_a_model_of_more_photographs_replaces_the_bundled_model(place, colorize):
    write_model(place / "models/vae.safetensors", 1001)
    write_model(place / "models/best.safetensors", 1001)
    assert catalog.find(None) == catalog.find("best") == catalog.folder() / "best.safetensors"
    write_scores(place, vae=30.0)
    assert "colorized with vae" in colorize("photo.jpg", "-o", "a.jpg"), "ties go to the lowest ΔE"


def test_ties_go_to_the_lowest_error_and_then_to_models(place):
    write_model(place / "models/best.safetensors", 1000, scores=SCORES)
    assert catalog.find("best") == catalog.folder() / "best.safetensors"
    write_model(place / "models/best.safetensors", 1000, scores=SCORES | {"delta_e": 7.6})
    assert catalog.find("best") == catalog.BUNDLED / "best.safetensors"


def test_a_damaged_model_is_listed_but_never_the_default(place, colorize):
    (place / "models").mkdir()
    (place / "models/vae.safetensors").write_bytes(b"damaged")
    assert "colorized with best" in colorize("photo.jpg", "-o", "a.jpg")
    assert "damaged" in colorize("--list").splitlines()[2]


def test_a_missing_model_is_reported_in_one_line(place):
    shutil.rmtree(catalog.BUNDLED)
    with pytest.raises(InputError, match="make repro"):
        load()


# the content of its file


def test_half_precision_weights_are_computed_in_single_precision(place):
    with safe_open(catalog.BUNDLED / "best.safetensors", framework="pt") as file:
        assert {file.get_tensor(key).dtype for key in file.keys()} == {torch.float16, torch.int64}  # noqa: SIM118
    model = load_model(catalog.BUNDLED / "best.safetensors", Colorizer)
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
def test_other_number_types_are_refused(place, change):
    weights = build("vae", NETWORK).state_dict()
    key = next(iter(weights))
    weights[key] = change(weights[key])
    save_model(place / "m.safetensors", weights, name="vae", network=NETWORK, about={})
    with pytest.raises(InputError, match=f"{key}: not finite, or not torch.float32"):
        load_model(place / "m.safetensors", Colorizer)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("kind", [torch.float32, torch.float16])
def test_weights_that_are_not_finite_are_refused(place, value, kind):
    weights = {k: v.to(kind) if v.is_floating_point() else v for k, v in build("vae", NETWORK).state_dict().items()}
    next(iter(weights.values())).view(-1)[3] = value
    save_model(place / "m.safetensors", weights, name="vae", network=NETWORK, about={})
    with pytest.raises(InputError, match=": not finite, or not torch.float32"):
        load_model(place / "m.safetensors", Colorizer)


def test_a_flipped_bit_anywhere_in_the_weights_is_refused(place):
    path = catalog.BUNDLED / "best.safetensors"
    whole = path.read_bytes()
    start = 8 + int.from_bytes(whole[:8], "little")
    for at in np.random.default_rng(0).integers(start, len(whole), 20):
        changed = bytearray(whole)
        changed[at] ^= 1  # the last bit of a byte; in a float16 it may change a thousandth only
        path.write_bytes(changed)
        with pytest.raises(InputError, match="the weights do not match their sha256"):
            load_model(path, Colorizer)
    path.write_bytes(whole)
    load_model(path, Colorizer)


# how it is made


def test_halving_keeps_integers_and_values_beyond_float16():
    weights = {"w": torch.tensor([0.1, -2.0]), "var": torch.tensor([70_000.0]), "n": torch.tensor(70_000)}
    found = halved(weights)
    assert found["w"].dtype == torch.float16 and torch.allclose(found["w"].float(), weights["w"], rtol=2**-11)
    assert found["var"] is weights["var"] and found["n"] is weights["n"]


def test_a_model_that_is_too_large_for_git_is_refused(place, monkeypatch):
    write_model(place / "models/m.safetensors", 10)
    model = load_model(place / "models/m.safetensors", Colorizer)
    size = bundle.size_of(halved(model.state_dict()))
    assert (catalog.BUNDLED / "best.safetensors").stat().st_size == pytest.approx(size, rel=0.1)
    monkeypatch.setattr(bundle, "LARGEST", size)
    bundle.require_small({"m": model})
    with pytest.raises(InputError, match="m, n: .* bytes in half precision, more than the"):
        bundle.require_small({"m": model, "n": model})


class Constant(Colorizer):
    """Gives all photographs one colour, except the photograph whose L is 1."""

    def __init__(self, a: float, other: float):
        super().__init__(predicts="ab")
        self.a, self.other = a, other

    def forward(self, L):
        return torch.where(L == 1, self.other, self.a).expand(-1, 2, -1, -1)


def test_the_largest_change_is_found_in_any_photograph():
    L = torch.zeros(4, 1, 4, 4)
    both = Beside(Constant(0.1, 0.5), Constant(0.1, 0.25))
    assert torch.equal(both.colorize(L), both.stored.colorize(L)) and both.largest_change == 0
    for level in (1, 0):
        L[2] = level
        both.colorize(L)
        assert both.largest_change == pytest.approx(0.25 * 110)


def test_the_card_describes_the_data_without_paths():
    data = load_config(ROOT / "presets/intel-cpu.yaml").data
    slug = data.kaggle.dataset
    for text in (model_card.origin(data, slug), model_card.licence(data, slug)):
        assert f"(https://www.kaggle.com/datasets/{slug})" in text
    assert model_card.licence(data, slug).startswith("Unknown: see Kaggle's page")
    private = replace(data, source="folder", folder=replace(data.folder, path={"": "/home/me/photos"}))
    assert slug not in model_card.origin(private, None) + model_card.licence(private, None)
    assert slug in model_card.origin(private, slug) and "/home/me" not in model_card.origin(private, slug)
    assert "500 photographs" in model_card.origin(replace(data, source="sample"), None)
    several = replace(private, folder=replace(data.folder, path={"scenes": "/home/me/a.zip", "faces": "b"}))
    assert model_card.origin(several, None) == "scenes, faces"


def test_the_card_tells_groups_of_categories_apart(place):
    sources = pd.DataFrame({"category": ["faces", "rooms"], "group": ["portraits", "indoors"], "people": [0.9, 0.0],
                            "shows": ["f", "r"], "origin": "o", "licence": ["CC0", "none"]})  # fmt: skip
    assert "| faces | 90% | f | o | CC0 |" in markdown.sources(sources)
    assert markdown.sources(sources[:0]) == ""
    rows = pd.DataFrame({"name": "x", "category": ["faces"] * 3 + ["rooms"] * 2 + ["sea"], "mse": 0.01,
                         "mse_gray": 0.02})  # fmt: skip
    for row, delta_e in (("gray", [9, 9, 9, 7, 7, 1]), ("vae", [6, 6, 6, 8, 8, 2])):
        path = place / f"data/scores/{row}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.assign(delta_e=delta_e).to_csv(path, index=False)
    found = bundle.grouped("vae", sources, load_config(ROOT / "presets/sample.yaml")).set_index(["category", "model"])
    expected = {"portraits": (9, 6), "indoors": (7, 8), "mostly people": (9, 6), "few people": (7, 8)}
    for group, (gray, vae) in expected.items():
        assert found.delta_e[f"all of: {group}", "gray"] == gray and found.delta_e[f"all of: {group}", "vae"] == vae
    assert bundle.grouped("vae", sources[:0], load_config(ROOT / "presets/sample.yaml")).empty


def test_changes_are_shown_with_their_sign_and_interval():
    differences = pd.DataFrame([("delta_e", "half", "single", 0.0004, -0.0002, 0.001)])
    differences.columns = ["measure", "first", "second", "difference", "low", "high"]
    text = markdown.changes({"delta_e": 8.471}, {"delta_e": 8.4714}, differences, ["delta_e"])
    assert "| ΔE ↓ | 8.47 | 8.47 | +0.0004 <sub>−0.0002 to +0.001</sub> |" in text


def test_the_card_lists_the_worst_categories_first():
    rows = [("gray", "sea", 9.0, 0.0), ("gray", "wood", 8.0, 0.0), ("vae", "sea", 7.0, 0.4), ("vae", "wood", 8.5, 0.1)]
    table = pd.DataFrame(rows, columns=["model", "category", "delta_e", "skill"]).assign(photographs=5)
    assert markdown.categories(table, "vae").splitlines()[2:] == [
        "| wood | 5 | 8.50 | 8.00 | 0.10 |", "| sea | 5 | 7.00 | 9.00 | 0.40 |"
    ]  # fmt: skip


def test_a_wheel_contains_the_bundled_model_and_leaves_the_papers_to_a_clone(tmp_path):
    for name in ("pyproject.toml", "src"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    write_model(tmp_path / "src/colorization/photo/weights/some.safetensors", 10)
    for name in ("README.md", "gan.onnx"):
        (tmp_path / "src/colorization/photo/weights" / name).write_text("some text")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q", "."]
    run(command, tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    assert {f"colorization/photo/weights/{name}" for name in ("some.safetensors", "README.md")} <= packed
    assert "colorization/photo/weights/gan.onnx" not in packed


def test_the_package_holds_models_and_their_cards_only():
    models = sorted(BUNDLED.glob("*.onnx"))
    assert {path.name for path in BUNDLED.iterdir()} == {
        "README.md", *(name for path in models for name in (path.name, path.with_suffix(".md").name))
    }  # fmt: skip
    assert (BUNDLED / "README.md").read_text() == model_card.index()
    assert catalog.find("ours") == BUNDLED / "ours.onnx"


@pytest.mark.parametrize("path", sorted(BUNDLED.glob("*.onnx")), ids=lambda path: path.stem)
def test_a_bundled_model_loads_and_has_a_card(path):
    """The models in this repository have a card and a known score, and load."""
    about, card = read_description(path), path.with_suffix(".md").read_text()
    assert path.stat().st_size < 16_000_000 and about.scores
    assert f"`{path.name}`" in card and f"{about.photographs:,}" in card
    assert OnnxNetwork(path, device="cpu", threads=1).colorize(np.zeros((5, 7), np.float32), None).shape == (2, 5, 7)
