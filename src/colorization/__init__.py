"""Colorization of gray photographs: data, networks, training, scores and figures of one reproducible study.

from colorization import load
result = load().colorize(image)  # with the best model; a PIL image, or an array
"""

import importlib

__all__ = ["PhotoColorizer", "load"]  # typed in __init__.pyi


def __getattr__(name: str):
    """`load` and `PhotoColorizer` on first use (PEP 562): they import torch, which most stages do not need."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("colorization.app.colorizer"), name)
