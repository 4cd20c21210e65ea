"""The network of one look, repeated in one graph: the mean of the looks, once the nodes, and the look again."""

import numpy as np
import onnx
import pytest
import torch
from test_models import SMALL

from colorization.export.looks import ONCE, looped, one_look
from colorization.export.network import exported
from colorization.models.common.blocks import scaled
from colorization.models.common.weights import build
from colorization.photo.onnx_network import OnnxNetwork

GRAY = np.random.default_rng(0).uniform(-1, 1, (20, 31)).astype(np.float32)


def look():
    """Colours (1,2,H,W) that say the height and width of what is seen, and a feature of two channels of its size."""
    text = """<ir_version: 8, opset_import: ["": 18]>
    one (float[1,1,h,w] L, float[1,3,height,width] known)
        => (float[1,2,height,width] ab, float[1,2,a,b] both)
    {
        sides = Shape <start: int = 2> (L)
        real = Cast <to: int = 1> (sides)
        shape = Constant <value_ints: ints = [1, 2, 1, 1]> ()
        told = Reshape (real, shape)
        first = Constant <value_ints: ints = [0]> ()
        end = Constant <value_ints: ints = [1]> ()
        axis = Constant <value_ints: ints = [1]> ()
        one = Slice (known, first, end, axis)
        zero = Sub (one, one)
        ab = Add (told, zero)
        both = Concat <axis: int = 1> (L, L)
    }"""
    return onnx.parser.parse_model(text)


def colorized(model: onnx.ModelProto) -> np.ndarray:
    return OnnxNetwork.of(model.SerializeToString()).colorize(GRAY, None)


@pytest.mark.parametrize("ratios", [[(1, 1), (3, 2)], [(6, 5), (9, 5), (2, 1)]])
def test_the_colours_are_the_mean_over_the_looks(ratios):
    model = looped(look(), ratios)
    onnx.checker.check_model(model, full_check=True)
    seen = np.array([[scaled(side, times / parts) for side in GRAY.shape] for times, parts in ratios])
    assert colorized(model) == pytest.approx(np.broadcast_to(seen.mean(axis=0)[:, None, None], (2, *GRAY.shape)))


def test_one_look_is_what_was_looped():
    ratios = [(6, 5), (9, 5)]
    again, found = one_look(looped(look(), ratios))
    assert found == ratios and list(again.graph.node) == list(look().graph.node)
    assert looped(again, found) == looped(look(), ratios)
    once = look()
    assert one_look(once) == (once, ONCE) and looped(once, ONCE) is once


def test_the_file_of_ours_has_its_network_once():
    model = onnx.load_model_from_string(exported(build("ours", SMALL["ours"]).eval()))
    outside = {node.op_type for node in model.graph.node}
    (again, ratios) = one_look(model)
    convolutions = sum(isinstance(part, torch.nn.Conv2d) for part in build("ours", SMALL["ours"]).modules())
    assert "Loop" in outside and "Conv" not in outside and ratios == [(1, 1), (3, 2)]
    assert sum(node.op_type == "Conv" for node in again.graph.node) == convolutions
