"""The photographs and films of the page: files in a temporary folder, and the last photographs decoded in memory."""

import os
import re
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from colorization.core.errors import InputError, shown
from colorization.page.folders import KEPT, delete_old, held, touch
from colorization.photo.formats import own_format
from colorization.photo.negative import positive
from colorization.photo.preparation import LONGEST, shrunk
from colorization.photo.reading import Photo, read_header, read_photo
from colorization.photo.recolor import L_LEVELS

UPLOAD = 256 * 2**20  # bytes of the largest upload
FOLDER = 4 * 2**30  # bytes of all uploads and results
ROOM = "remove a photograph or film, or wait a while"
DECODED = 64 * 2**20  # pixels of the photographs in memory; the one in use stays, however large
SHOWN = 1600  # longest side of the pictures on the page, in pixels
CHUNK = 2**20  # bytes that are received at a time
LONGEST_NAME = 200  # bytes of a photograph's name, which leaves room for what results add to it


class Body(Protocol):
    """What an upload is read from: an open file, or a request."""

    def read(self, size: int, /) -> bytes: ...


class Gone(InputError):
    """A photograph that was deleted, or never was there."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A decoded photograph, its levels at the size of the page, and the format of its result."""

    photo: Photo
    small: NDArray[np.uint16]
    format: str

    @property
    def alpha(self) -> NDArray | None:
        """The photograph's transparency at the size of the page, or None."""
        if self.photo.alpha is None:
            return None
        rows, columns = (
            np.arange(small) * large // small for small, large in zip(self.small.shape, self.photo.alpha.shape)
        )
        return self.photo.alpha[np.ix_(rows, columns)]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An uploaded photograph: its number, its name on the user's disk, and its folder here."""

    number: str
    name: str
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "photograph"

    @property
    def stem(self) -> str:
        return Path(self.name).stem


class Album:
    """Photographs in a folder, for several threads."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._entries: dict[str, Entry] = {}
        self._opened: OrderedDict[tuple[str, bool], Opened] = OrderedDict()  # the one used last comes last
        self._lock, self._decoding = threading.Lock(), threading.Lock()

    def add(
        self,
        name: str,
        content: Body,
        length: int,
        *,
        check: Callable[[Path], object] = read_header,
        most: int | None = None,
    ) -> Entry:
        """Take in `length` bytes of a photograph, or of a film; name: as its owner calls it.

        check: raises InputError for a file that cannot be colorized. most: bytes of one; None: UPLOAD. Raises
        InputError, and keeps nothing, for a file that cannot be colorized, for a large one and for one too many.
        """
        most = UPLOAD if most is None else most
        if length > most:
            raise InputError(f"{clean(name)}: larger than {most >> 20} MB; scale it down, or use the command colorize")
        if length + held(self.folder) > FOLDER:
            raise InputError(f"{clean(name)}: the page holds {FOLDER >> 30} GB; {ROOM}")
        number = secrets.token_urlsafe(12)
        entry = Entry(number=number, name=clean(name), folder=self.folder / number)
        entry.folder.mkdir()
        try:
            with open(entry.file, "wb") as file:
                receive(content, file, length)
            with called(entry):
                check(entry.file)
        except BaseException:
            shutil.rmtree(entry.folder, ignore_errors=True)
            raise
        with self._lock:
            self._entries[number] = entry
        return entry

    def find(self, number: str) -> Entry:
        """A photograph by its number; it is kept with its results for another KEPT seconds. Raises Gone."""
        with self._lock:
            entry = self._entries.get(number)
        try:
            if entry:
                os.utime(entry.file)
                touch(entry.folder)
                return entry
        except FileNotFoundError:
            self.remove(number)
        raise Gone("the photograph was deleted; choose it again")

    def open(self, entry: Entry, *, negative: bool = False) -> Opened:
        """The decoded photograph; negative: turned to its positive. Raises InputError for a damaged one."""
        with self._decoding:  # one at a time: a large photograph fills the memory
            found = self._opened.pop((entry.number, negative), None)
            if found is None:
                with called(entry):
                    photo, name = read_photo(entry.file), own_format(read_header(entry.file))
                if negative:
                    photo = replace(photo, levels=positive(photo.levels))
                found = Opened(photo=photo, small=reduced(photo.levels), format=name)
            self._opened[entry.number, negative] = found
            while len(self._opened) > 1 and sum(one.photo.levels.size for one in self._opened.values()) > DECODED:
                self._opened.popitem(last=False)
            return found

    def remove(self, number: str) -> None:
        """Forget a photograph and delete its files; nothing happens if it is gone."""
        with self._lock:
            entry = self._entries.pop(number, None)
        if entry:
            with self._decoding:
                for negative in (False, True):
                    self._opened.pop((number, negative), None)
            shutil.rmtree(entry.folder, ignore_errors=True)

    def forget(self) -> None:
        """Delete the photographs that nobody has looked at for KEPT seconds, and what is as old in the folder."""
        with self._lock:
            entries = [*self._entries.values()]
        for entry in entries:
            with suppress(FileNotFoundError):
                if time.time() - entry.file.stat().st_mtime <= KEPT:
                    continue
            self.remove(entry.number)
        delete_old(self.folder)


def clean(name: str) -> str:
    """The last part of a path from any system, printable and not too long; "photograph" if nothing is left."""
    path = Path(re.sub(r'[<>:"|?*]', "_", shown(re.split(r"[/\\]", name)[-1]).replace("\\", "_")).strip(". "))
    return path.stem.encode()[:LONGEST_NAME].decode(errors="ignore") + path.suffix[:10] or "photograph"


def receive(content: Body, file: BinaryIO, length: int) -> None:
    """Copy `length` bytes. Raises InputError if there are fewer."""
    while length:
        part = content.read(min(CHUNK, length))
        if not part:
            raise InputError("the upload broke off; try it again")
        file.write(part)
        length -= len(part)


@contextmanager
def called(entry: Entry) -> Iterator[None]:
    """InputErrors of the block name the photograph as its owner does, not our file."""
    try:
        yield
    except InputError as error:
        raise InputError(str(error).replace(str(entry.file), entry.name)) from None


def reduced(levels: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Lightness levels (H,W) whose longest side is at most SHOWN."""
    if max(levels.shape) <= SHOWN:
        return levels
    side = max(SHOWN * min(levels.shape) / max(levels.shape), SHOWN / LONGEST)  # of the shorter side, for `shrunk`
    return ((shrunk(levels, side) + 1) * (L_LEVELS / 2) + 0.5).astype(np.uint16)
