"""The report's conditional GAN (its sections 4.3 and 5.2), after pix2pix (Isola et al. 2017)."""

import torch
from torch import nn

from colorization.models.adversarial import SLOPE, ConditionalGAN, decoder, dropout_of, encoders, growing
from colorization.models.base import CHANNELS


class UNet(nn.Module):
    """`depth` encoders and decoders of 4×4 stride-2 convolutions, skips i ↔ n − i, a convolution at each side's end."""

    def __init__(self, *, width: int, depth: int, dropout: float):
        super().__init__()
        channels = growing(width, depth)
        self.encoders, self.decoders = encoders(channels), nn.ModuleList()
        self.middle = nn.Sequential(nn.Conv2d(channels[-1], channels[-1], 3, padding=1), nn.LeakyReLU(SLOPE))
        for i, c in enumerate(reversed(channels)):
            c_out, noise = channels[max(depth - 2 - i, 0)], dropout_of(i, depth, dropout)
            self.decoders.append(decoder(2 * c, c_out, noise, nn.LeakyReLU(SLOPE)))
        self.head = nn.Sequential(nn.Conv2d(channels[0], CHANNELS["ab"], 3, padding=1), nn.Tanh())

    def forward(self, L):
        h, skips = L, []
        for layer in self.encoders:
            h = layer(h)  # (B, C, H, W) → (B, 2C, H/2, W/2)
            skips.append(h)
        h = self.middle(h)
        for layer in self.decoders:
            h = layer(torch.cat([h, skips.pop()], dim=1))  # (B, 2C, H, W) → (B, C/2, 2H, 2W)
        return self.head(h)


class GAN(ConditionalGAN):
    """The report's U-Net, which has a convolution in its middle and one after its last decoder."""

    UNet = UNet

    def blocks(self):
        g, d = self.generator, self.discriminator
        down = [(f"encoder {i}", m) for i, m in enumerate(g.encoders, 1)]
        up = [(f"decoder {i}", m) for i, m in enumerate(g.decoders, 1)]
        return [*down, ("conv", g.middle), *up, ("conv, tanh", g.head), ("discriminator", d)]

    def skips(self):
        depth = len(self.generator.encoders)
        return [(depth - 1 - i, depth + 1 + i) for i in range(depth)]


MODEL = GAN
