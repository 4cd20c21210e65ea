"""A baseline: pix2pix's colorization (Isola et al. 2017), from its published description, trained here."""

import torch
from torch import nn

from colorization.models.adversarial import ConditionalGAN, decoder, dropout_of, encoders, growing
from colorization.models.base import CHANNELS


class UNet(nn.Module):
    """Encoders and decoders of 4×4 stride-2 convolutions; each decoder but the first also hears its encoder (6.1.1)."""

    def __init__(self, *, width: int, depth: int, dropout: float):
        super().__init__()
        channels = growing(width, depth)
        self.encoders, self.decoders = encoders(channels), nn.ModuleList()
        for i, c in enumerate(reversed(channels[1:])):
            c_in, noise = c if i == 0 else 2 * c, dropout_of(i, depth, dropout)
            self.decoders.append(decoder(c_in, channels[depth - 2 - i], noise, nn.ReLU(inplace=True)))
        last = nn.ConvTranspose2d(2 * channels[0], CHANNELS["ab"], 4, stride=2, padding=1)
        self.decoders.append(nn.Sequential(last, nn.Tanh()))

    def forward(self, L):
        h, skips = L, []
        for layer in self.encoders:
            h = layer(h)  # (B, C, H, W) → (B, 2C, H/2, W/2)
            skips.append(h)
        h = self.decoders[0](skips.pop())
        for layer in self.decoders[1:]:
            h = layer(torch.cat([h, skips.pop()], dim=1))  # (B, 2C, H, W) → (B, C/2, 2H, 2W)
        return h


class Pix2Pix(ConditionalGAN):
    """The paper's U-Net: its last decoder ends in the colours, and its decoders have ReLU.

    There width is 64, depth 8 (256 px end in one pixel), dropout 0.5, l1_weight 100, and the discriminator 64 with 3 layers.
    """

    UNet = UNet

    def blocks(self):
        g, d = self.generator, self.discriminator
        down = [(f"encoder {i}", m) for i, m in enumerate(g.encoders, 1)]
        up = [(f"decoder {i}", m) for i, m in enumerate(g.decoders, 1)]
        return [*down, *up, ("discriminator", d)]

    def skips(self):
        depth = len(self.generator.encoders)
        return [(depth - 2 - i, depth + 1 + i) for i in range(depth - 1)]


MODEL = Pix2Pix
