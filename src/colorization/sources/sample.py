"""The embedded sample: 500 photographs with clear rights. embedded/photographs.csv names the source of each."""

from collections.abc import Iterator
from pathlib import Path

from colorization.core.errors import InputError
from colorization.sources import folder

FOLDER = Path(__file__).with_name("embedded")  # in a clone; the installed package has none


def photographs() -> Iterator[tuple[str, bytes]]:
    """("category/number.jpg", bytes) of every photograph, sorted by name. Raises InputError without the folder."""
    if not FOLDER.is_dir():
        raise InputError(f"{FOLDER}: the sample is missing; run the study in a clone of the repository")
    return folder.photographs(FOLDER)
