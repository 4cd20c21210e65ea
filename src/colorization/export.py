"""Export a trained model as one ONNX file: `colorize` for a photograph of any size, without torch.

The input `L` is (1,1,H,W), normalised; a model that takes hints has a second one, `known` (1,3,H,W). The output `ab` is
(1,2,H,W), normalised. A model with EfficientNet-Lite's encoder has further outputs, what that encoder sees: FEATURES.
"""

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from colorization.core.errors import InputError
from colorization.core.files import write_bytes
from colorization.models.common.contract import Colorizer
from colorization.models.common.description import tree_of
from colorization.models.common.efficientnet_lite import EfficientNetLite
from colorization.models.common.onnx_file import sealed
from colorization.models.common.weights import load_model

OPSET = 18
INPUTS, OUTPUT = ("L", "known"), "ab"
FEATURES = {"features_8": 1, "features_16": 2}  # at an eighth and 1/16 of the side: their places in the encoder's list
SIDES = {2: "height", 3: "width"}
TRACED = 67, 93  # of the traced example: sides that no model resizes to themselves by accident
SMALL = 1024  # numbers; smaller weights stay in single precision


def export(source: Path, target: Path) -> None:
    """Export the model in a file of `save_model`, completely or not at all.

    Raises InputError for another file, and for a model that draws random numbers.
    """
    model = load_model(source, Colorizer)
    if model.draws:
        raise InputError(
            f"{source}: its colours depend on dropout (test_statistics: batch), which ONNX cannot repeat; "
            "colorize runs this file with torch"
        )
    tree = tree_of(source)
    described = {key: tree[key] for key in ("model", "network", "about")}
    kind = {"opset": OPSET, "stride": model.stride, "predicts": model.predicts, "takes_hints": model.takes_hints}
    write_bytes(target, sealed(exported(model), described | kind | {"weights": tree["sha256"]}))


def exported(network: Colorizer) -> bytes:
    """`network.colorize` as an ONNX model. The same weights give the same bytes.

    Uses torch's exporter by tracing: the newer one takes ten times as long, for the same graph. Batch norm stays apart
    from the convolutions, so that weights that float16 can hold are stored exactly; ONNX Runtime joins them.
    """
    whole, file = _Colorize(network).eval(), BytesIO()
    inputs = [torch.zeros(1, channels, *TRACED) for channels in (1, 3)[: 1 + network.takes_hints]]
    names, results = INPUTS[: len(inputs)], [OUTPUT, *(FEATURES if whole.encodes else ())]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the older exporter, and of comparisons of sides that the trace keeps
        torch.onnx.export(
            whole, tuple(inputs), file, dynamo=False, training=torch.onnx.TrainingMode.PRESERVE, opset_version=OPSET,
            do_constant_folding=False, input_names=[*names], output_names=results,
            dynamic_axes=dict.fromkeys((*names, OUTPUT), SIDES),
        )  # fmt: skip
    model = onnx.load_model_from_string(file.getvalue())
    for features in model.graph.output[1:]:
        batch, _, *sides = features.type.tensor_type.shape.dim
        batch.dim_value = 1
        for side in sides:
            side.Clear()  # the trace names them like the photograph's own
    return _halved(model).SerializeToString(deterministic=True)


class _Colorize(nn.Module):
    """`colorize`, and the encoder's features of the last of its looks at a photograph, which is the finest."""

    def __init__(self, model: Colorizer):
        super().__init__()
        self.model = model
        self.encodes = isinstance(getattr(model, "encoder", None), EfficientNetLite)

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        if not self.encodes:
            return self.model.colorize(*inputs)
        looks: list[list[Tensor]] = []
        hook = self.model.encoder.register_forward_hook(lambda _encoder, _inputs, features: looks.append(features))
        ab = self.model.colorize(*inputs)
        hook.remove()
        return ab, *(looks[-1][place] for place in FEATURES.values())


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model; weights that float16 holds exactly are stored as float16, and cast when the model is loaded."""
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < SMALL or np.abs(values).max() > 65504:
            continue
        half = values.astype(np.float16)
        if np.array_equal(half.astype(np.float32), values):
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
            casts.append(helper.make_node("Cast", [weight.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model
