"""Files that appear whole or not at all."""

import json
import os
from io import BytesIO
from pathlib import Path

import pandas as pd


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content`, or leave it as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, tree: dict) -> None:
    write_atomically(path, (json.dumps(tree, indent=2, ensure_ascii=False) + "\n").encode())


def write_table(path: Path, table: pd.DataFrame, separator: str = ",") -> None:
    """Numbers with six significant digits."""
    buffer = BytesIO()
    table.to_csv(buffer, sep=separator, index=False, float_format="%.6g")
    write_atomically(path, buffer.getvalue())
