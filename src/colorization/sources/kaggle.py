"""A dataset of kaggle.com: download its archive, check it, and delete it once its photographs are copied."""

import base64
import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from colorization.core.errors import InputError, shown
from colorization.core.files import locked
from colorization.core.params import Kaggle
from colorization.sources import folder
from colorization.sources.archive import BAD_ZIP, is_photograph, open_archive, read_member, require_space
from colorization.sources.kaggle_client import BY_HAND, locate
from colorization.sources.kaggle_transfer import Partial, download

INTEL = "puneet6060/intel-image-classification"
INTEL_PHOTOGRAPHS = {"seg_train": 14034, "seg_test": 3000, "seg_pred": 7301}
INTEL_CATEGORIES = ["buildings", "forest", "glacier", "mountain", "sea", "street"]


@contextmanager
def photographs(params: Kaggle, downloads: Path) -> Iterator[tuple[Iterator[tuple[str, bytes]], dict]]:
    """The photographs' (name, bytes), sorted by name, and a record of their archive.

    The archive stays in `downloads` until the block succeeds. Raises InputError if the download fails.
    """
    with locked(downloads, "another download is running"):
        partial = Partial(downloads, params.dataset + (f"/{params.version}" if params.version else ""))
        sha256 = _fetch(params, partial)
        record = {"dataset": params.dataset, "version": params.version, "bytes": partial.size, "sha256": sha256}
        print(f"received {partial.size:,} bytes; to pin them set data.kaggle.sha256 to {sha256}", flush=True)
        surprises = _surprises(params, partial.path)
        for surprise in surprises:
            print(shown(f"unexpected in {params.dataset}: {surprise}"), flush=True)
        yield folder.photographs(partial.path), record | {"surprises": surprises}
        partial.forget()


def _fetch(params: Kaggle, partial: Partial) -> str:
    """Download the archive and return its sha256. If it is bad and came over several connections, try once more."""
    last = False
    while True:
        download(partial, lambda: locate(params.dataset, params.version))
        sha256, fault = _inspect(params, partial)
        if not fault:
            return sha256
        final = last or not partial.joined
        partial.forget()
        if final:
            advice = f"the download was deleted; run it again later, or {BY_HAND}"
            raise InputError(f"data.kaggle: {params.dataset}: {fault}; {advice}")
        print(shown(f"{fault}: the download used several connections; downloading it again"), flush=True)
        last = True


def _inspect(params: Kaggle, partial: Partial) -> tuple[str, str]:
    """The archive's sha256, and its fault or ""."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with open(partial.path, "rb") as file:
        while block := file.read(1 << 20):
            sha256.update(block)
            md5.update(block)
    if params.sha256 not in ("", sha256.hexdigest()):
        return "", f"its sha256 is {sha256.hexdigest()}, and data.kaggle.sha256 pins {params.sha256}"
    if partial.known["md5"] not in (None, base64.b64encode(md5.digest()).decode()):
        return "", "its md5 differs from the one that Kaggle's storage sent"
    return sha256.hexdigest(), _unreadable(partial.path) or _misshapen(params, partial.path)


def _unreadable(path: Path) -> str:
    """The reason why a photograph of the zip cannot be read completely, or ""."""
    try:
        with open_archive(path) as archive:
            require_space(path, archive.infolist(), path.parent, "it is kept; free some space and run it again")
            for member in archive.infolist():
                if is_photograph(member.filename) and not _is_whole(archive, member):
                    return f"{member.filename} is damaged"
    except BAD_ZIP as error:
        return f"the zip is damaged or incomplete ({error})"
    return ""


def _is_whole(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    try:
        read_member(archive, member)
    except BAD_ZIP:
        return False
    return True


def _misshapen(params: Kaggle, path: Path) -> str:
    """The reason why these are not the requested photographs, or ""."""
    parts = _photograph_parts(path)
    if not parts:
        return "it contains no photographs"
    missing = [name for name in ("seg_train", "seg_test") if not any(name in p for p in parts)]
    return f"it has no photographs in {' and '.join(missing)}" if missing and params.dataset == INTEL else ""


def _surprises(params: Kaggle, path: Path) -> list[str]:
    """Differences between these Intel scenes and the data set that the paper used."""
    if params.dataset != INTEL:
        return []
    parts, found = _photograph_parts(path), []
    for name, expected in INTEL_PHOTOGRAPHS.items():
        count = sum(name in p for p in parts)
        if count != expected:
            found.append(f"{name} holds {count:,} photographs, not {expected:,}")
    categories = sorted({p[-2] for p in parts if "seg_train" in p or "seg_test" in p})
    if categories != INTEL_CATEGORIES:
        found.append(f"the categories are {', '.join(categories)}, not {', '.join(INTEL_CATEGORIES)}")
    return found


def _photograph_parts(path: Path) -> list[tuple[str, ...]]:
    with open_archive(path) as archive:
        return [PurePosixPath(name).parts for name in archive.namelist() if is_photograph(name)]
