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
from colorization.export.looks import COLOURS, PHOTO, looped
from colorization.models.common.contract import Colorizer
from colorization.models.common.description import tree_of
from colorization.models.common.efficientnet_lite import EfficientNetLite
from colorization.models.common.onnx_file import sealed
from colorization.models.common.weights import load_model

OPSET = 18
HINTS = "known"
FEATURES = {"features_8": 1, "features_16": 2}  # at an eighth and 1/16 of the side: their places in the encoder's list
SIDES = {2: "height", 3: "width"}
TRACED, SEEN = (67, 93), (71, 101)  # of the traced examples: sides that no model resizes to themselves by accident
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
    if not isinstance(getattr(network, "encoder", None), EfficientNetLite):
        model = _traced(_Colorize(network), [COLOURS], hints=network.takes_hints)
    else:
        look = _traced(_Look(network), [COLOURS, *FEATURES], hints=True, seen=SEEN)
        model = looped(look, network.ratios())
    return model.SerializeToString(deterministic=True)


class _Look(nn.Module):
    """One look of a network with EfficientNet-Lite's encoder: a and b, and what the encoder sees."""

    def __init__(self, model: Colorizer):
        super().__init__()
        self.model = model

    def forward(self, seen: Tensor, known: Tensor) -> tuple[Tensor, ...]:
        features = self.model.encoder(seen)
        return self.model.decode(features, known), *(features[place] for place in FEATURES.values())


class _Colorize(nn.Module):
    def __init__(self, model: Colorizer):
        super().__init__()
        self.model = model

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.model.colorize(*inputs)


def _traced(module: nn.Module, outputs: list[str], *, hints: bool, seen: tuple[int, int] = TRACED) -> onnx.ModelProto:
    """A module as ONNX, for photographs of any sides. seen: the example's, where the result has others."""
    inputs = {PHOTO: (1, 1, *seen), HINTS: (1, 3, *TRACED)} if hints else {PHOTO: (1, 1, *seen)}
    sides = dict.fromkeys((*inputs, COLOURS), SIDES)
    if seen != TRACED:
        sides[PHOTO] = {2: "seen_height", 3: "seen_width"}
    file = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the older exporter, and of comparisons of sides that the trace keeps
        torch.onnx.export(
            module.eval(), tuple(torch.zeros(shape) for shape in inputs.values()), file, dynamo=False,
            training=torch.onnx.TrainingMode.PRESERVE, opset_version=OPSET, do_constant_folding=False,
            input_names=[*inputs], output_names=outputs, dynamic_axes=sides,
        )  # fmt: skip
    model = onnx.load_model_from_string(file.getvalue())
    for features in model.graph.output[1:]:
        batch, _, *free = features.type.tensor_type.shape.dim
        batch.dim_value = 1
        for side in free:
            side.Clear()  # the trace names them like the photograph's own
    return _halved(model)


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
