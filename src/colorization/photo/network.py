"""What the engine needs of a network; `loading` opens the network of a file."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

NO_FEATURES = "like: needs the .onnx file of ours, exported by this version: python -m tools.export"


class Network(Protocol):
    """What `PhotoColorizer` needs of a network; safe to use from several threads."""

    takes_hints: bool
    takes_references: bool  # whether it can say what its encoder sees, by which `likeness` compares photographs

    def colorize(self, L: NDArray[np.float32], known: NDArray[np.float32] | None) -> NDArray[np.float32]:
        """Normalised L (h,w), and a map of hints (3,h,w) or None → normalised ab (2,h,w)."""

    def described(self, L: NDArray[np.float32]) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """`colorize` without hints, and the encoder's features (C,h',w') at an eighth and 1/16 of the side.

        Raises InputError if this network cannot tell them.
        """

    def samples(self, L: NDArray[np.float32], count: int) -> list[NDArray[np.float32]]:
        """`count` draws of normalised ab (2,h,w) for normalised L (h,w). Raises InputError for a model without."""
