"""A model's weights in half precision, and the change in its results."""

from torch import Tensor, nn

from colorization.color import AB_SCALE
from colorization.models.common.contract import Colorizer


def halved(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors as float16; integers and tensors with a value too large for float16 stay as they are."""
    return {key: _half(value) if value.is_floating_point() else value for key, value in weights.items()}


def _half(value: Tensor) -> Tensor:
    half = value.half()
    return half if half.isfinite().all() else value


class Beside(nn.Module):
    """A stored model beside the trained one: gives its answers, and remembers how far they lie apart at most."""

    def __init__(self, stored: nn.Module, trained: Colorizer):
        super().__init__()
        self.stored, self.trained = stored, trained
        self.largest_change = 0.0  # of a or b, in ab units

    def colorize(self, L: Tensor) -> Tensor:
        """Normalised L (B,1,S,S) → normalised ab (B,2,S,S)."""
        found = self.stored.colorize(L)
        change = (found - self.trained.colorize(L)).abs().max().item()
        self.largest_change = max(self.largest_change, change * AB_SCALE)
        return found
