"""The description in a model's file, safetensors or ONNX, read without its weights and without torch."""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from colorization.core.errors import InputError, one_line, shown
from colorization.models.common import onnx_file
from colorization.models.common.onnx_file import KEY

MODELS = Path(__file__).parents[1]
SUFFIX = ".safetensors"
SUFFIXES = (onnx_file.SUFFIX, SUFFIX)
DAMAGED = (SafetensorError, OSError, RuntimeError, ValueError, KeyError, TypeError)
SIZES = range(8, 4097)  # pixels of the side that a model was trained at
PHOTOGRAPHS = range(1, 10**12)  # number that a model was trained on
SCORES = ("delta_e", "psnr", "colorfulness_ratio")  # included in the file of a bundled model


@dataclass(frozen=True, kw_only=True)
class Description:
    """A trained model: its name, the side in pixels that it was trained at, and its number of training photographs.

    scores: SCORES on test photographs, or empty if the file does not contain them.
    machine: the precision and device of the training, or empty; older files do not name them.
    """

    name: str
    image_size: int
    photographs: int
    scores: dict[str, float]
    machine: str


def is_model(name: object) -> bool:
    """Whether a folder of models/ describes a model of this name.

    The name may come from an untrusted file.
    """
    if not isinstance(name, str) or not re.fullmatch("[a-z][a-z0-9_]*", name):
        return False
    return (MODELS / name / "params.py").is_file()


def metadata(tree: dict) -> dict[str, str]:
    """A description → the metadata of a safetensors file; the same description gives the same bytes."""
    return {KEY: json.dumps(tree, sort_keys=True)}


def read_tree(file) -> dict:
    """The unchecked description of an open safetensors file.

    Raises ValueError, TypeError or RecursionError if it is missing.
    """
    tree = json.loads((file.metadata() or {}).get(KEY) or "null")
    if not isinstance(tree, dict):
        raise TypeError("it has no description")
    return tree


def tree_of(path: Path) -> dict:
    """The unchecked description of a file. Raises one of DAMAGED if it is missing."""
    if path.suffix == onnx_file.SUFFIX:
        with open(path, "rb") as opened:
            return onnx_file.read(opened)[1]
    with safe_open(path, framework="numpy") as file:
        return read_tree(file)


def read_description(path: Path) -> Description:
    """The description of a model's file. Raises InputError if the file is not ours or from another version."""
    try:
        tree = tree_of(path)
        about = tree["about"]
        name, size, photographs, _ = tree["model"], about["image_size"], about["photographs"], tree["sha256"]
        scores = {key: about["scores"][key] for key in SCORES} if "scores" in about else {}
        machine = ", ".join(str(about[key]) for key in ("precision", "device") if key in about)
    except DAMAGED as error:
        reason = one_line(f"{type(error).__name__}: {error}", 120)
        raise InputError(f"{path}: not a trained model of this project or version, or damaged ({reason})") from None
    numbers = type(size) is int and size in SIZES and type(photographs) is int and photographs in PHOTOGRAPHS
    if not is_model(name) or not numbers or not all(type(s) is float and math.isfinite(s) for s in scores.values()):
        raise InputError(f"{path}: not a trained model of this version; train one with: make repro")
    return Description(
        name=name, image_size=size, photographs=photographs, scores=scores, machine=shown(one_line(machine, 80))
    )
