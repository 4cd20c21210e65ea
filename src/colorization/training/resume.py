"""The state of an unfinished training: what it takes to go on after its last whole epoch."""

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
CORE = "colorization.core"  # decides no number


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
    """A hash of settings, of files' contents, and of the code of ours that is imported now, but for CORE."""
    modules = [m for name, m in sys.modules.items() if name.split(".")[0] in OURS and not name.startswith(CORE)]
    code = sorted({Path(file) for m in modules if (file := getattr(m, "__file__", None))})
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in [*files, *code]:
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
