"""A baseline trained here: pix2pix's colorization (Isola et al. 2017), built from its published description."""

from functools import cached_property
from zlib import crc32

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
    test_statistics: of `colorize`. "running": batch norm's from the training, and no dropout. "batch": as Isola et al.
        test (section 3.3, batch size 1), each photograph's own, and dropout. Older files have no such argument. The
        weights and the best epoch do not depend on it.
    """

    Generator = Generator

    def __init__(
        self, *, width: int, depth: int, dropout: float, l1_weight: float, discriminator_width: int,
        discriminator_layers: int, test_statistics: str = "running",
    ):  # fmt: skip
        super().__init__(
            width=width, depth=depth, dropout=dropout, l1_weight=l1_weight, discriminator_width=discriminator_width,
            discriminator_layers=discriminator_layers,
        )  # fmt: skip
        self.alone = {"running": False, "batch": True}[test_statistics]  # KeyError: a file may claim anything
        self.draws = self.alone and any(isinstance(module, nn.Dropout) for module in self.generator.modules())

    @torch.no_grad()
    def colorize(self, L):
        if not self.alone:
            return super().colorize(L)
        each = Each(L)
        return self.to_ab(self._at_stride(lambda padded: self.generator.run(padded, each.through), L))

    def blocks(self):
        g = self.generator
        down = [(f"encoder {i}", m) for i, m in enumerate(g.encoders, 1)]
        up = [(f"decoder {i}", m) for i, m in enumerate([g.middle, *g.decoders], 1)]
        return [*down, *up, ("discriminator", self.discriminator)]


class Each:
    """Runs the layers of a generator on photographs L (B,1,H,W), each of them alone, as in a training's batch of one.

    A photograph's own bytes seed its dropout, so its result depends on nothing else, on no device, and repeats.
    """

    def __init__(self, L: Tensor):
        self.L = L

    @cached_property
    def random(self) -> list[torch.Generator]:
        """A generator on the CPU for each photograph."""
        return [torch.Generator().manual_seed(crc32(one.contiguous().numpy())) for one in self.L.cpu()]

    def through(self, layers: nn.Module, h: Tensor) -> Tensor:
        """A sequence of layers, or a single one, applied to (B,C,H,W)."""
        for layer in layers if isinstance(layers, nn.Sequential) else [layers]:
            if isinstance(layer, nn.BatchNorm2d | nn.SyncBatchNorm):
                h = F.instance_norm(h, weight=layer.weight, bias=layer.bias, eps=layer.eps)
            elif isinstance(layer, nn.Dropout):
                h = h * self._mask(h, 1 - layer.p)
            else:
                h = layer(h)
        return h

    def _mask(self, h: Tensor, kept: float) -> Tensor:
        """Dropout's factors like h: 1 / kept with probability `kept`, otherwise 0."""
        draws = torch.stack([torch.rand(h.shape[1:], generator=random) for random in self.random])
        return (draws < kept).to(h) / kept


MODEL = Pix2Pix
