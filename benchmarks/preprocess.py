"""Photographs per second from JPEG files to packed Lab, against a plain loop, and against decoding the JPEGs alone."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from PIL import Image

from benchmarks import measure, photographs, reference
from colorization.core.params import load_config
from colorization.core.process import workers
from colorization.preprocessing.packing import pack
from colorization.sources.archive import write_archive
from colorization.sources.folder import photographs as read_folder

COUNT, UNIT = 3000, "photographs/s"


def main(repeats: int) -> dict[str, list[measure.Row]]:
    rows = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        photos = photographs.folder_of(folder / "photos", COUNT)
        archive = folder / "photos.zip"
        write_archive(archive, read_folder(photos))
        for side in (64, 128):
            data = replace(load_config(photographs.PRESET).data, image_size=side, resize=side)
            sides = {
                "ours": lambda data=data: pack(archive, folder / "lab", data, workers()),
                "plain": lambda side=side: reference.preprocess(photos, side, folder / "plain.npy"),
                "decoding": lambda: decode_all(archive),
            }
            times = {
                key: measure.rates(COUNT, values) for key, values in measure.in_turn(sides, repeats, False).items()
            }
            what, note = f"{side} px", "with hashes, audit and split"
            rows.append(
                measure.Row(what, UNIT, times["ours"], times["plain"], "a loop of Pillow and scikit-image", note=note)
            )
            decoding = f"decoding alone, {workers()} processes"
            rows.append(measure.Row(what, UNIT, times["ours"], times["decoding"], decoding, note=note))
    return {"Preprocessing": rows}


def decode_all(archive: Path) -> None:
    with ZipFile(archive) as photos, ProcessPoolExecutor(workers(), initializer=_open, initargs=(archive,)) as pool:
        sum(pool.map(_decode, photos.namelist(), chunksize=32))


def _open(archive: Path) -> None:
    global _photos
    _photos = ZipFile(archive)


def _decode(name: str) -> int:
    with Image.open(BytesIO(_photos.read(name))) as image:
        return image.convert("RGB").width
