"""Rewrite exported graphs: join batch norms, pad channels, and store what ONNX Runtime makes of a graph."""

import copy
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from colorization.photo.onnx_network import runtime

GROUP = 8  # channels


def joined(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model in single precision, with every batch norm that follows a convolution joined to it."""
    result = copy.deepcopy(model)
    weights = {one.name: numpy_helper.to_array(one) for one in result.graph.initializer}
    nodes = []
    for node in result.graph.node:
        if node.op_type in ("Cast", "Identity") and node.input[0] in weights:
            weights[node.output[0]] = weights[node.input[0]].astype(np.float32)
        else:
            nodes.append(node)
    users = users_of(nodes)
    for node in nodes:
        after = users.get(node.output[0], [])
        if node.op_type == "Conv" and len(after) == 1 and after[0].op_type == "BatchNormalization":
            _join(node, after[0], weights)
    nodes = [node for node in nodes if node.op_type]
    used = {name for node in nodes for name in node.input}
    del result.graph.node[:], result.graph.initializer[:]
    result.graph.node.extend(nodes)
    result.graph.initializer.extend(
        numpy_helper.from_array(value, name) for name, value in weights.items() if name in used
    )
    return result


def _join(conv: onnx.NodeProto, norm: onnx.NodeProto, weights: dict[str, NDArray]) -> None:
    """Join a batch norm to the convolution before it, and leave it without a type."""
    kernel, bias = (f"{conv.input[1]}.{norm.input[1]}.{part}" for part in ("kernel", "bias"))
    epsilon = next((each.f for each in norm.attribute if each.name == "epsilon"), 1e-5)
    scale, shift, mean, variance = (weights[name].astype(np.float64) for name in norm.input[1:])
    factor = scale / np.sqrt(variance + epsilon)
    own = weights[conv.input[2]] if len(conv.input) > 2 else 0.0
    weights[kernel] = (weights[conv.input[1]] * factor.reshape(-1, 1, 1, 1)).astype(np.float32)
    weights[bias] = ((own - mean) * factor + shift).astype(np.float32)
    image = conv.input[0]
    del conv.input[:]
    conv.input.extend([image, kernel, bias])
    conv.output[0] = norm.output[0]
    norm.op_type = ""


def padded(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with channels of zeros after joined images, so that convolutions see a multiple of GROUP channels.

    ONNX Runtime computes integer convolutions of other numbers in up to twice the time.
    """
    result = copy.deepcopy(model)
    weights = {one.name: one for one in result.graph.initializer}
    users = users_of(result.graph.node)
    nodes = []
    for node in result.graph.node:
        found = users.get(node.output[0], [])
        convs = found if all(is_dense(user) for user in found) else []
        kernels = {conv.input[1]: numpy_helper.to_array(weights[conv.input[1]]) for conv in convs}
        if node.op_type == "Concat" and convs and (more := -next(iter(kernels.values())).shape[1] % GROUP):
            zeros = f"{node.output[0]}.zeros"
            ends = numpy_helper.from_array(np.array([0, 0, 0, 0, 0, more, 0, 0]), f"{zeros}.ends")
            nodes.append(helper.make_node("Pad", [node.input[-1], ends.name], [zeros]))
            node.input[-1] = zeros
            result.graph.initializer.append(ends)
            for name, kernel in kernels.items():
                wider = np.pad(kernel, ((0, 0), (0, more), (0, 0), (0, 0)))
                weights[name].CopyFrom(numpy_helper.from_array(wider, name))
        nodes.append(node)
    del result.graph.node[:]
    result.graph.node.extend(nodes)
    return result


def is_dense(node: onnx.NodeProto) -> bool:
    """Whether a node is a convolution in which every channel sees every other one."""
    return node.op_type == "Conv" and not any(each.name == "group" and each.i > 1 for each in node.attribute)


def users_of(nodes: Iterable[onnx.NodeProto]) -> dict[str, list[onnx.NodeProto]]:
    """The nodes that each name is an input of."""
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in nodes:
        for name in node.input:
            users.setdefault(name, []).append(node)
    return users


def fused(model: onnx.ModelProto) -> onnx.ModelProto:
    """What ONNX Runtime makes of a model at loading, for any processor: integer convolutions and sums as one node each.

    The result has nodes of ONNX Runtime's own domain, com.microsoft.
    """
    options = runtime().SessionOptions()
    options.graph_optimization_level = runtime().GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    with TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "fused.onnx")
        runtime().InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return onnx.load(options.optimized_model_filepath)
