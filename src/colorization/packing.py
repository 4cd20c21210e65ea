"""An archive of photographs becomes three packed Lab arrays and an index of every file."""

import os
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
from PIL import Image, ImageOps
from tqdm import tqdm

from colorization.audit import SPLITS, UNREADABLE, assign, exclude, list_files, require_every_split
from colorization.color import chroma, rgb_to_lab
from colorization.config import Data


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
        require_every_split(index, params)
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


def workers() -> int:
    """Processes for decoding: COLORIZATION_WORKERS, or the processors that this process may use."""
    return int(os.environ.get("COLORIZATION_WORKERS") or len(os.sched_getaffinity(0)))
