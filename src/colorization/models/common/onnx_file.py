"""The file of an exported network: an ONNX model, and our description as the last entry of its metadata.

Read without onnx and without torch. A protobuf message is a row of fields, so the entry can follow the finished model,
and the description can hold the digest of all bytes before it (onnx.proto: ModelProto.metadata_props).
"""

import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

SUFFIX = ".onnx"
KEY = "colorization"  # the only metadata key of our files: with two, their order could change the bytes
METADATA, ENTRY_KEY, ENTRY_VALUE = 14, 1, 2  # numbers of fields, from onnx.proto
NUMBER, BYTES = 0, 2  # protobuf's wire types; a model uses no others at its top
MOST_FIELDS = 1000  # at the top of a model
LARGEST = 2**20  # bytes of the description


def sealed(model: bytes, tree: dict) -> bytes:
    """An ONNX model and its description, with the model's sha256 → the bytes of the file."""
    text = json.dumps(tree | {"sha256": hashlib.sha256(model).hexdigest()}, sort_keys=True)
    return model + _field(METADATA, _field(ENTRY_KEY, KEY.encode()) + _field(ENTRY_VALUE, text.encode()))


def read(file: BinaryIO) -> tuple[int, dict]:
    """The number of bytes of the model, and its unchecked description.

    Raises ValueError, TypeError or RecursionError if the file is damaged or has no description.
    """
    start, content = _last_field(file)
    key = _field(ENTRY_KEY, KEY.encode())
    file.seek(content)
    entry = BytesIO(file.read(LARGEST))
    if entry.read(len(key) + 1) != key + _tag(ENTRY_VALUE)[:1]:
        raise TypeError("it has no description")
    length = _number(entry)
    tree = json.loads(entry.read(length))
    if not isinstance(tree, dict):
        raise TypeError("it has no description")
    return start, tree


def read_model(path: Path) -> tuple[bytes, dict]:
    """The model and its unchecked description. Raises OSError, and as `read`; ValueError if a bit has changed."""
    with open(path, "rb") as file:
        size, tree = read(file)
        file.seek(0)
        model = file.read(size)
    if hashlib.sha256(model).hexdigest() != tree.get("sha256"):
        raise ValueError("the network does not match its sha256")
    return model, tree


def _last_field(file: BinaryIO) -> tuple[int, int]:
    """Where the last field of a message starts, and where its content starts; it is an entry of the metadata."""
    size, last = file.seek(0, 2), (b"", 0, 0)
    file.seek(0)
    for _ in range(MOST_FIELDS):
        if (start := file.tell()) == size:
            break
        tag = _number(file)
        if tag >> 3 == 0 or tag & 7 not in (NUMBER, BYTES):
            raise ValueError("it is not an ONNX model")
        length = _number(file)
        content = file.tell()
        if tag & 7 == BYTES and file.seek(length, 1) > size:
            raise ValueError("it is cut off")
        last = _varint(tag), start, content
    if last[0] != _tag(METADATA):
        raise TypeError("it has no description")
    return last[1:]


def _number(file: BinaryIO) -> int:
    """A varint of at most 64 bits."""
    value = 0
    for shift in range(0, 64, 7):
        (byte,) = file.read(1) or (None,)
        if byte is None:
            raise ValueError("it is cut off")
        value |= (byte & 127) << shift
        if byte < 128:
            return value
    raise ValueError("it is not an ONNX model")


def _field(number: int, content: bytes) -> bytes:
    return _tag(number) + _varint(len(content)) + content


def _tag(number: int) -> bytes:
    return _varint(number << 3 | BYTES)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value >= 128:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
