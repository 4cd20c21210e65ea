"""Store an exported network's convolutions as 8-bit integers: about half of the time, and of the file.

python -m tools.eight_bits models/ours.onnx out/ours.onnx

Static quantization as in Jacob et al. 2018 (CVPR, 2704-2713): weights per channel, inputs of convolutions per tensor,
with ranges from training photographs. What joins convolutions (sums, enlargements, hints, attention) stays in single
precision, and so do the convolutions whose names match EXACT. The graph is stored as ONNX Runtime makes it of these
convolutions: it then loads in less time than the network in half precision, where otherwise it would take more.
"""

import argparse
import copy
import re
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from colorization.core import paths
from colorization.core.errors import run
from colorization.core.files import write_bytes
from colorization.dataset.photos import load
from colorization.evaluation import hinted
from colorization.export.looks import ONCE, Ratios, looped, one_look
from colorization.models.common.blocks import resized, scaled
from colorization.models.common.onnx_file import read_model, sealed
from colorization.photo.onnx_network import runtime
from tools.onnx_graph import fused, is_dense, joined, padded

EXACT = (r"/encoder/fixed", r"/head")  # the first stages, whose errors all others see, and the colours themselves
COUNT, SEED = 48, 0  # photographs that the ranges come from
HINTS, RADIUS = 10, 1  # squares of 3×3 pixels whose colours a network that takes hints is told of them
TAIL = 1e-4  # share of a photograph's values beyond either end of its range
RECTIFIED = "Clip", "Relu"  # what a convolution's range of integers does by itself
LEVELS = 127  # of a weight on either side of 0
PAIR = 127  # largest sum of two weights; rounding adds 1, and 128 times an input of 255 is within 16 bits

Photos = NDArray[np.floating]


def quantised(model: bytes, photos: Photos, exact: tuple[str, ...] = EXACT) -> bytes:
    """The same network with 8-bit convolutions, but for those whose names match `exact`.

    photos: normalised Lab (N,3,H,W), from which the ranges of values and the correction of the head come.
    """
    import logging

    from onnxruntime.quantization import CalibrationMethod, QuantType
    from onnxruntime.quantization.calibrate import TensorsData
    from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

    look, ratios = one_look(onnx.load_model_from_string(model))
    plain = padded(joined(look))
    found = TensorsData(CalibrationMethod.MinMax, ranges(plain, photos, ratios))
    types = ["Conv", *RECTIFIED]
    kept = [node.name for node in plain.graph.node if any(re.match(each, node.name) for each in exact)]
    before, logger = looped(copy.deepcopy(plain), ratios), logging.getLogger()  # the quantizer may change `plain`
    level = logger.level
    logger.setLevel(logging.ERROR)  # it advises what `joined` did
    try:
        signed, unsigned = QuantType.QInt8, QuantType.QUInt8
        options = {"WeightSymmetric": True, "TensorQuantOverrides": narrowed(plain, kept)}
        quantizer = QDQQuantizer(plain, True, False, signed, unsigned, found, [], kept, types, options)
        quantizer.quantize_model()
        quantizer.model.topological_sort()
    finally:
        logger.setLevel(level)
    result = fused(corrected(quantizer.model.model, ratios, before, photos))
    return looped(result, ratios).SerializeToString(deterministic=True)


def calibration(packed: Path) -> Photos:
    """The training photographs that the ranges come from."""
    photos = load(packed)
    chosen = np.random.default_rng(SEED).choice(len(photos), min(COUNT, len(photos)), replace=False)
    return photos[np.sort(chosen)]


def narrowed(model: onnx.ModelProto, kept: list[str]) -> dict[str, list[dict]]:
    """The quantizer's range of the weights of each channel, by which sums of two products stay within 16 bits.

    Processors without instructions for longer sums (x86 before AVX512-VNNI and AVX-VNNI) add the products of two
    neighbouring input channels in 16 bits, and cut what is larger. Depthwise convolutions are computed otherwise.
    """
    from onnxruntime.quantization import QuantType

    weights = {one.name: one for one in model.graph.initializer}
    found: dict[str, list[dict]] = {}
    for node in model.graph.node:
        if not is_dense(node) or node.name in kept:
            continue
        kernel = np.abs(numpy_helper.to_array(weights[node.input[1]]))  # (out, in, h, w)
        widest = kernel.max(axis=(1, 2, 3))
        places = np.moveaxis(kernel, 1, -1).reshape(len(kernel), -1)
        places = np.pad(places, ((0, 0), (0, places.shape[1] % 2)))
        pairs = (places[:, 0::2] + places[:, 1::2]).max(axis=1)
        ends = np.maximum(widest, pairs * np.float32(LEVELS / PAIR))
        found[node.input[1]] = [
            {"quant_type": QuantType.QInt8, "axis": 0, "symmetric": True, "rmin": -end, "rmax": end} for end in ends
        ]
    return found


