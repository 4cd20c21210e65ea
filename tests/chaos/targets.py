"""Our readers of foreign files, and undamaged files for each."""

import contextlib
import io
import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from conftest import ROOT, jpeg
from photos import every_kind
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from colorization.core.errors import InputError, shown
from colorization.core.params import load_config
from colorization.dataset import photos as dataset
from colorization.human_study.answer_files import fooling_rates, read_answers
from colorization.models.common.contract import Colorizer
from colorization.models.common.description import metadata, read_description
from colorization.models.common.weights import build, digest, load_model
from colorization.photo.reading import read_photo
from colorization.preprocessing import audit, packing
from colorization.sources import folder
from colorization.sources.archive import write_archive

PARAMS = replace(load_config(ROOT / "presets/sample.yaml").data, image_size=32, resize=0)
TRIALS = {f"{i:016x}": {"model": "catch" if i == 3 else "gan", "photograph": i % 2} for i in range(4)}
KEY = {"study": "0" * 16, "seconds": 1.0, "trials": TRIALS}


@dataclass(frozen=True)
class Reader:
    """`read` accepts a file of that name or raises InputError; `seeds` are files that it accepts."""

    name: str
    read: Callable[[Path], None]
    seeds: Callable[[], list[bytes]]

    def takes(self, folder: Path, data: bytes) -> bool:
        """Whether `read` accepts a file of these bytes. Raises unless it accepts or refuses in one line."""
        path = folder / self.name
        path.write_bytes(data)
        try:
            self.read(path)
        except InputError as error:
            assert str(error) == shown(str(error)), "a refusal of several lines, or that a terminal would obey"
            return False
        return True


def read_source(path: Path) -> None:
    """The user's photographs → photos.zip, which is then read again."""
    with contextlib.redirect_stdout(io.StringIO()):
        count = write_archive(path.with_name("photos.zip"), folder.photographs(path))
    index = audit.list_files(path.with_name("photos.zip"))
    assert len(index) == count and index.name.is_unique


def read_archive(path: Path) -> None:
    """The index of photos.zip; decodes every photograph as a preprocess worker does."""
    for name in audit.list_files(path).name[:20]:
        packing._archive = packing.open_archive(path)
        lab, *_, error = packing._decode_member(name, PARAMS)
        assert error or lab.shape == (3, 32, 32)


def read_image(path: Path) -> None:
    """A photograph of the study."""
    try:
        lab, width, height, chroma, _ = packing.decode(path.read_bytes(), PARAMS)
    except Exception as error:  # preprocess, too, leaves the photograph out and reports the error
        raise InputError(str(error)) from None
    assert np.isfinite(lab).all() and 0 <= chroma < 256 and width * height > 0


def read_weights(path: Path) -> None:
    read_description(path)
    load_model(path, Colorizer)


def read_people(path: Path) -> None:
    fooling_rates(read_answers(path.parent, KEY), KEY)


def zips() -> list[bytes]:
    names = ("train/sea/1.jpg", "test/海/é.png", "../b.tif", "c.txt")
    made = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for i, name in enumerate(names):
                archive.writestr(name, jpeg(i, (20, 16)))
            with archive.open("d.jpg", "w", force_zip64=True) as file:
                file.write(jpeg(5, (8, 8)))
        made.append(buffer.getvalue())
    return made


@cache
def images() -> list[bytes]:
    return list(every_kind().values())


def configs() -> list[bytes]:
    texts = [path.read_text() for path in sorted((ROOT / "presets").glob("*.yaml"))]
    bare = ["\n".join(line.partition("#")[0].rstrip() for line in text.splitlines()) for text in texts]
    return [text.encode() for text in [*bare, "data: &a {b: *a}", '"\\x1b": !!float .inf', "? [1]\n: 2001-01-01"]]


@cache
def weights() -> list[bytes]:
    network = {"width": 1, "predicts": "ab"}
    state = build("resnet", network).state_dict()
    tree = {"model": "resnet", "network": network, "about": {"image_size": 32, "photographs": 100}}
    tree["sha256"] = digest({key: value.contiguous() for key, value in state.items()})
    whole = save_tensors({k: v.contiguous() for k, v in state.items()}, metadata=metadata(tree))
    assert load_tensors(whole)
    foreign = save_tensors({"a": torch.zeros(2)}, metadata=metadata(tree))
    return [whole, foreign, save_tensors({"a": torch.zeros(2)}), struct.pack("<Q", 2) + b"{}"]


def people() -> list[bytes]:
    trials = [{"id": i, "chosen": 0, "side": "left", "milliseconds": 900} for i in TRIALS]
    tree = {"study": KEY["study"], "participant": "a" * 16, "started": "2026-01-01T00:00Z"}
    tree |= {"seconds": 1.0, "input": "mouse", "trials": trials}
    return [json.dumps(tree).encode(), json.dumps(tree | {"study": "f" * 16}, indent=1).encode()]


def arrays() -> list[bytes]:
    made = []
    for array in (np.zeros((2, 3, 4, 4), np.float16), np.zeros((1, 3, 2, 2), np.float16, order="F"), np.arange(3)):
        buffer = io.BytesIO()
        np.save(buffer, array)
        made.append(buffer.getvalue())
    return made


READERS = {
    "source": Reader("photographs.zip", read_source, zips),
    "archive": Reader("photos.zip", read_archive, zips),
    "image": Reader("photo", read_image, images),
    "colorize": Reader("photo", lambda path: read_photo(path) and None, images),
    "params": Reader("params.yaml", lambda path: load_config(path) and None, configs),
    "weights": Reader("model.safetensors", read_weights, weights),
    "answers": Reader("answers.json", read_people, people),
    "arrays": Reader("train.npy", lambda path: dataset.load(path).shape and None, arrays),
}
