"""What training leaves on disk: a resume state while it runs, a safetensors file that rebuilds the model after it."""

import hashlib
import importlib
import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from colorization.config import MODELS
from colorization.description import metadata, read_tree
from colorization.errors import InputError, one_line
from colorization.files import locked, write_bytes
from colorization.models.base import Trainable

OURS = ("colorization", "stages", "__main__")  # packages whose code a training runs
LARGEST = 4096  # of the whole numbers in a network's description: channels, depths


def build(name: str, network: dict) -> Trainable:
    """A model of ours by name, with the arguments of its constructor."""
    return importlib.import_module(f"colorization.models.{name}").MODEL(**network)


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


def load_model(path: Path, names: Sequence[str] = MODELS) -> Trainable:
    """The model in a file of `save_model`, in eval mode on the CPU, float16 weights cast to what the network computes in.

    Raises InputError for any file but one of `names`, and for weights that are not those that were written: a file
    without a digest is of another version.
    """
    try:
        with safe_open(path, framework="pt") as file:
            description = read_tree(file)
            if description.get("model") not in names:
                raise InputError(f"{path}: not a model of this project; train one with: dvc repro")
            model = _empty(description)
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


def _empty(description: dict) -> Trainable:
    """The model that a file describes, without memory for its weights: a file may claim any size."""
    network = description["network"]
    if "encoder_weights" in network:
        network = network | {"encoder_weights": "none"}  # the file brings its own
    if not all(0 <= value <= LARGEST for value in dict(network).values() if isinstance(value, int)):
        raise ValueError(f"a size above {LARGEST}")
    with torch.device("meta"):
        return build(description["model"], network)


class ResumeState:
    """The state of an unfinished training in `folder`, replaced as a whole, dropped when the training is done.

    The folder's name is a hash of everything that the result depends on, so a changed parameter, array or line of code
    starts afresh, and going back to the old one resumes the old training.
    """

    def __init__(self, folder: Path):
        self.folder, self.path = folder, folder / "state.pt"

    def locked(self):
        """Hold the folder alone. Raises InputError when another process trains into it."""
        return locked(self.folder, "another process trains this very model")

    def load(self) -> dict | None:
        """The last saved state, or None. Raises InputError for a damaged one."""
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except Exception as error:  # torch lets through whatever damaged bytes make it do; nothing is unpickled
            raise InputError(
                f"{self.path}: damaged ({one_line(error, 120)}); delete it to train from the start"
            ) from None
        if not isinstance(state, dict) or type(state.get("epoch")) is not int:
            raise InputError(f"{self.path}: no state of a training; delete it to train from the start")
        return state

    def save(self, state: dict) -> None:
        buffer = BytesIO()
        torch.save(state, buffer)
        write_bytes(self.path, buffer.getvalue())

    def kept(self, epochs: int) -> str:
        """What a training that failed after so many whole epochs leaves here."""
        return f"the state after epoch {epochs} is kept in {self.path}" if epochs else "no epoch was whole"

    def drop(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def fingerprint(settings: dict, files: Iterable[Path]) -> str:
    """A hash of settings, of files' contents, and of the code of ours that is imported now."""
    modules = [m for name, m in sys.modules.items() if name.split(".")[0] in OURS]
    code = sorted({Path(m.__file__) for m in modules if getattr(m, "__file__", None)})
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in [*files, *code]:
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
