"""The report's conditional GAN (its sections 4.3 and 5.2), after pix2pix (Isola et al. 2017)."""

import torch
from torch import nn

from colorization.models.adversarial import MAX_GROWTH, SLOPE, ConditionalGAN, PatchDiscriminator, encoder
from colorization.models.base import CHANNELS
from colorization.models.blocks import init_weights

NOISY_DECODERS = 3  # decoders with dropout, the only noise of pix2pix (section 3.2)


class GAN(ConditionalGAN):
    """U-Net generator against a PatchGAN discriminator that sees (L, ab).

    width: channels of the first encoder.
    depth: encoders, each halving the side: image_size must be a multiple of 2^depth.
    dropout: probability in the inner decoders, in training only: evaluation is deterministic.
    l1_weight: λ of the objective G* = adversarial + λ·L1 (section 3.1).
    discriminator_width, discriminator_layers: channels and count of its stride-2 convolutions; 3 see 70×70 px.
    """

    def __init__(
        self,
        *,
        width: int,
        depth: int,
        dropout: float,
        l1_weight: float,
        discriminator_width: int,
        discriminator_layers: int,
    ):
        generator = UNet(width=width, depth=depth, dropout=dropout)
        discriminator = PatchDiscriminator(width=discriminator_width, layers=discriminator_layers)
        super().__init__(generator, discriminator, stride=2**depth, l1_weight=l1_weight)
        self.apply(init_weights)

    def blocks(self):
        g, d = self.generator, self.discriminator
        encoders = [(f"encoder {i}", m) for i, m in enumerate(g.encoders, 1)]
        decoders = [(f"decoder {i}", m) for i, m in enumerate(g.decoders, 1)]
        return [*encoders, ("conv", g.middle), *decoders, ("conv, tanh", g.head), ("discriminator", d)]

    def skips(self):
        depth = len(self.generator.encoders)
        return [(depth - 1 - i, depth + 1 + i) for i in range(depth)]


class UNet(nn.Module):
    """`depth` encoders and decoders of 4×4 stride-2 convolutions, skips i ↔ n − i, a convolution at each side's end."""

    def __init__(self, *, width: int, depth: int, dropout: float):
        super().__init__()
        channels = [width * min(2**i, MAX_GROWTH) for i in range(depth)]
        self.encoders, self.decoders = nn.ModuleList(), nn.ModuleList()
        for i, (c_in, c_out) in enumerate(zip([1, *channels], channels)):
            # no norm in the first (appendix 6.1.1), nor in the innermost, where a 1×1 map may leave one value to it
            self.encoders.append(encoder(c_in, c_out, norm=0 < i < depth - 1))
        self.middle = nn.Sequential(nn.Conv2d(channels[-1], channels[-1], 3, padding=1), nn.LeakyReLU(SLOPE))
        for i, c in enumerate(reversed(channels)):
            c_out = channels[max(depth - 2 - i, 0)]
            self.decoders.append(_decoder(2 * c, c_out, dropout if i < min(NOISY_DECODERS, depth - 2) else 0.0))
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


def _decoder(c_in: int, c_out: int, dropout: float) -> nn.Sequential:
    conv = nn.ConvTranspose2d(c_in, c_out, 4, stride=2, padding=1, bias=False)
    noise = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(conv, nn.BatchNorm2d(c_out), *noise, nn.LeakyReLU(SLOPE))


MODEL = GAN
