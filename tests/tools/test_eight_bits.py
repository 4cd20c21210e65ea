"""A network with 8-bit convolutions: its size, its colours, and its file."""

import numpy as np
import onnx
import pytest
import torch

from colorization.export.looks import looped, one_look
from colorization.export.network import exported
from colorization.models.common.onnx_file import sealed
from colorization.models.common.weights import build
from colorization.photo.onnx_network import FEATURES, OnnxNetwork
from tools.eight_bits import quantised
from tools.onnx_graph import joined, padded

NETWORK = {"predicts": "ab", "latent_channels": 4, "kl_weight": 0.1, "encoder_weights": "none"}

OURS = {
    "width": 8,
    "encoder_weights": "none",
    "enlarge": 1.0,
    "encoder_lr": 0.3,
    "weight_decay": 0.01,
    "huber": 20.0,
    "zoom": 0.3,
    "relight": 0.2,
    "aging": 0.0,
    "hinted": 0.5,
    "averaging": 0.0,
}


@pytest.fixture(scope="module")
def graph():
    """A small network whose batch norms change something."""
    torch.manual_seed(1)
    model = build("vae", NETWORK).eval()
    for part in model.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 2)
    return exported(model)


@pytest.fixture(scope="module")
def photos():
    return np.random.default_rng(1).uniform(-1, 1, (4, 3, 32, 32)).astype(np.float16)


def colours(model: bytes, folder, photos):
    (folder / "m.onnx").write_bytes(sealed(model, {}))
    network = OnnxNetwork(folder / "m.onnx", device="cpu", threads=1)
    return np.stack([network.colorize(photo[0].astype(np.float32), None) for photo in photos])


def kinds(model: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_model_from_string(model).graph.node]


def test_joined_batch_norms_give_the_same_colours(graph, photos, tmp_path):
    whole = joined(onnx.load_model_from_string(graph)).SerializeToString()
    assert kinds(whole).count("BatchNormalization") < kinds(graph).count("BatchNormalization")
    assert colours(whole, tmp_path, photos) == pytest.approx(colours(graph, tmp_path, photos), abs=1e-4)


def test_the_file_is_smaller_and_the_colours_are_nearly_the_same(graph, photos, tmp_path):
    small = quantised(graph, photos)
    assert "QuantizeLinear" in kinds(small) and len(small) < 0.7 * len(graph)
    before, after = colours(graph, tmp_path, photos), colours(small, tmp_path, photos)
    assert not np.array_equal(before, after)
    assert np.abs(after - before).mean() < 0.05 * np.abs(before).mean() + 0.01
    assert np.abs((after - before).mean(axis=(0, 2, 3))).max() < 0.01


def test_what_matches_stays_exact(graph, photos, tmp_path):
    same = quantised(graph, photos, exact=(".*",))
    assert "QuantizeLinear" not in kinds(same)
    assert colours(same, tmp_path, photos) == pytest.approx(colours(graph, tmp_path, photos), abs=1e-4)


def test_no_two_products_leave_16_bits(graph, photos):
    """Processors without longer sums would cut them: 255 · (128 + 1) is more than 16 bits hold."""
    model = onnx.load_model_from_string(quantised(graph, photos))
    weights = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    largest = 0
    for node in (each for each in model.graph.node if each.op_type == "QLinearConv"):
        kernel = np.abs(np.moveaxis(weights[node.input[3]].astype(int), 1, -1))  # (out, h, w, in)
        kernel = kernel.reshape(len(kernel), -1)
        pairs = kernel[:, 0:-1:2] + kernel[:, 1::2]
        largest = max(largest, pairs.max(initial=0))
    assert 100 < largest <= 128


def test_a_network_that_says_what_it_sees_says_it_in_8_bits_too(photos, tmp_path):
    torch.manual_seed(1)
    whole = exported(build("ours", OURS).eval())
    for name, model in (("whole", whole), ("small", quantised(whole, photos[:2]))):
        (tmp_path / f"{name}.onnx").write_bytes(sealed(model, {}))
    L = photos[0, 0].astype(np.float32)
    (_, before), (_, after) = (
        OnnxNetwork(tmp_path / f"{name}.onnx", device="cpu", threads=1).described(L) for name in ("whole", "small")
    )
    assert len(before) == len(after) == len(FEATURES)
    for one, other in zip(before, after):
        assert one.shape == other.shape and np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.95


def test_joined_images_have_whole_groups_of_channels(photos, tmp_path):
    """9 channels of the last level and 3 of hints become 24, and the zeros change nothing."""
    torch.manual_seed(1)
    whole = onnx.load_model_from_string(exported(build("ours", OURS | {"width": 8}).eval()))
    look, ratios = one_look(whole)
    wider = padded(joined(look))
    shapes = {each.name: tuple(each.dims) for each in wider.graph.initializer}
    users = {name: node for node in wider.graph.node for name in node.input}
    joins = [users[node.output[0]] for node in wider.graph.node if node.op_type == "Concat"]
    seen = [shapes[node.input[1]][1] for node in joins if node.op_type == "Conv"]
    assert seen == [40, 32, 24], "hints are three more channels than two images of the level"
    bytes_ = looped(wider, ratios).SerializeToString()
    found = colours(bytes_, tmp_path, photos)
    assert found == pytest.approx(colours(whole.SerializeToString(), tmp_path, photos), abs=1e-4)
    assert np.abs(found).max() > 1e-3


def test_the_same_photographs_give_the_same_bytes(graph, photos):
    assert quantised(graph, photos) == quantised(graph, photos)
