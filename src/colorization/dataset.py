"""Audit, split, pack and load photographs: an archive becomes three packed Lab arrays and an index of every file."""

import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath

import imagehash
import numpy as np
import pandas as pd
from PIL import Image, ImageOps
from tqdm import tqdm

from colorization.color import chroma, rgb_to_lab
from colorization.config import Data
from colorization.errors import InputError

SPLITS = ("train", "val", "test")
SPLIT_FOLDER = re.compile(r"(?:seg[_-])?(train|val|test|pred)(?:ing|id|idation)?", re.IGNORECASE)
UNREADABLE = (OSError, ValueError, SyntaxError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, MemoryError,
              OverflowError, Image.DecompressionBombError)  # fmt: skip


def pack(archive: Path, out: Path, params: Data, workers: int) -> pd.DataFrame:
    """Write out/{train,val,test}.npy, (N,3,S,S) float16 normalised Lab, and out/index.csv; returns the index.

    The index has one row per file of the archive: its split and row in that split's array, or why it was left out.
    Raises InputError when a split would be empty.
    """
    index = assign(list_files(archive), params)
    out.mkdir(parents=True, exist_ok=True)
    scratch = out / "decoded.npy.part"
    try:
        decoded = _decode_all(archive, scratch, index, params, workers)
        exclude(index, params)
        _require_every_split(index, params)
        for split in SPLITS:
            rows = index.index[(index.split == split) & (index.left_out == "")]
            array = np.lib.format.open_memmap(
                out / f"{split}.npy", "w+", np.float16, (len(rows), 3, params.image_size, params.image_size)
            )
            for position, row in enumerate(rows):
                array[position] = decoded[row]
            array.flush()
            index.loc[rows, "row"] = np.arange(len(rows))
    finally:
        scratch.unlink(missing_ok=True)
    index.to_csv(out / "index.csv", index=False)
    return index


def load(path: Path) -> np.ndarray:
    """A packed split (N,3,S,S) float16 as a read-only memory map: never written through, it may be a link into a cache.

    Raises InputError when the file is no such array.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(f"{path}: not a packed array ({error}); run: dvc repro preprocess") from None
    if array.ndim != 4 or array.shape[1] != 3 or array.dtype != np.float16 or not len(array):
        raise InputError(f"{path}: expected (N,3,S,S) float16, found {array.shape} {array.dtype}; run: dvc repro preprocess")
    return array


def list_files(archive: Path) -> pd.DataFrame:
    """name, sha256, split ("" if its folders name none) and category of every file of a zip."""
    rows = []
    try:
        with zipfile.ZipFile(archive) as photos:
            for name in photos.namelist():
                try:
                    digest = hashlib.sha256(photos.read(name)).hexdigest()
                except UNREADABLE:
                    digest = hashlib.sha256(name.encode()).hexdigest()  # decoding will say why it cannot be read
                rows.append((name, digest, *place(name)))
    except zipfile.BadZipFile as error:
        raise InputError(f"{archive}: not a zip ({error}); run: dvc repro --force download") from None
    return pd.DataFrame(rows, columns=["name", "sha256", "split", "category"])


def place(name: str) -> tuple[str, str]:
    """The split ("train", "val", "test", "pred" or "") and the category that a file's folders name."""
    folders = PurePosixPath(name.replace("\\", "/")).parts[:-1]
    matches = [SPLIT_FOLDER.fullmatch(part) for part in folders]
    split = next((m[1].lower() for m in matches if m), "")
    category = folders[-1] if folders and not matches[-1] else "all"
    return split, category


def assign(index: pd.DataFrame, params: Data) -> pd.DataFrame:
    """Give every file a split by its content where its folders do not, and apply `limit`; orders rows by content."""
    index = index.sort_values(["sha256", "name"], ignore_index=True)
    position = index.sha256.str[:13].map(lambda digits: int(digits, 16) / 16**13)  # uniform in [0, 1)
    pool = index.split.isin(["", "train"])
    test = 0.0 if (index.split == "test").any() else params.test_fraction
    val = 0.0 if (index.split == "val").any() else params.val_fraction
    index.loc[pool, "split"] = "train"
    index.loc[pool & (position < test + val), "split"] = "val"
    index.loc[pool & (position < test), "split"] = "test"
    index["left_out"] = np.where(index.split == "pred", "pred: without a category, not part of the study", "")
    if params.limit:
        index.loc[index.groupby("split").cumcount() >= params.limit, "left_out"] = "limit"
    index["row"] = -1
    return index


def exclude(index: pd.DataFrame, params: Data) -> None:
    """Mark gray photographs, and those of train (val) that stand in val or test (test) too, in `left_out`."""
    gray = (index.left_out == "") & (index.chroma < params.min_chroma)
    index.loc[gray, "left_out"] = "gray"
    for split, held_out in (("val", ["test"]), ("train", ["val", "test"])):
        used = index.left_out == ""
        ours, theirs = index[used & (index.split == split)], index[used & index.split.isin(held_out)]
        twin = nearest_twin(ours, theirs, params.near_duplicate_bits)
        for row, other in zip(ours.index, twin):
            if other >= 0:
                kind = "identical" if index.sha256[row] == theirs.sha256.iloc[other] else "near-identical"
                index.loc[row, "left_out"] = f"leak: {kind} to {theirs.name.iloc[other]}"


