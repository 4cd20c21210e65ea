"""Building blocks that several models share."""

from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HEADS = 4  # of the attention, whose channels are a multiple of this


def init_weights(module: nn.Module, std: float = 0.02) -> None:
    """Weights N(0, std), batch norm N(1, std), biases 0: pix2pix (Isola et al. 2017, appendix 6.2)."""
    if any(parameter.is_meta for parameter in module.parameters()):
        return  # a model without allocated weights: initialising it would import half of PyTorch
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, std)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, std)
    if getattr(module, "bias", None) is not None:
        nn.init.zeros_(module.bias)


def conv_block(in_channels: int, out_channels: int) -> nn.Sequential:
    """3×3 convolution, batch norm, ReLU: (B, in, H, W) → (B, out, H, W)."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class Noise(nn.Module):
    """ε ~ N(0, 1) in the shape of x. It is a layer so that training on several processes can replace it."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.randn_like(x)


class Residual(nn.Module):
    """x + two 3×3 convolutions with batch norm, then ReLU (He et al. 2016, section 3): (B,C,H,W) → the same shape."""

    def __init__(self, channels: int):
        super().__init__()
        self.first = conv_block(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm.weight)  # starts as the identity (Goyal et al. 2017, section 5.1)

    def forward(self, x):
        return F.relu(x + self.norm(self.second(self.first(x))))


class Attention(nn.Module):
    """x + self-attention between all positions (Vaswani et al. 2017, section 3.2): (B,C,H,W) → the same shape."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.query_key_value = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x):
        parts = self.query_key_value(self.norm(x)).flatten(2).unflatten(1, (3, HEADS, -1))  # (B, 3, heads, C/heads, HW)
        query, key, value = parts.transpose(-1, -2).unbind(dim=1)
        seen = F.scaled_dot_product_attention(query, key, value)  # (B, heads, HW, C/heads)
        return x + self.out(seen.transpose(-1, -2).reshape(x.shape))


def resized(x: Tensor, side: tuple[int, int]) -> Tensor:
    """(B,C,H,W) → (B,C,*side), bilinear; the same tensor if it has that size."""
    return x if x.shape[-2:] == side else F.interpolate(x, side, mode="bilinear")


def scaled(side: int, factor: float) -> int:
    """A side times a factor, rounded, in whole numbers: an export keeps the formula for every side, not its result."""
    times, parts = ratio(factor)
    return (2 * times * side + parts) // (2 * parts)


def ratio(factor: float) -> tuple[int, int]:
    """The numerator and denominator of a factor."""
    return Fraction(factor).limit_denominator(1000).as_integer_ratio()
