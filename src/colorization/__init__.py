"""Colorization of gray photographs: data, models, training, scores and figures of one reproducible study.

from colorization import load
result = load().colorize(image)  # uses the best model; takes a PIL image or an array
"""

import importlib

__version__ = "0.9.1"
__all__ = ["PhotoColorizer", "load"]  # their types are in __init__.pyi


def __getattr__(name: str):
    """Import `load` and `PhotoColorizer` on first use (PEP 562): they need numpy and Pillow, and `--help` does not."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("colorization.photo.colorizer"), name)
