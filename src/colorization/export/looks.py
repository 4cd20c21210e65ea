"""A network that looks at a photograph at several sizes, as one ONNX graph: a Loop around the network of one look.

With a copy of the network for each look, ONNX Runtime would prepare every copy when it loads the file.
"""

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

Ratios = list[tuple[int, int]]  # of the looks' sides to the photograph's: numerators and denominators
ONCE: Ratios = [(1, 1)]  # one look, at the photograph itself

PHOTO, SEEN, COLOURS = "L", "loop/seen", "ab"  # the photograph, what a look sees of it, and the result
OWN = "loop/"  # begins the names that are not the look's
TIMES, PARTS = "loop/times", "loop/parts"


def looped(look: ModelProto, ratios: Ratios) -> ModelProto:
    """The mean over the looks, and further outputs as the last of them gives them.

    look: a photograph enlarged for it, L (1,1,h,w), and further inputs → ab (1,2,H,W), and outputs (1,C,h',w').
    Result: the photograph itself, L (1,1,H,W), and the same inputs and outputs. With ONCE it is the look itself.
    """
    if ratios == ONCE:
        return look
    colours, *others = look.graph.output
    names = [each.name for each in others]
    body = GraphProto(name="look", initializer=look.graph.initializer)
    body.input.extend([_value("loop/number", TensorProto.INT64, []), _value("loop/more", TensorProto.BOOL, [])])
    body.input.extend(_value(f"loop/{name}/before") for name in [COLOURS, *names])
    body.node.extend([
        _node("Gather", [TIMES, "loop/number"], ["loop/its_times"]),
        _node("Gather", [PARTS, "loop/number"], ["loop/its_parts"]),
        _node("Mul", ["loop/sides", "loop/its_times"], ["loop/multiplied"]),
        _node("Add", ["loop/multiplied", "loop/its_parts"], ["loop/rounded"]),
        _node("Add", ["loop/its_parts", "loop/its_parts"], ["loop/divisor"]),
        _node("Div", ["loop/rounded", "loop/divisor"], ["loop/its_sides"]),  # as `blocks.scaled`
        _node("Concat", ["loop/one_channel", "loop/its_sides"], ["loop/its_shape"], axis=0),
        _node("Resize", [PHOTO, "", "", "loop/its_shape"], [SEEN], mode="linear",
              coordinate_transformation_mode="pytorch_half_pixel"),
        *_with_input(look.graph.node, PHOTO, SEEN),
        _node("Add", ["loop/ab/before", COLOURS], ["loop/sum"]),
        _node("Identity", ["loop/more"], ["loop/more/after"]),
    ])  # fmt: skip
    body.output.append(_value("loop/more/after", TensorProto.BOOL, []))
    body.output.extend(_value(name) for name in ["loop/sum", *names])
    starts, last = ([f"loop/{name}/{when}" for name in names] for when in ("none", "last"))
    constants = {
        TIMES: np.array([2 * times for times, _ in ratios]), PARTS: np.array([parts for _, parts in ratios]),
        "loop/one_channel": np.array([1, 1]), "loop/two_channels": np.array([1, 2]),
        "loop/always": np.array(True), "loop/count": np.array(len(ratios)),
        "loop/looks": np.array(len(ratios), np.float32),
        **{start: np.zeros((1, _channels(each), 1, 1), np.float32) for start, each in zip(starts, others)},
    }  # fmt: skip
    nodes = [
        _node("Shape", [PHOTO], ["loop/sides"], start=2),
        _node("Concat", ["loop/two_channels", "loop/sides"], ["loop/shape"], axis=0),
        _node("ConstantOfShape", ["loop/shape"], ["loop/zero"]),
        _node("Loop", ["loop/count", "loop/always", "loop/zero", *starts], ["loop/total", *last], body=body),
        _node("Div", ["loop/total", "loop/looks"], [COLOURS]),
        *(_node("Identity", [its], [name]) for its, name in zip(last, names)),
    ]
    numbers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    sides = [each.dim_param for each in colours.type.tensor_type.shape.dim[2:]]
    inputs = _with_sides(look.graph.input, sides)
    graph = helper.make_graph(nodes, "loop/looks", inputs, look.graph.output, numbers)
    return helper.make_model(graph, opset_imports=look.opset_import, ir_version=look.ir_version)


def one_look(model: ModelProto) -> tuple[ModelProto, Ratios]:
    """What `looped` made a model of. A model without a loop is its own look, at the photograph's size."""
    loop = next((node for node in model.graph.node if node.op_type == "Loop"), None)
    if loop is None:
        return model, ONCE
    body = helper.get_node_attr_value(loop, "body")
    nodes = _with_input([node for node in body.node if not node.name.startswith(OWN)], SEEN, PHOTO)
    inputs = _with_sides(model.graph.input, ["seen_height", "seen_width"])
    graph = helper.make_graph(nodes, body.name, inputs, model.graph.output, body.initializer)
    numbers = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    ratios = [(int(times) // 2, int(parts)) for times, parts in zip(numbers[TIMES], numbers[PARTS], strict=True)]
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version), ratios


def _node(kind: str, inputs: list[str], outputs: list[str], **attributes) -> NodeProto:
    return helper.make_node(kind, inputs, outputs, name=f"{OWN}{kind} {outputs[0]}", **attributes)


def _value(name: str, kind: int = TensorProto.FLOAT, shape: list | None = None) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _with_sides(inputs, sides: list[str]) -> list[ValueInfoProto]:
    """The inputs, with other names for the sides of the photograph."""
    return [_value(each.name, TensorProto.FLOAT, [1, 1, *sides]) if each.name == PHOTO else each for each in inputs]


def _channels(value: ValueInfoProto) -> int:
    return value.type.tensor_type.shape.dim[1].dim_value


def _with_input(nodes, old: str, new: str) -> list[NodeProto]:
    """Copies of the nodes, with another name for an input."""
    copies = []
    for node in nodes:
        copy = NodeProto()
        copy.CopyFrom(node)
        copy.input[:] = [new if name == old else name for name in node.input]
        copies.append(copy)
    return copies
