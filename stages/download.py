"""Photographs of the chosen source → data/raw/photos.zip, one reproducible archive."""

import os
from pathlib import Path

from colorization.config import Data, load_config
from colorization.errors import run
from colorization.sources import folder, sample
from colorization.sources.archive import write_archive

ROOT = Path(os.environ.get("DVC_ROOT", "."))  # the repository itself, also in a temporary copy of `dvc exp run --temp`


def photographs(data: Data):
    if data.source == "sample":
        return sample.photographs(data.sample.cells)
    if data.source == "folder":
        return folder.photographs(ROOT / Path(data.folder.path).expanduser())
    from colorization.sources import kaggle

    return kaggle.photographs(data.kaggle, ROOT / ".checkpoints" / "kaggle")


def main():
    data = load_config().data
    count = write_archive(Path("data/raw/photos.zip"), photographs(data))
    print(f"{count} photographs from source {data.source}")


if __name__ == "__main__":
    run(main)
