"""The faults of old photographs, for a model that trains on new ones; `draw` as in `variations`."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from colorization.models.common.variations import Draw, in_some

Fault = Callable[[Tensor, Draw], Tensor]
BOXES = 3, 5, 7  # sides in pixels of the boxes that blur
EMPTY = 0.1  # share of the borders that leave nothing of the photograph
WEAR = 0.7  # share of the worn photographs with each of their faults
BLOCKS = 4, 6, 8  # pixels of the side of JPEG's blocks: of 8, in photographs that may have been reduced since
ROUNDING = 4.0  # of JPEG's quality 12, or of 25 in a photograph whose contrast was doubled since
# ITU-T T.81, table K.1: steps of 256 levels to which quality 50 rounds the frequencies of 8×8 pixels
LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


def aged(L: Tensor, ab: Tensor, share: float, draw: Draw) -> tuple[Tensor, Tensor]:
    """Photographs L (B,1,H,W), ab (B,2,H,W) with the faults of old ones; each fault befalls a `share` of them.

    Another exposure, blur, fading and grain change the lightness alone. A border hides it, and has no colour; nor has
    an empty photograph.
    """
    x = (L + 1) / 2  # 0 is black, 1 is white
    x = _with(x, (exposed, _blurred, _faded, _grainy), share, draw)
    outside = (_border(x, draw) | (draw(1, 1, 1) < EMPTY)) & (draw(1, 1, 1) < share)
    paper = torch.where(draw(1, 1, 1) < 0.5, 0.85 + 0.15 * draw(1, 1, 1), draw(1, 1, 1) ** 2)  # white, or mostly dark
    x = torch.where(outside, paper, x)
    return x.clamp(0, 1) * 2 - 1, torch.where(outside, 0.0, ab)


def worn(L: Tensor, share: float, draw: Draw) -> Tensor:
    """Photographs L (B,1,H,W), a `share` of them as scans of old prints: blurred, grainy, saved as JPEG, faded.

    Each of these faults befalls WEAR of that share, so that most have several of them.
    """

    def print_of(L: Tensor, draw: Draw) -> Tensor:
        return _with((L + 1) / 2, (_blurred, _grainy, _compressed, _faded), WEAR, draw).clamp(0, 1) * 2 - 1

    return in_some(print_of, L, share, draw)


def _with(x: Tensor, faults: tuple[Fault, ...], share: float, draw: Draw) -> Tensor:
    """Photographs (B,1,H,W) in [0, 1] → the same shape; each fault befalls a `share` of them, one after the other."""
    for fault in faults:
        x = in_some(fault, x, share, draw)
    return x


def exposed(x: Tensor, draw: Draw) -> Tensor:
    """Photographs (B,1,H,W) in [0, 1], darker or lighter: to the power of 0.6 to 1.6."""
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


def _compressed(x: Tensor, draw: Draw) -> Tensor:
    """As a JPEG keeps it, from nearly all to little, in blocks of one of the sides BLOCKS."""
    strength, which = ROUNDING * draw(1, 1, 1) + 0.05, len(BLOCKS) * draw(1, 1, 1)
    for number, side in enumerate(BLOCKS):
        x = torch.where(which.floor() == number, _rounded(x, side, strength), x)
    return x


def _rounded(x: Tensor, side: int, strength: Tensor) -> Tensor:
    """JPEG's rounding of frequencies (Wallace 1992, section 4) in blocks of side × side, in full precision.

    side: up to 8. strength (B,1,1,1): 1 is quality 50.
    """
    height, width = x.shape[-2:]
    steps = x.new_tensor(LUMINANCE)[:side, :side] * (side / 8 / 255)
    basis = _cosines(side, like=x)
    with torch.autocast(x.device.type, enabled=False):
        padded = F.pad(x, (0, -width % side, 0, -height % side), mode="replicate")
        blocks = padded.unflatten(-1, (-1, side)).unflatten(-3, (-1, side)).transpose(-3, -2)  # (B,1,h,w,side,side)
        step = strength[..., None, None] * steps
        rounded = (basis @ blocks @ basis.T / step).round() * step
        back = basis.T @ rounded @ basis
        return back.transpose(-3, -2).flatten(-2).flatten(-3, -2)[..., :height, :width]


def _cosines(side: int, *, like: Tensor) -> Tensor:
    """The orthonormal cosine transform (DCT-II) of `side` values, as a matrix."""
    place = torch.arange(side, device=like.device, dtype=like.dtype)
    waves = torch.cos(torch.pi * (place + 0.5) * place[:, None] / side) * (2 / side) ** 0.5
    return waves * torch.where(place[:, None] == 0, 0.5**0.5, 1.0)


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
