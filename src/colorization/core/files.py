"""Files that appear whole or not at all, and folders that one process holds alone."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from colorization.core.errors import InputError
from colorization.core.process import hold

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd  # imported where a table is read: most stages that write a file need none

TEXTS = {"name": str, "category": str}  # columns that pandas must not take for numbers: a folder's name may be 2019


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An OSError from the block, as of a full disk, names `path`."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` when the block ends well; else `path` stays as it was.

    An OSError from the block, as of a full disk, names `path`. Raises InputError when another process writes it now.
    """
    partial = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    with naming(path), _alone(partial, f"{path}: another process writes it now; wait for it or stop it"):
        try:
            with open(partial, "w+b") as file:
                yield file
            os.replace(partial, path)
        except BaseException:
            partial.unlink(missing_ok=True)  # while it is ours: the next one of this name may be another's
            raise


@contextmanager
def _alone(partial: Path, busy: str) -> Iterator[None]:
    """Hold the file `partial`, made if need be; the lock goes with the process.

    Raises InputError `busy` when it is held.
    """
    while True:
        with open(partial, "ab") as lock:
            if not hold(lock):
                raise InputError(busy)
            if _is(partial, lock):
                yield
                return
        # its last writer has just put it in its place, where it is no longer ours to write: look again


def _is(path: Path, file: BinaryIO) -> bool:
    """Whether an open file is the one that is now called `path`."""
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
    """Raises ValueError for NaN and infinity, which are no JSON."""
    write_bytes(path, (json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())


def write_array(path: Path, array: "np.ndarray") -> None:
    """A .npy of numbers."""
    import numpy as np

    with replacing(path) as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)


def read_array(path: Path, *, mapped: bool = True) -> "np.ndarray":
    """A .npy of numbers, as a read-only memory map or in memory."""
    import numpy as np

    return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)


def read_table(source: "Path | BinaryIO", separator: str = ",") -> "pd.DataFrame":
    """A table of `write_table`; texts stay texts, whatever they say."""
    import pandas as pd

    return pd.read_csv(source, sep=separator, keep_default_na=False, na_values=[""], dtype=TEXTS)


def write_table(path: Path, table: "pd.DataFrame", separator: str = ",") -> None:
    """Numbers with six significant digits."""
    write_bytes(path, table.to_csv(sep=separator, index=False, float_format="%.6g").encode())


@contextmanager
def locked(folder: Path, busy: str) -> Iterator[None]:
    """Hold a folder alone; the lock goes with the process, however that ends.

    Raises InputError `busy` when it is held.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        if not hold(lock):
            raise InputError(f"{folder}: {busy}; wait for it or stop it")
        yield
