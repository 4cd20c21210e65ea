"""What old film saw: a training photograph's lightness as an emulsion of another spectral sensitivity records it.

Ordinary plates see blue light only; orthochromatic ones green light, too; panchromatic ones all of it, in shares that
differ from the eye's (Mees & James 1966, The Theory of the Photographic Process). Through the first two a blue sky is
white, and lips and brick are dark.
"""

import torch
from torch import Tensor

from colorization.color import L_CENTER, lab_to_rgb, lightness, linear
from colorization.models.common.old_photographs import exposed
from colorization.models.common.variations import Draw, in_some

# The least and the greatest sensitivity of each emulsion to linear R, G and B. They stand for spectra roughly: no three
# channels hold those.
EMULSIONS = (
    ((0.0, 0.0, 1.0), (0.0, 0.15, 1.0)),  # ordinary: blue
    ((0.0, 0.5, 1.0), (0.25, 1.25, 1.0)),  # orthochromatic: blue and green
    ((0.1, 0.1, 0.1), (1.0, 1.0, 1.0)),  # panchromatic, also behind a colour filter
)


def filmed(L: Tensor, ab: Tensor, share: float, draw: Draw) -> Tensor:
    """L (B,1,H,W) of photographs with ab (B,2,H,W), a `share` of them as old film saw and an old print shows them.

    Light is mixed in linear RGB, by one of EMULSIONS, each as likely as the others; then comes the print's tone curve.
    What is gray keeps its lightness but for that curve. In the precision of L, also under autocast.
    """

    def print_of(lab: Tensor, draw: Draw) -> Tensor:
        light = (linear(lab_to_rgb(lab[:, :1], lab[:, 1:])) * _sensitivity(draw)).sum(dim=1, keepdim=True)
        x = exposed(lightness(light) / (2 * L_CENTER), draw)  # 0 is black, 1 is white
        x = x.lerp(x * x * (3 - 2 * x), draw(1, 1, 1))  # an S: deeper shadows, brighter lights
        return torch.cat([x * 2 - 1, lab[:, 1:]], dim=1)

    return in_some(print_of, torch.cat([L, ab], dim=1), share, draw)[:, :1]


def _sensitivity(draw: Draw) -> Tensor:
    """Random shares (B,3,1,1) of linear R, G and B, which sum to 1."""
    which, between = len(EMULSIONS) * draw(1, 1, 1), draw(3, 1, 1)
    emulsion = which.flatten().long().clamp(max=len(EMULSIONS) - 1)  # a number may be exactly 1
    low, high = between.new_tensor(EMULSIONS)[emulsion].unflatten(-1, (3, 1, 1)).unbind(dim=1)
    sensitivity = low + (high - low) * between
    return sensitivity / sensitivity.sum(dim=1, keepdim=True)
