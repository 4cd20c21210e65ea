"""The state of an unfinished training, to resume it after its last complete epoch."""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import torch

from colorization.core.errors import InputError, one_line
from colorization.core.files import locked, write_bytes

OURS = ("colorization", "stages", "__main__")  # packages whose code a training runs
CORE = "colorization.core"  # changes no result, so it is not in the fingerprint


class ResumeState:
    """The state of an unfinished training in `folder`: replaced as a whole, deleted when the training is done.

    The folder's name is a hash of everything that the result depends on. A changed parameter, array or line of code
    starts a new training; changing it back resumes the old one.
    """

    def __init__(self, folder: Path):
        self.folder, self.path = folder, folder / "state.pt"

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
        return state

    def save(self, state: dict) -> None:
        buffer = BytesIO()
        torch.save(state, buffer)
        write_bytes(self.path, buffer.getvalue())

    def kept(self, epochs: int) -> str:
        """A phrase that says what a training keeps if it fails after `epochs` complete epochs."""
        return f"the state after epoch {epochs} is kept in {self.path}" if epochs else "no epoch was completed"

    def drop(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def fingerprint(settings: dict, files: Iterable[Path]) -> str:
    """A hash of the settings, the files' contents, and our imported code except CORE."""
    modules = [m for name, m in sys.modules.items() if name.split(".")[0] in OURS and not name.startswith(CORE)]
    code = sorted({Path(file) for m in modules if (file := getattr(m, "__file__", None))})
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in [*files, *code]:
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
