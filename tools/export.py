"""Export a trained model as ONNX, which `colorize` runs without torch.

python -m tools.export src/colorization/photo/weights/ours.safetensors   # writes ours.onnx beside it
"""

import argparse
from pathlib import Path

from colorization.core.errors import InputError, run
from colorization.models.common.onnx_file import SUFFIX


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.export", description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="a .safetensors file of a trained model")
    parser.add_argument("target", type=Path, nargs="?", help="the .onnx file (default: beside the source)")
    wanted = parser.parse_args()
    target = wanted.target or wanted.source.with_suffix(SUFFIX)
    try:
        from colorization.export.network import export
    except ModuleNotFoundError as error:
        raise InputError(f"export needs the package {error.name}; pip install '.[study]'") from None
    export(wanted.source, target)
    print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    run(main)
