"""The paper's conditional GAN (its sections 4.3 and 5.2), after pix2pix (Isola et al. 2017)."""

from torch import nn

from colorization.models.common.adversarial import SLOPE, ConditionalGAN, UNet, decoder, dropout_of, encoders, growing
from colorization.models.common.contract import CHANNELS


class Generator(UNet):
    """The paper's U-Net: as many decoders as encoders, plus one convolution in the middle and one at the end."""

    def __init__(self, *, width: int, depth: int, dropout: float):
        super().__init__()
        channels = growing(width, depth)
        self.encoders, self.decoders = encoders(channels), nn.ModuleList()
        self.middle = nn.Sequential(nn.Conv2d(channels[-1], channels[-1], 3, padding=1), nn.LeakyReLU(SLOPE))
        for i, c in enumerate(reversed(channels)):
            c_out, noise = channels[max(depth - 2 - i, 0)], dropout_of(i, depth, dropout)
            self.decoders.append(decoder(2 * c, c_out, noise, nn.LeakyReLU(SLOPE)))
        self.head = nn.Sequential(nn.Conv2d(channels[0], CHANNELS["ab"], 3, padding=1), nn.Tanh())


class GAN(ConditionalGAN):
    Generator = Generator

    def blocks(self):
        g = self.generator
        down = [(f"encoder {i}", m) for i, m in enumerate(g.encoders, 1)]
        up = [(f"decoder {i}", m) for i, m in enumerate(g.decoders, 1)]
        return [*down, ("conv", g.middle), *up, ("conv, tanh", g.head), ("discriminator", self.discriminator)]


MODEL = GAN
