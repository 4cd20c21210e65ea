"""Rewrite exported graphs: join batch norms to convolutions, and store what ONNX Runtime makes of a graph."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from colorization.photo.network import runtime


def joined(model: bytes) -> onnx.ModelProto:
    """The model in single precision, with every batch norm that follows a convolution joined to it.

    ONNX Runtime would do this at loading, but give each of the two looks its own copy of the weights.
    """
    result = onnx.load_model_from_string(model)
    weights = {one.name: numpy_helper.to_array(one) for one in result.graph.initializer}
    nodes = []
    for node in result.graph.node:
        if node.op_type in ("Cast", "Identity") and node.input[0] in weights:
            weights[node.output[0]] = weights[node.input[0]].astype(np.float32)
        else:
            nodes.append(node)
    users: dict[str, list] = {}
    for node in nodes:
        for name in node.input:
            users.setdefault(name, []).append(node)
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


def fused(model: bytes) -> bytes:
    """What ONNX Runtime makes of a model at loading, for any processor: integer convolutions and sums as one node each.

    The result has nodes of ONNX Runtime's own domain, com.microsoft.
    """
    options = runtime().SessionOptions()
    options.graph_optimization_level = runtime().GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    with TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "fused.onnx")
        runtime().InferenceSession(model, options, providers=["CPUExecutionProvider"])
        result = onnx.load(options.optimized_model_filepath)
    return result.SerializeToString(deterministic=True)