def ranges(model: onnx.ModelProto, photos: Photos, ratios: Ratios) -> dict:
    """The range of every input and output of a convolution over the photographs, 0 included, without their TAIL.

    ratios: of the sides of what the model sees to a photograph's, see `looks`.
    """
    from onnxruntime.quantization.calibrate import TensorData

    given = {one.name for one in model.graph.input}
    kinds = "Conv", *RECTIFIED
    used = {name for node in model.graph.node if node.op_type in kinds for name in (node.input[0], node.output[0])}
    names, told = sorted(used - given), {one.name for one in model.graph.output}
    seen = onnx.ModelProto()
    seen.CopyFrom(model)
    more = [name for name in names if name not in told]
    seen.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in more)
    session = _session(seen)
    ends = np.zeros((2, len(names)))
    for inputs in _inputs(session, photos, ratios):
        here = np.array([np.quantile(value, (TAIL, 1 - TAIL)) for value in session.run(names, inputs)]).T
        ends = np.array([np.minimum(ends[0], here[0]), np.maximum(ends[1], here[1])])
    low, high = ends.astype(np.float32)
    found = {name: TensorData(lowest=low[i], highest=high[i]) for i, name in enumerate(names)}
    return found | {name: TensorData(lowest=np.float32(-1), highest=np.float32(1)) for name in given}


def corrected(look: onnx.ModelProto, ratios: Ratios, before: onnx.ModelProto, photos: Photos) -> onnx.ModelProto:
    """The look with a last convolution whose a and b, least squares over the photographs, fit those of `before`."""
    last = [node for node in look.graph.node if node.op_type == "Conv"][-1]
    weights = {one.name: one for one in look.graph.initializer}
    if any(name not in weights for name in last.input[1:]) or len(last.input) < 3:
        return look  # the last one has 8 bits, too
    new, old = (_colours(each, photos) for each in (looped(look, ratios), before))
    fits = [np.polyfit(x, y, 1) for x, y in zip(new, old)]
    factor, shift = np.array(fits, np.float32).T
    kernel, bias = (numpy_helper.to_array(weights[name]) for name in last.input[1:])
    for name, value in zip(last.input[1:], (kernel * factor.reshape(-1, 1, 1, 1), bias * factor + shift)):
        weights[name].CopyFrom(numpy_helper.from_array(value.astype(np.float32), name))
    return look


def _colours(model: onnx.ModelProto, photos: Photos) -> NDArray:
    """The network's a and b (2,N) of all pixels of the photographs."""
    session = _session(model)
    found = (session.run(["ab"], one)[0][0] for one in _inputs(session, photos, ONCE))
    return np.concatenate([ab.reshape(2, -1) for ab in found], axis=1)


def _inputs(session, photos: Photos, ratios: Ratios):
    """The photographs, each at all sizes, as inputs of a session: without hints, and with some where it takes them."""
    takes_hints = any(each.name == "known" for each in session.get_inputs())
    drawn = hinted.places(len(photos), photos.shape[-1], HINTS, SEED)
    for photo, places in zip(photos, drawn):
        L, ab = np.split(photo[None].astype(np.float32), [1], axis=1)
        others: list[dict] = [{}]
        if takes_hints:
            known = hinted.revealed(torch.from_numpy(ab), torch.from_numpy(places[None]), RADIUS).numpy()
            others = [{"known": each} for each in (np.zeros_like(known), known)]
        for times, parts in ratios:
            height, width = (scaled(side, times / parts) for side in L.shape[2:])
            seen = resized(torch.from_numpy(L), (height, width)).numpy()
            yield from ({"L": seen} | each for each in others)


def _session(model: onnx.ModelProto):
    options = runtime().SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return runtime().InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.eight_bits", description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="an exported model of this run")
    parser.add_argument("target", type=Path, help="the file to write")
    wanted = parser.parse_args()
    model, tree = read_model(wanted.source)
    write_bytes(wanted.target, sealed(quantised(model, calibration(paths.TRAIN)), tree))
    print(f"{wanted.target}: {wanted.target.stat().st_size:,} bytes")


if __name__ == "__main__":
    run(main)
