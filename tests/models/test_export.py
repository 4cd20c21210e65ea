"""Exported networks equal torch's on any sides; their files describe them, and are refused if a bit has changed."""

import io
import os
import pickle
import shutil
import struct

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from test_models import SMALL

from colorization.color import AB_SCALE
from colorization.core.errors import InputError
from colorization.export.network import FEATURES, OPSET, export, exported
from colorization.models.common import hints, onnx_file
from colorization.models.common.blocks import resized, scaled
from colorization.models.common.description import read_description, tree_of
from colorization.models.common.weights import build, save_model
from colorization.models.ours.network import LOOKS, Ours
from colorization.photo import catalog
from colorization.photo.onnx_network import OnnxNetwork

SIDES = [(64, 64), (67, 93), (93, 67), (33, 47), (15, 12), (7, 90), (1, 1)]
CLOSE = 0.02  # ab units
ABOUT = {"image_size": 32, "photographs": 1000, "epoch": 1}
NETWORKS = {name: (name, network) for name, network in SMALL.items()}
NETWORKS |= {f"{name} rgb": (name, SMALL[name] | {"predicts": "rgb"}) for name in ("resnet", "vae")}
NETWORKS["ours enlarged"] = "ours", SMALL["ours"] | {"enlarge": 1.2}


def made(name: str, network: dict):
    """A model in which no weight is 0, as it would be after training."""
    torch.manual_seed(0)
    model = build(name, network).eval()
    for weight in model.parameters():
        if not weight.any():
            weight.data.normal_(std=0.1)
    return model


@pytest.fixture(scope="module", params=NETWORKS)
def pair(request, tmp_path_factory):
    """A model, and the path of its export."""
    name, network = NETWORKS[request.param]
    model, folder = made(name, network), tmp_path_factory.mktemp("export")
    save_model(folder / "m.safetensors", model.state_dict(), name=name, network=network, about=ABOUT)
    export(folder / "m.safetensors", folder / "m.onnx")
    return model, folder / "m.onnx"


def run(path, L, known=None) -> np.ndarray:
    parts = (None if part is None else part[0].numpy() for part in (L[0], known))
    return OnnxNetwork(path, device="cpu", threads=1).colorize(*parts)


def test_an_export_equals_torch_on_any_sides(pair):
    model, path = pair
    for number, sides in enumerate(SIDES):
        L = torch.rand(1, 1, *sides, generator=torch.Generator().manual_seed(number)) * 2 - 1
        expected = model.colorize(L)[0].numpy()
        assert np.abs(run(path, L) - expected).max() * AB_SCALE < CLOSE, sides


def test_the_file_describes_the_network(pair):
    model, path = pair
    graph = onnx.load(path)
    onnx.checker.check_model(graph, full_check=True)
    (entry,) = graph.metadata_props
    tree = tree_of(path)
    assert entry.key == onnx_file.KEY and tree["about"] == ABOUT and tree["opset"] == OPSET
    assert [(each.domain, each.version) for each in graph.opset_import] == [("", OPSET)]
    assert (tree["stride"], tree["takes_hints"], tree["predicts"]) == (model.stride, model.takes_hints, model.predicts)
    assert tree["weights"] == tree_of(path.with_suffix(".safetensors"))["sha256"]
    ab, *features = graph.graph.output
    assert [each.name for each in features] == (list(FEATURES) if isinstance(model, Ours) else [])
    assert not any(side.dim_param for each in features for side in each.type.tensor_type.shape.dim)
    for each in (*graph.graph.input, ab):
        sides = each.type.tensor_type.shape.dim
        assert [sides[2].dim_param, sides[3].dim_param] == ["height", "width"], each.name
    assert read_description(path).image_size == 32
    assert catalog.exported_from(path, path.with_suffix(".safetensors"))
    assert b"/home" not in path.read_bytes() and os.fsencode(path.parent) not in path.read_bytes()


@pytest.fixture(scope="module")
def ours():
    return made("ours", SMALL["ours"] | {"enlarge": 1.2})


