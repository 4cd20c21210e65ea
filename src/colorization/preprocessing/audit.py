"""The index of an archive: the split and category of every file, and why some are left out."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from colorization.core.errors import InputError, shown
from colorization.core.params import Data
from colorization.sources.archive import BAD_ZIP, open_archive, read_member

SPLITS = ("train", "val", "test")
ALL = "all"  # the source and the category of photographs without one
SPLIT_FOLDER = re.compile(r"(?:seg[_-])?(train|val|test|pred)(?:ing|id|idation)?", re.IGNORECASE)


def list_files(archive: Path, sources: Iterable[str] = ()) -> pd.DataFrame:
    """name, sha256, source, split ("" if its folders do not name one) and category of every file of a zip.

    sources: the names of the zip's outermost folders, if they separate several sources.
    """
    sources = frozenset(sources)
    rows = []
    try:
        with open_archive(archive) as photos:
            for name, member in {m.filename: m for m in photos.infolist()}.items():
                try:
                    digest = hashlib.sha256(read_member(photos, member)).hexdigest()
                except (*BAD_ZIP, OSError):
                    digest = hashlib.sha256(name.encode()).hexdigest()  # decoding reports the fault later
                rows.append((name, digest, *place(name, sources)))
    except BAD_ZIP as error:
        raise InputError(f"{archive}: not a zip ({error}); run: dvc repro --force download") from None
    return pd.DataFrame(rows, columns=["name", "sha256", "source", "split", "category"])


def place(name: str, sources: frozenset[str] = frozenset()) -> tuple[str, str, str]:
    """The source, the split ("train", "val", "test", "pred" or "") and the category that a file's folders name."""
    folders = PurePosixPath(name.replace("\\", "/")).parts[:-1]
    source = folders[0] if folders and folders[0] in sources else ALL
    folders = folders[source != ALL :]
    matches = [SPLIT_FOLDER.fullmatch(part) for part in folders]
    split = next((m[1].lower() for m in matches if m), "")
    category = folders[-1] if folders and not matches[-1] else source
    return source, split, category


def assign(index: pd.DataFrame, params: Data) -> pd.DataFrame:
    """Give every file a split, by its content if its source's folders name none, and apply `limit`; sorts by content.

    Photographs without a category (pred) are left out, or train the models if params.unlabelled is "train".
    """
    index = index.sort_values(["sha256", "name"], ignore_index=True)
    position = index.sha256.str[:13].map(lambda digits: int(digits, 16) / 16**13)  # uniform in [0, 1)
    for source in index.source.unique():
        ours = index.source == source
        pool = ours & index.split.isin(["", "train"])
        test = 0.0 if (ours & (index.split == "test")).any() else params.test_fraction
        val = 0.0 if (ours & (index.split == "val")).any() else params.val_fraction
        index.loc[pool, "split"] = "train"
        index.loc[pool & (position < test + val), "split"] = "val"
        index.loc[pool & (position < test), "split"] = "test"
    unlabelled = index.split == "pred"
    if params.unlabelled == "train":
        index.loc[unlabelled, ["split", "category"]] = ("train", "")
        unlabelled[:] = False
    index["left_out"] = np.where(unlabelled, "pred: without a category; data.unlabelled: train uses it", "")
    if params.limit:
        index.loc[index.groupby("split").cumcount() >= params.limit, "left_out"] = "limit"
    index["row"] = -1
    return index


def exclude(index: pd.DataFrame, params: Data) -> None:
    """Mark in `left_out`: gray photographs, and those of train (val) that are also in val or test (test)."""
    gray = (index.left_out == "") & (index.chroma < params.min_chroma)
    index.loc[gray, "left_out"] = "gray"
    for split, held_out in (("val", ["test"]), ("train", ["val", "test"])):
        used = index.left_out == ""
        ours, theirs = index[used & (index.split == split)], index[used & index.split.isin(held_out)]
        twin = nearest_twin(ours, theirs, params.near_duplicate_bits)
        leaks = {}
        for row, digest, other in zip(ours.index, ours.sha256, twin):
            if other >= 0:
                kind = "identical" if digest == theirs.sha256.iloc[other] else "near-identical"
                leaks[row] = f"leak: {kind} to {theirs.name.iloc[other]}"
        index.loc[[*leaks], "left_out"] = [*leaks.values()]


