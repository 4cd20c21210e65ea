"""A trained model as one safetensors file, which holds what rebuilds the model."""

import hashlib
import importlib
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from colorization.core.errors import InputError, one_line
from colorization.core.files import write_bytes
from colorization.models.common.contract import Trainable
from colorization.models.common.description import is_model, metadata, read_tree

Kind = TypeVar("Kind", bound=Trainable)

LARGEST = 4096  # of the whole numbers in a network's description: channels, depths


def build(name: str, network: dict) -> Trainable:
    """A model or the classifier, by the name of its folder, with the arguments of its constructor.

    Raises ValueError for an unknown name: a file of weights may hold any.
    """
    if name != "classifier" and not is_model(name):
        raise ValueError("it names a model that is not there")
    return importlib.import_module(f"colorization.models.{name}.network").MODEL(**network)


def save_model(path: Path, weights: dict[str, torch.Tensor], *, name: str, network: dict, about: dict) -> None:
    """Write weights and what rebuilds the model, whole or not at all; `about` is kept for readers of the file."""
    contiguous = {key: value.detach().cpu().contiguous() for key, value in weights.items()}
    described = {"model": name, "network": network, "about": about, "sha256": digest(contiguous)}
    write_bytes(path, save(contiguous, metadata=metadata(described)))


def digest(weights: dict[str, torch.Tensor]) -> str:
    """The sha256 of contiguous tensors on the CPU: of their names, kinds, shapes and bytes."""
    found = hashlib.sha256()
    for key, value in sorted(weights.items()):
        found.update(f"{key} {value.dtype} {[*value.shape]}\n".encode())
        found.update(value.flatten().view(torch.uint8).numpy())
    return found.hexdigest()


def load_model(path: Path, kind: type[Kind]) -> Kind:
    """The model in a file of `save_model`, in eval mode on the CPU.

    Weights in float16 are cast to what the network computes in. kind: Colorizer or SceneClassifier. Raises InputError
    for a file without one, and where the weights differ from those that were written: a file without a digest is of
    another version.
    """
    try:
        with safe_open(path, framework="pt") as file:
            description = read_tree(file)
            model = build_empty(description["model"], description["network"])
            if not isinstance(model, kind):
                raise InputError(f"{path}: not a {kind.__name__} of this project; train one with: dvc repro")
            _check_shapes(file, model)
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (not a dict)
        if digest(weights) != description["sha256"]:
            raise ValueError("the weights are not those that were written")
        model.load_state_dict(_cast(weights, model), assign=True)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; train the model with: dvc repro") from None
    except (SafetensorError, OSError, RuntimeError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise InputError(f"{path}: damaged, or not a model of this version ({one_line(error)})") from None
    return model.eval()


def _cast(weights: dict[str, torch.Tensor], model: Trainable) -> dict[str, torch.Tensor]:
    """The weights in the network's own kinds of numbers. Raises ValueError for another kind, and for no number."""
    kinds = {key: value.dtype for key, value in model.state_dict().items()}
    for key, value in weights.items():
        halved = value.dtype == torch.float16 and kinds[key].is_floating_point
        if not (halved or value.dtype == kinds[key]) or not value.isfinite().all():
            raise ValueError(f"{key[:80]} is no number of its kind")
    return {key: value.to(kinds[key]) for key, value in weights.items()}


def _check_shapes(file, model: Trainable) -> None:
    """Raise ValueError for other tensors than the network's before any is read: a file may bring gigabytes of them."""
    wanted = {key: [*value.shape] for key, value in model.state_dict().items()}
    found = {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118  (not a dict)
    wrong = sorted({*wanted, *found} - {key for key in wanted if wanted[key] == found.get(key)})
    if wrong:
        raise ValueError(f"{wrong[0][:80]} is not a tensor of the network, or of another shape")


def build_empty(name: str, network: dict) -> Trainable:
    """The same model without memory for its weights, and without a download: a file may claim any size.

    Raises ValueError for a size above LARGEST.
    """
    if "encoder_weights" in network:
        network = network | {"encoder_weights": "none"}
    if not all(0 <= value <= LARGEST for value in dict(network).values() if isinstance(value, int)):
        raise ValueError(f"a size above {LARGEST}")
    with torch.device("meta"):
        return build(name, network)
