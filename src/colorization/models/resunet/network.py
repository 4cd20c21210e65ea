"""Our own model: a residual U-Net with self-attention at low resolutions; it predicts colours at half the side.

The U-Net (Ronneberger et al. 2015) has residual blocks (He et al. 2016, section 3; together the ResUNet of Zhang, Liu &
Wang 2018) and self-attention (Vaswani et al. 2017, section 3.2) at its two lowest levels. Training crops and relights
photographs at random, starts with smaller ones (as Tan & Le 2021, section 4) and keeps a moving average of the weights.
`colorize` averages the colours from two sizes of a photograph. docs/ablation.md lists the gain of each part, and the
ideas that did not help.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorization.color import AB_SCALE
from colorization.models.common.blocks import Attention, Noise, Residual, conv_block, resized, scaled
from colorization.models.common.contract import CHANNELS, Colorizer
from colorization.models.common.variations import cropped, relit, uniform

MAX_GROWTH = 8  # channels double up to 8 × width
ATTENTIVE = 2  # number of lowest levels with attention
SMALL = 0.75  # fraction of the side, in the first part of a training
LOOKS = (1.0, 1.5)  # sizes of a photograph whose colours are averaged; training crops cover both


class ResUNet(Colorizer):
    """Levels of residual blocks from half the side down and back up with skips; the colours are then enlarged.

    width: channels of the first level, an even number; they double at each level up to 8 × width.
    depth: number of levels; H and W must be multiples of 2^depth.
    huber: errors up to this many ab units count squared, larger ones linearly (Huber 1964).
    zoom: training crops a photograph to a side between 1 - zoom and 1 of its own.
    relight: training scales lightness by up to 1 ± relight and shifts it by up to a quarter of that.
    averaging: decay of the moving average of the weights, per step; 0: no average.
    small: initial fraction of the training that uses photographs at three quarters of their side.
    """

    def __init__(
        self, *, width: int, depth: int, huber: float, zoom: float, relight: float, averaging: float, small: float = 0.0
    ):
        super().__init__(predicts="ab")
        self.stride, self.averaging = 2**depth, averaging
        self.huber, self.zoom, self.relight, self.small, self.noise = huber, zoom, relight, small, Noise()
        channels = [width * min(2**i, MAX_GROWTH) for i in range(depth)]
        self.encoders = nn.ModuleList([nn.Sequential(nn.PixelUnshuffle(2), conv_block(4, width), Residual(width))])
        for i, (c_in, c_out) in enumerate(pairwise(channels), 1):
            attention = [Attention(c_out)] if i >= depth - ATTENTIVE else []
            self.encoders.append(nn.Sequential(_halve(c_in, c_out), Residual(c_out), Residual(c_out), *attention))
        self.decoders = nn.ModuleList([Up(below, here) for here, below in reversed(list(pairwise(channels)))])
        self.head = nn.Conv2d(width, CHANNELS["ab"], 1)

    def forward(self, L):
        h, skips = L, []
        for encoder in self.encoders:
            h = encoder(h)  # (B, width, H/2, W/2), then (B, 2·width, H/4, W/4), …
            skips.append(h)
        h = skips.pop()
        for decoder in self.decoders:
            h = decoder(h, skips.pop())  # (B, 2C, H, W) and (B, C, 2H, 2W) → (B, C, 2H, 2W)
        return F.interpolate(self.head(h), scale_factor=2, mode="bilinear")

    @torch.no_grad()
    def colorize(self, L):
        height, width = L.shape[-2:]
        sides = [(scaled(height, look), scaled(width, look)) for look in LOOKS]
        looks = [super(ResUNet, self).colorize(resized(L, side)) for side in sides]
        return torch.stack([resized(ab, (height, width)) for ab in looks]).mean(dim=0)

    def loss(self, batch):
        L, ab = self.varied(*batch) if self.training else batch
        return {"loss": self._error(self(L), ab)}

    def validation(self, batch):
        """The same measures as every colorizer, in one pass at one size: two would add a tenth to the training time."""
        L, ab = batch
        result = self(L)
        return {"loss": self._error(result, ab), "ab_mse": (result - ab).mul(AB_SCALE).square().mean()}

    def _error(self, result: Tensor, ab: Tensor) -> Tensor:
        return F.smooth_l1_loss(result, ab, beta=self.huber / AB_SCALE)

    def varied(self, L: Tensor, ab: Tensor) -> tuple[Tensor, Tensor]:
        """Photographs (B,1,S,S), (B,2,S,S) → (B,1,T,T), (B,2,T,T), each cropped, resized and relit at random.

        T is S, or in the first part of a training three quarters of S, rounded down to a multiple of the stride.
        """
        draws = uniform(self.noise, L)(5, 1, 1)
        lab = cropped(torch.cat([L, ab], dim=1), draws[:, :3], self.zoom, self._sides(*L.shape[-2:]))
        L = relit(lab[:, :1], draws[:, 3:], self.relight)
        return L.contiguous(memory_format=torch.channels_last), lab[:, 1:]

    def _sides(self, height: int, width: int) -> tuple[int, int]:
        """H and W of the training photographs: the full size, or less in the first part of the training."""
        if self.progress >= self.small:
            return height, width
        height, width = (int(SMALL * side) // self.stride * self.stride for side in (height, width))
        return max(self.stride, height), max(self.stride, width)

    def blocks(self):
        encoders = [(f"level {i}", part) for i, part in enumerate(self.encoders, 1)]
        decoders = [(f"up to {len(self.decoders) - i}", part) for i, part in enumerate(self.decoders)]
        return [*encoders, *decoders, ("1×1 conv", self.head)]

    def skips(self):
        depth = len(self.encoders)
        return [(depth - 2 - i, depth + i) for i in range(depth - 1)]


class Up(nn.Module):
    """The level below, enlarged and joined to a skip: (B,below,H,W) and (B,here,2H,2W) → (B,here,2H,2W)."""

    def __init__(self, below: int, here: int):
        super().__init__()
        self.narrow = nn.Sequential(nn.Conv2d(below, here, 1, bias=False), nn.BatchNorm2d(here), nn.ReLU(inplace=True))
        self.join = conv_block(2 * here, here)

    def forward(self, below, skip):
        return self.join(torch.cat([F.interpolate(self.narrow(below), scale_factor=2, mode="bilinear"), skip], dim=1))


def _halve(c_in: int, c_out: int) -> nn.Sequential:
    conv = nn.Conv2d(c_in, c_out, 3, stride=2, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out), nn.ReLU(inplace=True))


MODEL = ResUNet