def nearest_twin(ours: pd.DataFrame, theirs: pd.DataFrame, bits: int) -> np.ndarray:
    """For each of ours, the position in theirs of an identical or near-identical photograph, or -1.

    Near-identical: perceptual hashes (64 bits) that differ in at most `bits` bits; -1 finds identical files only.
    """
    first = {digest: i for i, digest in reversed(list(enumerate(theirs.sha256)))}
    twin = ours.sha256.map(first).fillna(-1).to_numpy(int)
    if bits < 0 or theirs.empty:
        return twin
    hashes = _hashes(theirs)
    for i, one in enumerate(_hashes(ours)):
        distance = np.bitwise_count(hashes ^ one)
        if twin[i] < 0 and distance.min() <= bits:
            twin[i] = distance.argmin()
    return twin


def count_with_twin(seen: pd.DataFrame, bits: int) -> int:
    """The number of photographs that have an identical or near-identical one in the archive."""
    if bits < 0:
        return int(seen.sha256.duplicated(keep=False).sum())
    hashes = _hashes(seen)
    return sum(int((np.bitwise_count(hashes ^ one) <= bits).sum() > 1) for one in hashes)


def _hashes(index: pd.DataFrame) -> np.ndarray:
    """The perceptual hashes (N,) uint64, parsed from hexadecimal digits."""
    return index.phash.map(lambda digits: int(digits, 16)).to_numpy(np.uint64)


def summarise(index: pd.DataFrame, params: Data) -> dict:
    """Counts by split, category and reason, as a nested dict of whole numbers."""
    seen = index[index.width > 0]
    used = index[index.left_out == ""]
    common = seen.groupby(["width", "height"]).size().idxmax()
    return {
        "files": len(index),
        "used": {s: int((used.split == s).sum()) for s in SPLITS},
        "sources": _counts(used, "source", sorted(index.source.unique())),
        "categories": _counts(used, "category", categories(index)),
        "left_out": _count_reasons(index),
        "gray": {s: int(((seen.split == s) & (seen.chroma < params.min_chroma)).sum()) for s in SPLITS},
        "with_twin": count_with_twin(seen, params.near_duplicate_bits),
        "identical_files": int(seen.sha256.duplicated().sum()),
        "odd_sizes": int(((seen.width != common[0]) | (seen.height != common[1])).sum()),
        "enlarged": int((seen[["width", "height"]].min(axis=1) < params.image_size).sum()),
    }


def categories(index: pd.DataFrame) -> list[str]:
    """The names of all categories, sorted, used or not."""
    return sorted(set(index.category[index.split != "pred"]) - {""})


def _counts(used: pd.DataFrame, column: str, names: list[str]) -> dict[str, dict[str, int]]:
    """The number of photographs of each split with each of the names in a column."""
    return {s: {name: int(((used.split == s) & (used[column] == name)).sum()) for name in names} for s in SPLITS}


def _count_reasons(index: pd.DataFrame) -> dict[str, int]:
    """The number of files left out for each reason, ignoring its details."""
    reasons = index.left_out[index.left_out != ""].str.split(":").str[0]
    return {str(reason): int(count) for reason, count in reasons.value_counts().sort_index().items()}


def require_every_split(index: pd.DataFrame, params: Data) -> None:
    """Print the categories without usable photographs. Raises InputError if a split is empty."""
    used = index[index.left_out == ""]
    for category in sorted(set(categories(index)) - set(used.category)):
        print(shown(f"category {category}: no usable photographs"))
    for split in SPLITS:
        if not (used.split == split).any():
            told = ", ".join(f"{count} {reason}" for reason, count in _count_reasons(index).items()) or "none"
            raise InputError(
                f"the {split} split is empty: of {len(index)} photographs {len(used)} are usable (left out: {told}); "
                "add colour photographs, or change data.val_fraction, data.test_fraction or data.min_chroma"
            )
