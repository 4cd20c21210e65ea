"""Files of the page in temporary folders, which other threads change meanwhile."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

KEPT = 600  # seconds until a photograph that nobody looks at is deleted


def held(folder: Path) -> int:
    """Bytes of the files below a folder."""
    total = 0
    for path in files(folder):
        with suppress(OSError):  # another thread deletes
            total += path.stat().st_size
    return total


def delete_old(folder: Path, kept: float = KEPT) -> None:
    """Delete the files below a folder that are older than `kept` seconds."""
    for path in files(folder):
        with suppress(OSError):  # another thread deletes; or Windows keeps a file that is open
            if time.time() - path.stat().st_mtime > kept:
                path.unlink()


def touch(folder: Path) -> None:
    """The files below a folder are new again."""
    for path in files(folder):
        with suppress(OSError):  # another thread renames a result
            os.utime(path)


def files(folder: Path) -> Iterator[Path]:
    """The files below a folder. Folders that vanish meanwhile are passed over, which `Path.rglob` does not do."""
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)
