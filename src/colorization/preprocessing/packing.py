"""An archive of photographs → three packed Lab arrays and an index of every file."""

import warnings
import zipfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from io import BytesIO
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
from PIL import Image, ImageOps
from tqdm import tqdm

from colorization.color import chroma, rgb_to_lab
from colorization.core.errors import one_line, shown
from colorization.core.files import naming, replacing, write_table
from colorization.core.params import Data
from colorization.core.process import killed, serve_parent
from colorization.imaging import vips
from colorization.imaging.jpeg_scans import check_scans
from colorization.imaging.png_gamma import drop_overruled_gamma
from colorization.imaging.srgb import to_rgb
from colorization.imaging.tiff import ORIENTATION, is_tiff, photograph
from colorization.preprocessing.audit import SPLITS, assign, exclude, list_files, require_every_split
from colorization.sources.archive import formats, open_archive, read_member

_archive: zipfile.ZipFile  # set when a worker process starts


def pack(archive: Path, out: Path, params: Data, workers: int, sources: Iterable[str] = ()) -> pd.DataFrame:
    """Write out/{train,val,test}.npy, (N,3,S,S) float16 normalised Lab, and out/index.csv; returns the index.

    The index has one row per file of the archive: its split and row in that split's array, or why it was left out.
    sources: names of the archive's outermost folders; each keeps its own division into splits.
    Raises InputError if a split is empty.
    """
    index = assign(list_files(archive, sources), params)
    out.mkdir(parents=True, exist_ok=True)
    scratch = out / "decoded.part"
    shape = (3, params.image_size, params.image_size)
    decoded: np.ndarray | None = None
    try:
        decoded = _decode_all(archive, scratch, index, params, workers)
        exclude(index, params)
        require_every_split(index, params)
        for split in SPLITS:
            rows = index.index[(index.split == split) & (index.left_out == "")]
            write_rows(out / f"{split}.npy", (decoded[index.position[row]] for row in rows), (len(rows), *shape))
            index.loc[rows, "row"] = np.arange(len(rows))
    except BrokenProcessPool:
        raise killed("a process that decodes photographs") from None
    finally:
        decoded = None  # unmaps the file: Windows deletes no mapped one
        scratch.unlink(missing_ok=True)
    write_table(out / "index.csv", index.drop(columns="position"))
    return index


def decode(content: bytes, params: Data) -> tuple[np.ndarray, int, int, float, str]:
    """An image file → Lab (3,S,S) float16, width, height, chroma in [0, 255], and perceptual hash."""
    image = _opened(content)
    pixels = np.asarray(crop(image, params.image_size, params.resize), np.float32).transpose(2, 0, 1) / 255
    lab = np.concatenate(rgb_to_lab(pixels)).astype(np.float16)
    return lab, image.width, image.height, float(chroma(pixels) * 255), str(imagehash.phash(image))


def _opened(content: bytes) -> Image.Image:
    """An image file → RGB, upright. TIFFs as the command reads them: Pillow turns 16-bit min-is-white dark."""
    if is_tiff(content) and vips.reads(page := photograph(BytesIO(content))):
        image = vips.opaque(vips.of_tiff(content, page))
        image.getexif()[ORIENTATION] = page.tags.get(ORIENTATION, 1)
        return ImageOps.exif_transpose(image)
    with Image.open(BytesIO(content), formats=formats()) as file:
        check_scans(file, content)
        drop_overruled_gamma(file)
        return to_rgb(ImageOps.exif_transpose(file))


def crop(image: Image.Image, size: int, resize: int) -> Image.Image:
    """The centre size × size of a photograph, after its shorter side is resized to `resize`.

    resize 0 keeps the photograph's own scale, as the paper does, but enlarges one that is smaller than `size`.
    """
    shorter = min(image.size)
    side = shorter * size / (resize or max(shorter, size))  # side of the kept square, in the photograph's pixels
    left, top = (image.width - side) / 2, (image.height - side) / 2
    if side == size:
        return image.crop((int(left), int(top), int(left) + size, int(top) + size))
    return image.resize((size, size), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))


def write_rows(path: Path, rows: Iterable[np.ndarray], shape: tuple[int, ...]) -> None:
    """Write float16 rows as one .npy, completely or not at all.

    A full disk raises OSError here; with a memory map it would kill the process.
    """
    with replacing(path) as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f2", "fortran_order": False, "shape": shape})
        file.writelines(row.astype("<f2").tobytes() for row in rows)


def _decode_all(archive: Path, scratch: Path, index: pd.DataFrame, params: Data, workers: int) -> np.ndarray:
    """Decode every file that is not left out into `scratch`; fill the index's measured columns and `position`."""
    index[["width", "height", "chroma", "phash", "position"]] = (0, 0, np.nan, "", -1)
    wanted = index[index.left_out == ""]
    seen, unreadable, count = {}, {}, 0  # written to the index at the end: each single cell would copy a column
    with (
        naming(scratch),
        ProcessPoolExecutor(workers, initializer=_start_worker, initargs=(archive,)) as pool,
        open(scratch, "wb") as file,
    ):
        results = pool.map(partial(_decode_member, params=params), wanted.name, chunksize=32)
        bar = tqdm(results, total=len(wanted), desc="decoding", unit="photo", disable=None)
        for row, (lab, *facts, error) in zip(wanted.index, bar):
            if error:
                unreadable[row] = f"unreadable: {error}"
                print(shown(f"left out {index.name[row]}: {error}"))
            else:
                file.write(lab.tobytes())
                seen[row] = (*facts, count)
                count += 1
    index.loc[[*unreadable], "left_out"] = [*unreadable.values()]
    if seen:
        facts = pd.DataFrame.from_dict(seen, orient="index", columns=["width", "height", "chroma", "phash", "position"])
        index.loc[facts.index, facts.columns] = facts
    shape = (count, 3, params.image_size, params.image_size)
    return np.memmap(scratch, np.float16, "r", shape=shape) if count else np.empty(shape, np.float16)


def _start_worker(archive: Path) -> None:
    global _archive
    serve_parent()
    _archive = open_archive(archive)
    warnings.simplefilter("ignore")  # Pillow's warnings; we report each left-out file ourselves


def _decode_member(name: str, params: Data):
    try:
        return *decode(read_member(_archive, _archive.getinfo(name)), params), ""
    except Exception as error:  # decoders raise any kind of error on damaged bytes
        return None, 0, 0, 0.0, "", one_line(error)
