"""The photographs of the chosen source, whichever it is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from colorization.core.params import Data
from colorization.sources import folder, sample


@contextmanager
def photographs(data: Data, root: Path, checkpoints: Path) -> Iterator[tuple[Iterator[tuple[str, bytes]], dict]]:
    """(name, bytes) of every photograph, by name, and what to record of where they come from.

    root: the folder that data.folder.path is relative to. checkpoints: keeps a partial download.
    """
    if data.source == "sample":
        yield sample.photographs(data.sample.cells), {}
    elif data.source == "folder":
        path = os.path.expanduser(data.folder.path)  # Path's own raises for a ~user who is none
        yield folder.photographs(root / path), {}
    else:
        from colorization.sources import kaggle  # imports the client's libraries

        with kaggle.photographs(data.kaggle, checkpoints / "kaggle") as received:
            yield received
