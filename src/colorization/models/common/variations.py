"""Random changes of the photographs that a model trains on: crops, light, and the faults of old photographs.

Each function takes `draw`, which gives independent uniform numbers in [0, 1] of a shape (see `uniform`), so that a
training on several processes draws for the whole batch.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from colorization.models.common.blocks import Noise

Draw = Callable[..., Tensor]
BOXES = 3, 5, 7  # sides in pixels of the boxes that blur
EMPTY = 0.1  # share of the borders that leave nothing of the photograph


def uniform(noise: Noise, like: Tensor) -> Draw:
    """draw(C, H, W) → (B,C,H,W) uniform numbers in [0, 1], B as in `like` (B,…)."""
    return lambda *shape: torch.special.ndtr(noise(like.new_empty(len(like), *shape)))


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


def aged(L: Tensor, ab: Tensor, share: float, draw: Draw) -> tuple[Tensor, Tensor]:
    """Photographs L (B,1,H,W), ab (B,2,H,W) with the faults of old ones; each fault befalls a `share` of them.

    Another exposure, blur, fading and grain change the lightness alone. A border hides it, and has no colour; nor has
    an empty photograph.
    """
    x = (L + 1) / 2  # 0 is black, 1 is white
    for fault in (_exposed, _blurred, _faded, _grainy):
        x = torch.where(draw(1, 1, 1) < share, fault(x, draw), x)
    outside = (_border(x, draw) | (draw(1, 1, 1) < EMPTY)) & (draw(1, 1, 1) < share)
    paper = torch.where(draw(1, 1, 1) < 0.5, 0.85 + 0.15 * draw(1, 1, 1), draw(1, 1, 1) ** 2)  # white, or mostly dark
    x = torch.where(outside, paper, x)
    return x.clamp(0, 1) * 2 - 1, torch.where(outside, 0.0, ab)


def _exposed(x: Tensor, draw: Draw) -> Tensor:
    return x.clamp(min=1e-4) ** torch.exp(draw(1, 1, 1) - 0.5)


def _blurred(x: Tensor, draw: Draw) -> Tensor:
    """From sharp to a standard deviation of 2.6 pixels: one box after the other, the last of them in part."""
    boxes = len(BOXES) * draw(1, 1, 1)
    for number, side in enumerate(BOXES):
        box = F.avg_pool2d(x, side, stride=1, padding=side // 2, count_include_pad=False)
        x = x.lerp(box, (boxes - number).clamp(0, 1))
    return x


def _faded(x: Tensor, draw: Draw) -> Tensor:
    black, white = 0.35 * draw(1, 1, 1), 1 - 0.35 * draw(1, 1, 1)
    return black + (white - black) * x


def _grainy(x: Tensor, draw: Draw) -> Tensor:
    """Grain of one pixel or of about two, with a standard deviation of up to 0.1 or 0.05."""
    grain = 2 * draw(*x.shape[1:]) - 1
    coarse = 2 * F.avg_pool2d(grain, 2, stride=1, padding=1)[..., : x.shape[-2], : x.shape[-1]]
    return x + 0.18 * draw(1, 1, 1) * torch.where(draw(1, 1, 1) < 0.5, grain, coarse)


def _border(x: Tensor, draw: Draw) -> Tensor:
    """Where a border covers the photographs, (B,1,H,W): up to an eighth of the side on most edges, a little tilted."""
    height, width = x.shape[-2:]
    down = torch.linspace(0, 1, height, device=x.device).view(1, 1, -1, 1)
    across = torch.linspace(0, 1, width, device=x.device).view(1, 1, 1, -1)
    tilt = 0.03 * (draw(1, 1, 1) - 0.5)

    def edge() -> Tensor:
        return torch.where(draw(1, 1, 1) < 0.7, draw(1, 1, 1) / 8, -1.0)

    sides = ((down, across), (1 - down, -across), (across, -down), (1 - across, down))
    return torch.stack([place < edge() + tilt * along for place, along in sides]).any(dim=0)
