"""The photographs of the source that params.yaml chooses."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from colorization.core.params import Data
from colorization.sources import folder, sample


@contextmanager
def photographs(data: Data, root: Path, checkpoints: Path) -> Iterator[tuple[Iterator[tuple[str, bytes]], dict]]:
    """(name, bytes) of every photograph, sorted by name, and a record of their origin.

    root: the paths of data.folder.path are relative to it. checkpoints: folder for a partial download.
    """
    if data.source == "sample":
        yield sample.photographs(), {}
    elif data.source == "folder":
        paths = {  # Path.expanduser raises for an unknown ~user
            name: root / os.path.expanduser(path) for name, path in data.folder.path.items()
        }
        yield folder.several(paths), {"folders": sorted(paths)} if any(paths) else {}
    else:
        from colorization.sources import kaggle  # imports the client's libraries

        with kaggle.photographs(data.kaggle, checkpoints / "kaggle") as received:
            yield received
