"""Random crops and light for the photographs that a model trains on; `old_photographs` and `sensitivity` have more.

Each function takes `draw`, or numbers from it, which gives independent uniform numbers in [0, 1] of a shape (see
`uniform`), so that a training on several processes draws for the whole batch.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from colorization.models.common.blocks import Noise

Draw = Callable[..., Tensor]


def uniform(noise: Noise, like: Tensor) -> Draw:
    """draw(C, H, W) → (B,C,H,W) uniform numbers in [0, 1], B as in `like` (B,…)."""
    return lambda *shape: torch.special.ndtr(noise(like.new_empty(len(like), *shape)))


def in_some(change: Callable, x: Tensor, share: float, draw: Draw) -> Tensor:
    """Photographs (B,C,H,W) → the same shape, a `share` of them as change(those, draw).

    Numbers are drawn for all of them, but only the chosen ones are computed.
    """
    rows = (draw(1, 1, 1) < share).flatten()
    x = x.clone()
    x[rows] = change(x[rows], lambda *shape: draw(*shape)[rows])
    return x


def cropped(lab: Tensor, draws: Tensor, zoom: float, sides: tuple[int, int]) -> Tensor:
    """Photographs (B,3,H,W) → (B,3,*sides): each is cropped to 1 - zoom to 1 of its side, and resized.

    draws: (B,3,1,1) uniform: the size of the crop, and its place. In full precision: half a pixel is lost in 16 bits.
    """
    crop, right, down = draws.flatten(1).unbind(dim=1)
    side = 1 - zoom * crop
    x, y = ((2 * place - 1) * (1 - side) for place in (right, down))
    none = torch.zeros_like(side)
    window = torch.stack([side, none, x, none, side, y], dim=1).view(-1, 2, 3)
    with torch.autocast(lab.device.type, enabled=False):
        grid = F.affine_grid(window, [len(lab), 3, *sides], align_corners=False)
        return F.grid_sample(lab, grid, padding_mode="border", align_corners=False)


def relit(L: Tensor, draws: Tensor, amount: float) -> Tensor:
    """Lightness (B,1,H,W), scaled by up to 1 ± amount and shifted by up to a quarter of that; draws: (B,2,1,1)."""
    gain, shift = (amount * (2 * draw - 1).unsqueeze(1) for draw in draws.unbind(dim=1))
    return ((L + 1) * (1 + gain) - 1 + shift / 2).clamp(-1, 1)  # L + 1 is 0 for black, 2 for white
