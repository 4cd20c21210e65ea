"""Write a file completely or not at all; lock a folder for one process."""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from colorization.core.errors import InputError
from colorization.core.process import hold

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd  # imported only by the functions that need it: most stages do not

# Names of devices with any suffix, names that Windows would shorten, and characters that it refuses.
RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?|.*[. ]|.*[<>:\"|?*\x00-\x1f].*", re.I | re.S
)
PART = ".part"  # added to a file's name while it is written
LONGEST = 255  # bytes of a name on most disks
TEXTS = {"name": str, "source": str, "category": str}  # columns to read as text: a folder may be called 2019


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An OSError of the disk from the block, such as a full disk, names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno:  # others hold a text, which a name would hide
            error.filename = error.filename or str(path)
        raise


def partial_of(path: Path) -> Path:
    """The file beside `path` that becomes it when it is whole: named after it, or by a hash if its name has no room."""
    name = path.name + PART
    if len(os.fsencode(name)) > LONGEST:
        name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:32] + PART
    return path.with_name(name)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that replaces `path` when the block succeeds; otherwise `path` stays as it was.

    An OSError from the block, such as a full disk, names `path`. Raises InputError if another process is writing it,
    and on Windows if it cannot have this name, or is open in another program.
    """
    if sys.platform == "win32" and RESERVED.fullmatch(path.name):
        raise InputError(f"{path}: Windows has no file of this name; choose another")
    partial = partial_of(path)
    busy = f"{path}: another process is writing it; wait for it or stop it"
    path.parent.mkdir(parents=True, exist_ok=True)
    with naming(path), _alone(partial, busy) as file:
        try:
            with file:
                yield file
            _rename(partial, path, busy)
        except BaseException:
            with suppress(PermissionError):  # Windows: another process has begun to write it
                partial.unlink(missing_ok=True)  # while we hold the lock: later it may be another process's file
            raise


@contextmanager
def _alone(partial: Path, busy: str) -> Iterator[BinaryIO]:
    """Open the new file `partial`, locked until the block or the process ends.

    Raises InputError `busy` if another process holds it.
    """
    if sys.platform == "win32":  # it deletes and renames no open file, which is lock enough
        try:
            partial.unlink(missing_ok=True)
            file = open(partial, "x+b")  # noqa: SIM115  (the caller closes it)
        except (PermissionError, FileExistsError) as error:
            raise (InputError(busy) if partial.exists() else error) from None
        with file:
            yield file
        return
    while True:
        with open(partial, "ab") as lock:
            if not hold(lock):
                raise InputError(busy)
            if _is(partial, lock):
                with open(partial, "w+b") as file:
                    yield file
                return
        # its last writer has just renamed it to its final name, so we locked the wrong file: try again


def _rename(partial: Path, path: Path, busy: str) -> None:
    try:
        os.replace(partial, path)
    except (FileNotFoundError, PermissionError) as error:
        if sys.platform != "win32":
            raise
        taken = isinstance(error, FileNotFoundError)  # it was closed for a moment, and another process deleted it
        told = f"{path}: open in another program, or write-protected; close it there and run it again"
        raise InputError(busy if taken else told) from None


def _is(path: Path, file: BinaryIO) -> bool:
    """Whether `path` now names this open file."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def write_bytes(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, tree: dict) -> None:
    """Raises ValueError for NaN and infinity, which JSON cannot express."""
    write_bytes(path, (json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())


def write_array(path: Path, array: "np.ndarray") -> None:
    """Write a .npy file of numbers."""
    import numpy as np

    with replacing(path) as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)


def read_array(path: Path) -> "np.ndarray":
    """A .npy of numbers as a read-only memory map."""
    import numpy as np

    return np.load(path, mmap_mode="r", allow_pickle=False)


def read_table(source: "Path | BinaryIO", separator: str = ",") -> "pd.DataFrame":
    """Read a table that `write_table` wrote. The columns of TEXTS stay text."""
    import pandas as pd

    return pd.read_csv(source, sep=separator, keep_default_na=False, na_values=[""], dtype=TEXTS)


def write_table(path: Path, table: "pd.DataFrame", separator: str = ",") -> None:
    """Write a table, numbers with six significant digits."""
    text = table.to_csv(sep=separator, index=False, float_format="%.6g", lineterminator="\n")
    write_bytes(path, text.encode())


@contextmanager
def locked(folder: Path, busy: str) -> Iterator[None]:
    """Lock a folder; the lock ends with the process, even if that is killed.

    Raises InputError `busy` if another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "a") as lock:
        if not hold(lock):
            raise InputError(f"{folder}: {busy}; wait for it or stop it")
        yield
    if sys.platform == "win32":  # a block that deletes the folder could not delete the open lock
        with suppress(OSError):
            (folder / "lock").unlink()
            folder.rmdir()
