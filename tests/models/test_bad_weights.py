"""Every reader refuses pickles, which run code when they are loaded, and weights with a false header."""

import ast
import contextlib
import io
import json
import os
import pickle
import struct
import time
import zipfile

import numpy as np
import pytest
import torch
from chaos.targets import READERS, weights
from conftest import ROOT

from colorization.core.errors import InputError
from colorization.models.common.contract import Colorizer
from colorization.models.common.description import read_description
from colorization.models.common.weights import load_model
from colorization.training.resume import ResumeState


class Evil:
    """An object that creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def evil_files(evil: Evil) -> dict[str, bytes]:
    """Files of many formats that contain a pickle."""
    saved, plain, zipped, several = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    torch.save({"weights": torch.zeros(3), "more": evil}, saved)
    torch.save(evil, plain, _use_new_zipfile_serialization=False)
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(evil))
    np.savez(several, a=np.array([evil], object))
    array = io.BytesIO()
    np.save(array, np.array([evil], object), allow_pickle=True)
    named = {"pickle": pickle.dumps(evil), "old pickle": pickle.dumps(evil, 0), "torch": saved.getvalue()}
    named |= {
        "old torch": plain.getvalue(),
        "zip": zipped.getvalue(),
        "npz": several.getvalue(),
        "npy": array.getvalue(),
    }
    return named


def test_unpickling_the_test_file_runs_its_code(tmp_path):
    files = evil_files(Evil(tmp_path / "pwned"))
    for name, load in {
        "pickle": pickle.loads,
        "torch": lambda b: torch.load(io.BytesIO(b), weights_only=False),
    }.items():
        with contextlib.suppress(Exception):
            load(files[name])
        (tmp_path / "pwned").unlink()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("kind", evil_files(Evil("x")))
def test_nothing_is_ever_unpickled(kind, tmp_path):
    pwned = tmp_path / "pwned"
    content = evil_files(Evil(pwned))[kind]
    for name in ("image", "colorize", "params", "weights", "answers"):
        assert not READERS[name].takes(tmp_path, content), name
    state = ResumeState(tmp_path)
    state.path.write_bytes(content)
    for load in (state.load, lambda: READERS["arrays"].takes(tmp_path, content)):
        with contextlib.suppress(Exception):
            load()
    for name in ("source", "archive"):
        with contextlib.suppress(InputError):
            READERS[name].takes(tmp_path, content)
    assert not pwned.exists()


FORBIDDEN = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "joblib", "marshal", "eval", "exec", "compile"}
FORBIDDEN |= {"read_pickle", "unsafe_load", "full_load", "UnsafeLoader", "FullLoader"}


CODE = sorted(path for folder in ("src", "stages", "tools") for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_our_code_never_unpickles(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert not FORBIDDEN & {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not FORBIDDEN & {(node.module or "").split(".")[0], *(alias.name for alias in node.names)}
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert not FORBIDDEN & ({name} | set(name.split(".")[1:]) - {"eval", "compile"}), name
            assert name != "torch.load" or given["weights_only"] == "True"
            assert name not in ("np.load", "numpy.load") or given["allow_pickle"] == "False"


# headers


def with_header(changes: dict) -> bytes:
    whole = weights()[0]
    size = struct.unpack("<Q", whole[:8])[0]
    header = json.dumps(json.loads(whole[8 : 8 + size]) | changes).encode()
    return struct.pack("<Q", len(header)) + header + whole[8 + size :]


def sparse(claimed: int) -> bytes:
    return struct.pack("<Q", claimed) + b"{"


TENSOR = {"dtype": "F32", "shape": [2**30], "data_offsets": [0, 2**32]}
HEADERS = {
    "of 2 GB that are there": (sparse(2**31), 3 * 2**30),
    "of 200 MB that are there": (sparse(200 * 2**20), 2**30),
    "of 90 MB of nothing": (sparse(90 * 2**20), 2**30),
    "of 2 GB that are not": (sparse(2**31), 0),
    "of -1 bytes": (b"\xff" * 8 + b"{}", 0),
    "of 0 bytes": (bytes(8), 0),
    "a tensor of 4 GB that are not there": (with_header({"zzz": TENSOR}), 0),
    "a tensor of 2^80 numbers": (with_header({"zzz": TENSOR | {"shape": [2**40, 2**40]}}), 0),
    "a tensor that begins before it": (with_header({"zzz": TENSOR | {"data_offsets": [-8, 8]}}), 0),
    "a tensor within another": (with_header({"zzz": TENSOR | {"shape": [2], "data_offsets": [0, 8]}}), 0),
    "a tensor of letters": (with_header({"zzz": TENSOR | {"dtype": "U8' OR 1"}}), 0),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_lies_is_refused_at_once(name, tmp_path):
    start, length = HEADERS[name]
    path, began = tmp_path / "model.safetensors", time.monotonic()
    with open(path, "wb") as file:
        file.write(start)
        file.truncate(max(length, len(start)))
    for read in (read_description, lambda path: load_model(path, Colorizer)):
        with pytest.raises(InputError) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path}: ") and len(str(caught.value)) < 500
    assert time.monotonic() - began < 5
