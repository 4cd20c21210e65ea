"""Save and load a trained model as one safetensors file that describes how to rebuild it."""

import hashlib
import importlib
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from colorization.core.errors import InputError, one_line
from colorization.core.files import write_bytes
from colorization.models.common.contract import Trainable
from colorization.models.common.description import is_model, metadata, read_tree

Kind = TypeVar("Kind", bound=Trainable)

LARGEST = 4096  # largest whole number in a model's arguments: channels, depth


def build(name: str, network: dict) -> Trainable:
    """Build a model or the classifier from its folder's name and its constructor's arguments.

    Raises ValueError for an unknown name: a file of weights may contain any name.
    """
    if name != "classifier" and not is_model(name):
        raise ValueError("it names an unknown model")
    return importlib.import_module(f"colorization.models.{name}.network").MODEL(**network)


def save_model(path: Path, weights: dict[str, torch.Tensor], *, name: str, network: dict, about: dict) -> None:
    """Write weights, name and constructor arguments, completely or not at all; `about` is for readers of the file."""
    contiguous = {key: value.detach().cpu().contiguous() for key, value in weights.items()}
    described = {"model": name, "network": network, "about": about, "sha256": digest(contiguous)}
    write_bytes(path, save(contiguous, metadata=metadata(described)))


def digest(weights: dict[str, torch.Tensor]) -> str:
    """The sha256 of the names, types, shapes and bytes of contiguous tensors on the CPU."""
    found = hashlib.sha256()
    for key, value in sorted(weights.items()):
        found.update(f"{key} {value.dtype} {[*value.shape]}\n".encode())
        found.update(value.flatten().view(torch.uint8).numpy())
    return found.hexdigest()


def load_model(path: Path, kind: type[Kind]) -> Kind:
    """The model in a file of `save_model`, in eval mode on the CPU.

    Weights in float16 are cast to the model's types. kind: Colorizer or SceneClassifier. Raises InputError if the file
    does not contain such a model, or if its weights do not match their digest; a file without a digest is from another
    version.
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
            raise ValueError("the weights do not match their sha256")
        model.load_state_dict(_cast(weights, model), assign=True)
    except FileNotFoundError:
        raise InputError(f"{path}: file not found; train the model with: dvc repro") from None
    except (SafetensorError, OSError, RuntimeError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise InputError(f"{path}: damaged, or not a model of this version ({one_line(error)})") from None
    return model.eval()


def start_from(model: Trainable, trained: Trainable, source: str) -> None:
    """Give a model the weights of a trained one. Raises InputError that names `source` if it is another network."""
    weights = trained.state_dict()
    if key := _differing({key: [*value.shape] for key, value in weights.items()}, model):
        raise InputError(f"train.start: {source}: another network ({key}); give both the same parameters")
    model.load_state_dict(weights)


def mixed(weights: dict[str, Tensor], start: Trainable, share: float) -> dict[str, Tensor]:
    """The mean of trained weights and of those that the training started from, which have a share from 0 to 1.

    It keeps more of what the start knew than fewer steps do (Wortsman et al. 2022, "Robust fine-tuning", section 3).
    Whole numbers, such as batch norm's counter, stay.
    """
    before = start.state_dict()
    return {
        name: torch.lerp(value, before[name].to(value), share) if value.is_floating_point() else value
        for name, value in weights.items()
    }


def _cast(weights: dict[str, torch.Tensor], model: Trainable) -> dict[str, torch.Tensor]:
    """The weights, cast to the model's types. Raises ValueError for another type and for NaN or infinity."""
    kinds = {key: value.dtype for key, value in model.state_dict().items()}
    for key, value in weights.items():
        halved = value.dtype == torch.float16 and kinds[key].is_floating_point
        if not (halved or value.dtype == kinds[key]) or not value.isfinite().all():
            raise ValueError(f"{key[:80]}: not finite, or not {kinds[key]} (found {value.dtype})")
    return {key: value.to(kinds[key]) for key, value in weights.items()}


def _check_shapes(file, model: Trainable) -> None:
    """Raise ValueError if names or shapes differ from the model's, before reading: a file may contain gigabytes."""
    found = {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118  (not a dict)
    if key := _differing(found, model):
        raise ValueError(f"{key} is missing, unknown or has another shape")


def _differing(found: dict[str, list[int]], model: Trainable) -> str:
    """The first name, cut, of a weight that the model has otherwise: with another shape, or not at all; or ""."""
    wanted = {key: [*value.shape] for key, value in model.state_dict().items()}
    return next((key[:80] for key in sorted({*wanted, *found}) if wanted.get(key) != found.get(key)), "")


def build_empty(name: str, network: dict) -> Trainable:
    """The same model without allocating or downloading weights: a file may claim any size.

    Raises ValueError for a size outside 0..LARGEST.
    """
    if "encoder_weights" in network:
        network = network | {"encoder_weights": "none"}
    if not all(0 <= value <= LARGEST for value in dict(network).values() if isinstance(value, int)):
        raise ValueError(f"a size above {LARGEST}")
    with torch.device("meta"):
        return build(name, network)