def nearest_twin(ours: pd.DataFrame, theirs: pd.DataFrame, bits: int) -> np.ndarray:
    """For each of ours the position in theirs of an identical or near-identical photograph, or -1.

    Near-identical: perceptual hashes (64 bit) that differ in at most `bits` bits; -1 leaves identical files only.
    """
    first = {digest: i for i, digest in reversed(list(enumerate(theirs.sha256)))}
    twin = ours.sha256.map(first).fillna(-1).to_numpy(int)
    if bits < 0 or theirs.empty:
        return twin
    hashes = theirs.phash.map(lambda digits: int(digits, 16)).to_numpy(np.uint64)
    for i, digits in enumerate(ours.phash):
        distance = np.bitwise_count(hashes ^ np.uint64(int(digits, 16)))
        if twin[i] < 0 and distance.min() <= bits:
            twin[i] = distance.argmin()
    return twin


def summarise(index: pd.DataFrame, params: Data) -> dict:
    """Counts of the audit, by split and category and by reason, as a nested dict of whole numbers."""
    seen = index[index.width > 0]
    used = index[index.left_out == ""]
    reason = index.left_out[index.left_out != ""].str.split(":").str[0]
    common = seen.groupby(["width", "height"]).size().idxmax()
    categories = sorted(index.category[index.split != "pred"].unique())
    return {
        "files": len(index),
        "used": {s: int((used.split == s).sum()) for s in SPLITS},
        "categories": {s: {c: int(((used.split == s) & (used.category == c)).sum()) for c in categories} for s in SPLITS},
        "left_out": {str(key): int(count) for key, count in reason.value_counts().sort_index().items()},
        "gray": {s: int(((seen.split == s) & (seen.chroma < params.min_chroma)).sum()) for s in SPLITS},
        "identical_files": int(seen.sha256.duplicated().sum()),
        "odd_sizes": int(((seen.width != common[0]) | (seen.height != common[1])).sum()),
        "enlarged": int((seen[["width", "height"]].min(axis=1) < params.image_size).sum()),
    }


def decode(content: bytes, params: Data) -> tuple[np.ndarray, int, int, float, str]:
    """An image file → Lab (3,S,S) float16, its width and height, chroma in 1/255, and perceptual hash."""
    with Image.open(BytesIO(content)) as file:
        image = to_rgb(ImageOps.exif_transpose(file))
    pixels = np.asarray(crop(image, params.image_size, params.resize), np.float32).transpose(2, 0, 1) / 255
    lab = np.concatenate(rgb_to_lab(pixels)).astype(np.float16)
    return lab, image.width, image.height, float(chroma(pixels) * 255), str(imagehash.phash(image))


def to_rgb(image: Image.Image) -> Image.Image:
    """Any mode that Pillow reads → RGB; 16-bit gray is scaled to 8 bits, alpha is dropped."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image.convert("RGB")


def crop(image: Image.Image, size: int, resize: int) -> Image.Image:
    """The centre size × size of a photograph whose shorter side is first brought to `resize`.

    resize 0 keeps the photograph's own scale, as the report does, but enlarges one that is smaller than `size`.
    """
    shorter = min(image.size)
    target = resize or max(shorter, size)
    if shorter != target:
        scale = target / shorter
        image = image.resize([max(target, round(side * scale)) for side in image.size], Image.Resampling.BICUBIC)
    left, top = (image.width - size) // 2, (image.height - size) // 2
    return image.crop((left, top, left + size, top + size))


def _decode_all(archive: Path, scratch: Path, index: pd.DataFrame, params: Data, workers: int) -> np.ndarray:
    """Decode every file that is not left out; fills the audit's columns and returns the Lab arrays by row of the index."""
    size = params.image_size
    decoded = np.lib.format.open_memmap(scratch, "w+", np.float16, (len(index), 3, size, size))
    audit = pd.DataFrame({"width": 0, "height": 0, "chroma": np.nan, "phash": ""}, index=index.index)
    index[audit.columns] = audit
    wanted = index[index.left_out == ""]
    with ProcessPoolExecutor(workers, initializer=_open_archive, initargs=(archive,)) as pool:
        results: Iterator = pool.map(partial(_decode_member, params=params), wanted.name, chunksize=32)
        bar = tqdm(results, total=len(wanted), desc="decoding", unit="photo", disable=None)
        for row, (lab, *seen, error) in zip(wanted.index, bar):
            if error:
                index.loc[row, "left_out"] = f"unreadable: {error}"
                print(f"left out {index.name[row]}: {error}")
            else:
                decoded[row] = lab
                index.loc[row, list(audit.columns)] = seen
    return decoded


def _open_archive(archive: Path) -> None:
    global _archive  # one open zip per worker process
    _archive = zipfile.ZipFile(archive)


def _decode_member(name: str, params: Data):
    try:
        return *decode(_archive.read(name), params), ""
    except UNREADABLE as error:
        return None, 0, 0, 0.0, "", " ".join(f"{error}".split()) or type(error).__name__


def _require_every_split(index: pd.DataFrame, params: Data) -> None:
    used = index[index.left_out == ""]
    for category in sorted(set(index.category[index.split != "pred"]) - set(used.category)):
        print(f"category {category}: no usable photograph")
    reasons = index.left_out[index.left_out != ""].str.split(":").str[0].value_counts()
    for split in SPLITS:
        if not (used.split == split).any():
            told = ", ".join(f"{count} {reason}" for reason, count in reasons.items()) or "none"
            raise InputError(
                f"the {split} split is empty: of {len(index)} photographs {len(used)} are usable (left out: {told}); "
                "bring more colour photographs, or change data.val_fraction, data.test_fraction or data.min_chroma"
            )


def workers() -> int:
    """Processes for decoding: COLORIZATION_WORKERS, or the processors that this process may use."""
    return int(os.environ.get("COLORIZATION_WORKERS") or len(os.sched_getaffinity(0)))
