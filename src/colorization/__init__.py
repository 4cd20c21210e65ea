"""Colorization of gray photographs: data, networks, training, scores and figures of one reproducible study.

    from colorization import load
    result = load("models/vae.safetensors").colorize(image)  # a PIL image, or an array
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from colorization.inference import PhotoColorizer, load

__all__ = ["PhotoColorizer", "load"]


def __getattr__(name: str):
    """`load` and `PhotoColorizer` on first use (PEP 562): they import torch, which most stages do not need."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from colorization import inference

    return getattr(inference, name)
