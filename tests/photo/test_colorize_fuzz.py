"""Damaged image files are read and written back, or refused in one line, without a crash or a hang.

`COLORIZATION_FUZZ=20000 pytest tests/photo/test_colorize_fuzz.py` tries more of them.
"""

import os
import signal

import numpy as np
import pytest
from photos import every_kind

from colorization.core.errors import InputError
from colorization.photo.formats import FORMATS, own_format
from colorization.photo.reading import read_header, read_photo
from colorization.photo.writing import depth, write_photo

CASES = int(os.environ.get("COLORIZATION_FUZZ", "400"))
SECONDS = 10  # limit for one file, which takes milliseconds
INTERESTING = (0, 1, 127, 128, 255)


def mutated(content: bytes, other: bytes, random: np.random.Generator) -> bytes:
    """Apply one to eight damages: change bytes (often in headers), flip bits, cut, double or replace a piece."""
    data = bytearray(content)
    for _ in range(random.integers(1, 9)):
        size = max(1, len(data))
        at = int(random.integers(min(size, 200)) if random.random() < 0.6 else random.integers(size))
        length = int(random.integers(1, 40))
        kind = random.integers(7)
        if kind <= 2 and data:
            data[at] = random.choice(INTERESTING) if kind == 0 else random.integers(256)
        elif kind == 3 and data:
            data[at] ^= 1 << random.integers(8)
        elif kind == 4:
            del data[at : at + length]
        elif kind == 5:
            data[at:at] = data[at : at + length]
        else:
            data[at : at + length] = other[at : at + length]
    return bytes(data[: random.integers(len(data))] if random.random() < 0.15 and data else data)


def test_damaged_files_are_read_or_refused(tmp_path):
    kinds, random, refused = every_kind(), np.random.default_rng(CASES), 0
    names = list(kinds)

    def too_long(signum, frame):
        raise AssertionError("a hang")

    previous = signal.signal(signal.SIGALRM, too_long)
    for case in range(CASES):
        name, other = names[case % len(names)], names[random.integers(len(names))]
        path = tmp_path / name
        path.write_bytes(mutated(kinds[name], kinds[other], random))
        signal.alarm(SECONDS)
        try:
            format_name, photo = own_format(read_header(path)), read_photo(path)
            rows = np.zeros((*photo.levels.shape, 3), np.uint8 if depth(photo, format_name) == 8 else np.uint16)
            out = tmp_path / f"out{FORMATS[format_name].suffixes[0]}"
            if photo.levels.size < 1_000_000:
                write_photo(out, photo, iter([rows]), name=format_name, quality=90)
        except InputError as error:
            refused += 1
            assert "\n" not in str(error)
        except BaseException as error:
            kept = tmp_path.parent / name
            path.rename(kept)
            pytest.fail(f"case {case}, {kept}: {type(error).__name__}: {error}")
        finally:
            signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)
    assert refused > CASES / 10
    assert not list(tmp_path.glob("*.part"))
