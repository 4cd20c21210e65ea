"""The state of an unfinished training, to resume it after the last epoch and step that it holds."""

import hashlib
import json
import math
import shutil
import sys
import time
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import torch
from torch import Tensor

from colorization.core.environment import number
from colorization.core.errors import InputError, one_line
from colorization.core.files import locked, write_bytes

OURS = ("colorization", "stages", "__main__")  # packages whose code a training runs
SECONDS = "COLORIZATION_STATE_SECONDS"  # an environment variable: the least time between two states
ON_CUDA = 30.0  # its default there, where an epoch may be shorter than the writing of its state; elsewhere 0
WITHIN = 600.0  # its default within an epoch: what a stop costs at most
CORE = "colorization.core"  # changes no result, so it is not in the fingerprint


class ResumeState:
    """The state of an unfinished training in `folder`: replaced as a whole, deleted when the training is done.

    The folder's name is a hash of everything that the result depends on. A changed parameter, array or line of code
    starts a new training; changing it back resumes the old one.
    seconds: the least time from one state to the next after an epoch; 0: one after every epoch.
    within: the same within an epoch.
    """

    def __init__(self, folder: Path, *, seconds: float = 0.0, within: float = math.inf):
        self.folder, self.path, self.seconds, self.within = folder, folder / "state.pt", seconds, within
        self.epoch, self.step, self.since = 0, 0, time.monotonic()  # of the last state, or of the start

    def locked(self):
        """Lock the folder. Raises InputError if another process is training in it."""
        return locked(self.folder, "another process is training this model")

    def load(self) -> dict | None:
        """The last saved state, or None. Raises InputError if it is damaged."""
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return None
        except Exception as error:  # damaged bytes can raise any error in torch; weights_only runs no code
            raise InputError(
                f"{self.path}: damaged ({one_line(error, 120)}); delete it to train from the start"
            ) from None
        if not isinstance(state, dict) or not type(state.get("epoch")) is type(state.get("step")) is int:
            raise InputError(f"{self.path}: not a saved training; delete it to train from the start")
        self.epoch, self.step = state["epoch"], state["step"]
        return state

    def due(self, *, within: bool = False) -> bool:
        """Whether it is time for a state, after an epoch or within one."""
        return time.monotonic() - self.since >= (self.within if within else self.seconds)

    def save(self, state: dict) -> None:
        buffer = BytesIO()
        torch.save(state, buffer)
        write_bytes(self.path, buffer.getvalue())
        self.epoch, self.step, self.since = state["epoch"], state["step"], time.monotonic()

    def kept(self) -> str:
        """A phrase that says what a training keeps if it fails now."""
        if not self.epoch and not self.step:
            return "no epoch was saved"
        return f"the state after {place(self.epoch, self.step)} is kept in {self.path}"

    def drop(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def place(epoch: int, step: int) -> str:
    """How far a training is: completed epochs, and completed steps of the next."""
    return f"epoch {epoch}" + (f" and {step} steps" if step else "")


def seconds_between(device: torch.device) -> dict[str, float]:
    """The least times `seconds` and `within` between two states: the variable SECONDS, or their defaults.

    0: one after every epoch and none within. Raises InputError if it is invalid.
    """
    wanted = number(SECONDS, "seconds", "60")
    if wanted is None:
        return {"seconds": ON_CUDA if device.type == "cuda" else 0.0, "within": WITHIN}
    return {"seconds": wanted, "within": wanted or math.inf}


def random_state(device: torch.device) -> list[Tensor]:
    """The states of torch's generators of random numbers: the CPU's, and the device's."""
    others = [] if device.type == "cpu" else [torch.get_device_module(device).get_rng_state()]
    return [torch.get_rng_state(), *others]


def set_random_state(states: list[Tensor], device: torch.device) -> None:
    """Set what `random_state` returned, on a device of the same kind."""
    torch.set_rng_state(states[0])
    for state in states[1:]:
        torch.get_device_module(device).set_rng_state(state)


def fingerprint(settings: dict, files: Iterable[Path]) -> str:
    """A hash of the settings, the files' contents, and our imported code except CORE."""
    modules = [m for name, m in sys.modules.items() if name.split(".")[0] in OURS and not name.startswith(CORE)]
    code = sorted({Path(file) for m in modules if (file := getattr(m, "__file__", None))})
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in [*files, *code]:
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
