"""A baseline trained here: pix2pix's colorization (Isola et al. 2017), built from its published description."""

from torch import nn

from colorization.models.common.adversarial import ConditionalGAN, UNet, decoder, dropout_of, encoders, growing
from colorization.models.common.contract import CHANNELS


class Generator(UNet):
    """The U-Net of pix2pix (appendix 6.1.1): its decoders have ReLU, and the last one outputs the colours.

    The innermost decoder has no skip, so it is the middle.
    """

    def __init__(self, *, width: int, depth: int, dropout: float):
        super().__init__()
        channels = growing(width, depth)
        self.encoders = encoders(channels)
        parts = []
        for i, c in enumerate(reversed(channels[1:])):
            c_in, noise = c if i == 0 else 2 * c, dropout_of(i, depth, dropout)
            parts.append(decoder(c_in, channels[depth - 2 - i], noise, nn.ReLU(inplace=True)))
        last = nn.ConvTranspose2d(2 * channels[0], CHANNELS["ab"], 4, stride=2, padding=1)
        self.middle, self.decoders = parts[0], nn.ModuleList([*parts[1:], nn.Sequential(last, nn.Tanh())])
        self.head = nn.Identity()


class Pix2Pix(ConditionalGAN):
    """The generator above and the patch discriminator.

    Isola et al. use width 64, depth 8 (256 px shrink to one pixel), dropout 0.5, l1_weight 100, and a discriminator of
    width 64 with 3 layers.
    """

    Generator = Generator

    def blocks(self):
        g = self.generator
        down = [(f"encoder {i}", m) for i, m in enumerate(g.encoders, 1)]
        up = [(f"decoder {i}", m) for i, m in enumerate([g.middle, *g.decoders], 1)]
        return [*down, *up, ("discriminator", self.discriminator)]


MODEL = Pix2Pix
