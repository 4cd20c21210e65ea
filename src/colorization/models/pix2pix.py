"""A baseline: pix2pix's colorization (Isola et al. 2017), from its published description, trained here."""

import torch
from torch import nn

from colorization.models.adversarial import MAX_GROWTH, ConditionalGAN, PatchDiscriminator, encoder
from colorization.models.base import CHANNELS
from colorization.models.blocks import init_weights

NOISY_DECODERS = 3  # with dropout (appendix 6.1.1: CD512)


class Pix2Pix(ConditionalGAN):
    """The paper's U-Net, whose last decoder ends in the colours, against its PatchGAN.

    Other than the report's GAN it has no convolution in the middle and none after the last decoder, and decoders with ReLU.

    width: channels of the first encoder (64 in the paper).
    depth: encoders, each halving the side (8 in the paper, whose 256 px end in one pixel).
    dropout, l1_weight: as in the paper 0.5 and 100.
    discriminator_width, discriminator_layers: 64 and 3 in the paper, which see 70×70 px.
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
        return [*encoders, *decoders, ("discriminator", d)]

    def skips(self):
        depth = len(self.generator.encoders)
        return [(depth - 2 - i, depth + 1 + i) for i in range(depth - 1)]


class UNet(nn.Module):
    """Encoders and decoders of 4×4 stride-2 convolutions; each decoder but the first also hears its encoder (6.1.1)."""

    def __init__(self, *, width: int, depth: int, dropout: float):
        super().__init__()
        channels = [width * min(2**i, MAX_GROWTH) for i in range(depth)]
        self.encoders, self.decoders = nn.ModuleList(), nn.ModuleList()
        for i, (c_in, c_out) in enumerate(zip([1, *channels], channels)):
            self.encoders.append(encoder(c_in, c_out, norm=0 < i < depth - 1))
        for i, c in enumerate(reversed(channels[1:])):
            noisy = dropout if i < min(NOISY_DECODERS, depth - 2) else 0.0
            self.decoders.append(_decoder(c if i == 0 else 2 * c, channels[depth - 2 - i], noisy))
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


def _decoder(c_in: int, c_out: int, dropout: float) -> nn.Sequential:
    conv = nn.ConvTranspose2d(c_in, c_out, 4, stride=2, padding=1, bias=False)
    noise = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(conv, nn.BatchNorm2d(c_out), *noise, nn.ReLU(inplace=True))


MODEL = Pix2Pix
