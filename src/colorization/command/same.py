"""Which paths name one file: by what the disk says, not by how they are written.

One file has several paths through mounts, on disks that ignore case, and on those that take Käthe in composed and in
decomposed letters (Unicode's NFC and NFD) for one name.
"""

import os
import threading
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from colorization.core.errors import InputError


class Owned:
    """Files, existing or not, and the photograph that each belongs to."""

    def __init__(self) -> None:
        self._by_place: dict[tuple, Path] = {}
        self._by_name: dict[str, list[tuple[Path, Path]]] = defaultdict(list)

    def add(self, path: Path, owner: Path) -> None:
        self._by_place.setdefault(place(path), owner)
        self._by_name[folded(path.name)].append((path, owner))

    def owner(self, path: Path) -> Path | None:
        """The photograph that the file of a path belongs to, or None."""
        if owner := self._by_place.get(place(path)):
            return owner
        for other, owner in self._by_name.get(folded(path.name), ()):  # a disk without fixed numbers of files: FAT
            with suppress(OSError):
                if os.path.samefile(path, other):
                    return owner
        return None


class Guard:
    """Keeps results from replacing photographs and each other; for several threads."""

    def __init__(self, photographs: Iterable[Path], *, overwrite: bool):
        self.overwrite = overwrite
        self._photographs, self._planned, self._written = Owned(), Owned(), Owned()
        self._turns: dict[str, threading.Lock] = {}
        for photograph in photographs:
            self._photographs.add(photograph, photograph)

    def plan(self, source: Path, targets: list[Path]) -> Path | None:
        """Take files for the results of a photograph; the first that exists and may not be replaced, or None.

        Raises InputError for a file that can never be written, and takes none then.
        """
        for target in targets:
            self._refuse(source, target, self._planned)
            if target.is_dir():
                raise InputError(f"{source}: its result {target} is a folder; choose another --output")
        for target in targets:
            self._planned.add(target, source)
        return next((target for target in targets if os.path.lexists(target) and not self.overwrite), None)

    def check(self, source: Path, target: Path) -> None:
        """Raise InputError if a file may not be replaced now: it may have appeared since the plan was made."""
        self._refuse(source, target, self._written)
        if os.path.lexists(target) and not self.overwrite:
            raise InputError(f"{source}: {target} exists; use --overwrite to replace it")

    def written(self, source: Path, target: Path) -> None:
        """Note that a result was written: from now on the disk tells which other paths name it."""
        self._written.add(target, source)

    def _refuse(self, source: Path, target: Path, results: Owned) -> None:
        if self._photographs.owner(target):
            raise InputError(f"{source}: {target} is one of your photographs; choose another --output")
        if (other := results.owner(target)) not in (None, source):
            raise InputError(f"{source}: {other} has the same result {target}; rename one of the two")

    @contextmanager
    def turn(self, target: Path) -> Iterator[None]:
        """One at a time for results that some disks take for one file."""
        with self._turns.setdefault(folded(str(target)), threading.Lock()):
            yield


def folded(name: str) -> str:
    """A name as disks that ignore case and the form of letters compare it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def place(path: Path) -> tuple:
    """The disk and number of a file; of a missing one, those of the nearest folder, and the names below it."""
    here = Path(os.path.realpath(path))
    names: list[str] = []
    while True:
        with suppress(OSError):
            found = os.stat(here)
            return (found.st_dev, found.st_ino or str(here), *names)
        if here.parent == here:
            return (str(here), *names)
        names.insert(0, here.name)
        here = here.parent
