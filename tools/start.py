"""The weights in an exported network, as a file that `train.start` in params.yaml can name.

    python -m tools.start ours.onnx ours.safetensors

For a file in full or half precision, as `python -m stages.export` and earlier versions of `tools.bundle` write it; one
in 8-bit integers has lost its weights.
"""

import argparse
from pathlib import Path

import onnx
import torch

from colorization.core.errors import InputError, one_line, run
from colorization.export.looks import one_look
from colorization.models.common import onnx_file
from colorization.models.common.weights import build_empty, save_model

PREFIX, HALF = "model.", ".half"  # of a tensor's name in the exported file


def convert(source: Path, target: Path) -> None:
    """Write the weights of an exported network in full precision.

    Raises InputError if the file is damaged, or does not hold every weight of its network under its name.
    """
    try:
        model, tree = onnx_file.read_model(source)
        tensors = one_look(onnx.load_from_string(model))[0].graph.initializer
        stored = {one.name.removeprefix(PREFIX).removesuffix(HALF): one for one in tensors}
        wanted = build_empty(tree["model"], tree["network"]).state_dict()
    except FileNotFoundError:
        raise InputError(f"{source}: file not found") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{source}: damaged, or not an exported network ({one_line(error, 120)})") from None
    weights = {}
    for name, its in wanted.items():
        if not its.is_floating_point():  # batch norm's counter, which nothing uses and the export leaves out
            weights[name] = torch.zeros(its.shape, dtype=its.dtype)
            continue
        if name not in stored:
            raise InputError(f"{source}: {name} is missing; 8-bit integers cannot be trained on")
        weights[name] = torch.from_numpy(onnx.numpy_helper.to_array(stored[name]).copy()).to(its.dtype)
    save_model(target, weights, name=tree["model"], network=tree["network"], about=tree.get("about", {}))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.start", description=__doc__.split("\n\n")[0])
    parser.add_argument("source", type=Path, help="an exported network (.onnx)")
    parser.add_argument("target", type=Path, help="the file of weights to write (.safetensors)")
    wanted = parser.parse_args()
    convert(wanted.source, wanted.target)


if __name__ == "__main__":
    run(main)
