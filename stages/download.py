"""Photographs of the chosen source → data/raw/photos.zip, one reproducible archive, and metrics/download.json."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from colorization.config import Data, load_config
from colorization.errors import run
from colorization.files import write_json
from colorization.sources import folder, sample
from colorization.sources.archive import write_archive

ROOT = Path(os.environ.get("DVC_ROOT", "."))  # the repository itself, also in a temporary copy of `dvc exp run --temp`


@contextmanager
def photographs(data: Data) -> Iterator[tuple[Iterator[tuple[str, bytes]], dict]]:
    """The photographs, and what to record of where they come from."""
    if data.source == "sample":
        yield sample.photographs(data.sample.cells), {}
    elif data.source == "folder":
        path = os.path.expanduser(data.folder.path)  # Path's own raises for a ~user who is none
        yield folder.photographs(ROOT / path), {}
    else:
        from colorization.sources import kaggle  # it imports the client's libraries

        with kaggle.photographs(data.kaggle, ROOT / ".checkpoints" / "kaggle") as received:
            yield received


def main():
    data = load_config().data
    with photographs(data) as (found, record):
        count = write_archive(Path("data/raw/photos.zip"), found)
        write_json(Path("metrics/download.json"), {"source": data.source, "photographs": count} | record)
    print(f"{count} photographs from source {data.source}")


if __name__ == "__main__":
    run(main)