@pytest.fixture(scope="module")
def exports(ours, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ours")
    path = folder / "ours.safetensors"
    save_model(path, ours.state_dict(), name="ours", network=SMALL["ours"] | {"enlarge": 1.2}, about=ABOUT)
    export(path, path.with_suffix(".onnx"))
    return folder


@pytest.fixture
def file(exports, tmp_path):
    """An export of `ours`, beside its weights."""
    return shutil.copytree(exports, tmp_path / "models") / "ours.onnx"


@pytest.mark.parametrize("sides", [(64, 64), (67, 93), (15, 12)])
def test_hints_enter_as_in_torch(ours, file, sides):
    L = torch.rand(1, 1, *sides) * 2 - 1
    ab, points = torch.rand(1, 2, *sides) - 0.5, torch.zeros(1, 1, *sides)
    points[..., 2, 3] = points[..., sides[0] // 2, sides[1] // 2] = 1
    known = hints.patches(ab, points, 5)
    expected = ours.colorize(L, known)[0].numpy()
    assert np.abs(run(file, L, known) - expected).max() * AB_SCALE < CLOSE
    assert np.abs(run(file, L) - expected).max() * AB_SCALE > 10 * CLOSE, "the hints matter"


@pytest.mark.parametrize("sides", [(64, 64), (67, 93), (15, 12)])
def test_the_features_are_those_of_the_finest_look(ours, file, sides):
    L = torch.rand(1, 1, *sides) * 2 - 1
    ab, found = OnnxNetwork(file, device="cpu", threads=1).described(L[0, 0].numpy())
    assert np.array_equal(ab, run(file, L))
    with torch.no_grad():
        _, eighth, sixteenth, _ = ours.encoder(
            resized(L, tuple(scaled(side, ours.enlarge * max(LOOKS)) for side in sides))
        )
    for mine, theirs in zip(found, (eighth, sixteenth), strict=True):
        assert mine.shape == theirs.shape[1:] and np.abs(mine - theirs[0].numpy()).max() < 1e-3 * theirs.abs().max()


def test_the_same_weights_give_the_same_bytes(ours, file):
    model, _ = onnx_file.read_model(file)
    assert exported(ours) == model


def test_weights_that_float16_holds_are_stored_as_float16_and_change_nothing(ours, file, tmp_path):
    half = made("ours", SMALL["ours"])
    half.load_state_dict({key: value.half().to(value.dtype) for key, value in ours.state_dict().items()})
    small = exported(half)
    assert len(small) < 0.65 * file.stat().st_size
    path = tmp_path / "half.onnx"
    path.write_bytes(onnx_file.sealed(small, {"model": "ours", "about": ABOUT}))
    L = torch.rand(1, 1, 67, 93)
    assert np.abs(run(path, L) - half.colorize(L)[0].numpy()).max() * AB_SCALE < CLOSE


def test_a_bundled_network_equals_torch():
    """The GAN: torch gets the weights that the file holds. The file of ours has 8-bit integers in their place."""
    path = catalog.BUNDLED / f"gan{onnx_file.SUFFIX}"
    tree = tree_of(path)
    model = build(tree["model"], tree["network"]).eval()
    stored = {
        each.name.removeprefix("model.").removesuffix(".half"): each for each in onnx.load(path).graph.initializer
    }
    weights = {key: torch.from_numpy(numpy_helper.to_array(each).astype(np.float32)) for key, each in stored.items()}
    own = model.state_dict()
    missing = {key for key in own.keys() - weights.keys() if not key.startswith("discriminator.")}
    assert {key.rpartition(".")[2] for key in missing} == {"num_batches_tracked"}
    model.load_state_dict({key: weights[key] for key in own.keys() & weights.keys()}, strict=False)
    for sides in ((160, 213), (97, 131), (7, 90)):
        L = torch.rand(1, 1, *sides) * 2 - 1
        assert np.abs(run(path, L) - model.colorize(L)[0].numpy()).max() * AB_SCALE < CLOSE


# foreign and damaged files


def bad_files(good: bytes) -> dict[str, bytes]:
    size, tree = onnx_file.read(io.BytesIO(good))
    model = good[:size]
    other = onnx.helper.make_model(
        onnx.helper.make_graph(
            [onnx.helper.make_node("Relu", ["x"], ["y"])], "g",
            [onnx.helper.make_tensor_value_info("x", 1, [1])], [onnx.helper.make_tensor_value_info("y", 1, [1])],
        )
    )  # fmt: skip
    flipped = bytearray(good)
    flipped[size // 2] ^= 1

    def with_text(text: bytes) -> bytes:
        return model + onnx_file._field(14, onnx_file._field(1, b"colorization") + onnx_file._field(2, text))

    return {
        "empty": b"",
        "text": b"no model",
        "pickle": pickle.dumps({"weights": [1.0]}),
        "zeros": bytes(1000),
        "cut": good[:-100],
        "cut in the network": good[: size // 2],
        "without a description": model,
        "a description of nothing": with_text(b"null"),
        "a description that is none": with_text(b"{"),
        "deeply nested": with_text(b"[" * 100_000),
        "a flipped bit": bytes(flipped),
        "more behind it": good + model,
        "a length of 2^60": b"\x3a" + onnx_file._varint(2**60) + good,
        "a number without an end": b"\xff" * 1000,
        "fields without an end": b"\x08\x01" * 10_000_000,
        "another digest": with_text(b'{"sha256": "0", "model": "ours", "about": {"image_size": 32, "photographs": 9}}'),
        "another network": onnx_file.sealed(other.SerializeToString(), tree),
        "no network": onnx_file.sealed(b"\x08\x08", tree),
        "noise": onnx_file.sealed(b"\x3a\x08" + bytes(range(8)), tree),
        "safetensors": struct.pack("<Q", 2) + b"{}",
    }


def test_files_that_are_not_ours_are_refused_in_one_line(file):
    path = file.with_name("bad.onnx")
    for name, content in bad_files(file.read_bytes()).items():
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            read_description(path)
            OnnxNetwork(path, device="cpu", threads=1)
        told = str(caught.value)
        assert told.startswith(f"{path}: ") and "\n" not in told and len(told) < 500, name


def test_a_sparse_file_of_gigabytes_is_refused_at_once(file):
    with open(file, "r+b") as opened:
        opened.truncate(3 * 2**30)
    with pytest.raises(InputError, match="not a trained model"):
        read_description(file)


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps", "toaster"])
def test_a_missing_device_is_one_line(file, device):
    with pytest.raises(InputError, match=f"device {device}: not available"):
        OnnxNetwork(file, device=device, threads=1)


def test_an_export_of_other_weights_is_not_used(ours, file):
    weights = file.with_suffix(".safetensors")
    assert catalog.files(file.parent) == [file]
    network = SMALL["ours"] | {"enlarge": 1.2}
    save_model(weights, made("ours", network | {"width": 16}).state_dict(), name="ours", network=network, about=ABOUT)
    assert catalog.files(file.parent) == [weights]
    file.write_bytes(b"damaged")
    assert catalog.files(file.parent) == [weights]
    weights.unlink()
    assert catalog.files(file.parent) == [file]
