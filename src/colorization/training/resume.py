"""The state of an unfinished training, to resume it after the last epoch that it holds."""

import hashlib
import json
import shutil
import sys
import time
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import torch

from colorization.core.environment import number
from colorization.core.errors import InputError, one_line
from colorization.core.files import locked, write_bytes

OURS = ("colorization", "stages", "__main__")  # packages whose code a training runs
SECONDS = "COLORIZATION_STATE_SECONDS"  # an environment variable: the least time between two states
ON_CUDA = 30.0  # its default there, where an epoch may be shorter than the writing of its state; elsewhere 0
CORE = "colorization.core"  # changes no result, so it is not in the fingerprint


class ResumeState:
    """The state of an unfinished training in `folder`: replaced as a whole, deleted when the training is done.

    The folder's name is a hash of everything that the result depends on. A changed parameter, array or line of code
    starts a new training; changing it back resumes the old one.
    seconds: the least time between two states; 0: one after every epoch.
    """

    def __init__(self, folder: Path, *, seconds: float = 0.0):
        self.folder, self.path, self.seconds = folder, folder / "state.pt", seconds
        self.epoch, self.since = 0, time.monotonic()  # of the last state, or of the start

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
        if not isinstance(state, dict) or type(state.get("epoch")) is not int:
            raise InputError(f"{self.path}: not a saved training; delete it to train from the start")
        self.epoch = state["epoch"]
        return state

    @property
    def due(self) -> bool:
        return time.monotonic() - self.since >= self.seconds

    def save(self, state: dict) -> None:
        buffer = BytesIO()
        torch.save(state, buffer)
        write_bytes(self.path, buffer.getvalue())
        self.epoch, self.since = state["epoch"], time.monotonic()

    def kept(self) -> str:
        """A phrase that says what a training keeps if it fails now."""
        return f"the state after epoch {self.epoch} is kept in {self.path}" if self.epoch else "no epoch was saved"

    def drop(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def seconds_between(device: torch.device) -> float:
    """The least time between two states: the variable SECONDS, or its default. Raises InputError if it is invalid."""
    wanted = number(SECONDS, "seconds", "60")
    if wanted is None:
        return ON_CUDA if device.type == "cuda" else 0.0
    return wanted


def fingerprint(settings: dict, files: Iterable[Path]) -> str:
    """A hash of the settings, the files' contents, and our imported code except CORE."""
    modules = [m for name, m in sys.modules.items() if name.split(".")[0] in OURS and not name.startswith(CORE)]
    code = sorted({Path(file) for m in modules if (file := getattr(m, "__file__", None))})
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in [*files, *code]:
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
