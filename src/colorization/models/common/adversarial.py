"""The base of both GANs: a generator of colours and a discriminator of patches (pix2pix, Isola et al. 2017)."""

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorization.models.common.blocks import init_weights
from colorization.models.common.contract import Colorizer

SLOPE = 0.2  # negative slope of LeakyReLU (appendix 6.1)
MAX_GROWTH = 8  # channels double up to 8 × width (appendix 6.1.1: 64 → 512)
NOISY_DECODERS = 3  # number of decoders with dropout, pix2pix's only noise (section 3.2)


class ConditionalGAN(Colorizer):
    """A U-Net generator and a PatchGAN discriminator that sees (L, ab). Subclasses define `Generator` and `blocks`.

    width: channels of the first encoder.
    depth: number of encoders; each halves the side, so image_size must be a multiple of 2^depth.
    dropout: probability in the inner decoders, only in training (pix2pix can also test with it).
    l1_weight: λ of the objective G* = adversarial + λ·L1 (section 3.1).
    discriminator_width, discriminator_layers: first channels and number of its stride-2 convolutions; 3 see 70×70 px.
    """

    Generator: "type[UNet]"  # takes (width, depth, dropout)
    selects_by = "l1"  # the adversarial term does not fall to a minimum

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
        super().__init__(predicts="ab")
        self.l1_weight, self.stride = l1_weight, 2**depth
        self.generator = self.Generator(width=width, depth=depth, dropout=dropout)
        self.discriminator = PatchDiscriminator(width=discriminator_width, layers=discriminator_layers)
        self.apply(init_weights)

    def forward(self, L):
        return self.generator(L)

    def passes(self):
        return [self.generator.forward, self.discriminator.forward]

    def loss(self, batch):
        L, real_ab = batch
        fake_ab = self.generator(L)
        real_logits, fake_logits = self.discriminator(L, real_ab), self.discriminator(L, fake_ab)
        return {**self.generator_loss(fake_logits, fake_ab, real_ab), "d_loss": patch_loss(real_logits, fake_logits)}

    def generator_loss(self, fake_logits: Tensor, fake_ab: Tensor, real_ab: Tensor) -> dict[str, Tensor]:
        """G's terms: `adversarial` (non-saturating, section 3.3), `l1`, and their weighted sum `loss`."""
        adversarial = F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))
        l1 = F.l1_loss(fake_ab, real_ab)
        return {"loss": adversarial + self.l1_weight * l1, "adversarial": adversarial, "l1": l1}

    def configure_optimizers(self, *, lr, beta1):
        parts = (self.generator, self.discriminator)
        return [torch.optim.Adam(part.parameters(), lr=lr, betas=(beta1, 0.999), fused=True) for part in parts]

    def training_step(self, batch, optimizers, backward):
        """One step of D on real and detached fake photographs, then one step of G (section 3.3)."""
        L, real_ab = batch
        g_optimizer, d_optimizer = optimizers
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        fake_ab = self.generator(L)

        d_loss = patch_loss(self.discriminator(L, real_ab), self.discriminator(L, fake_ab.detach()))
        backward(d_loss)
        d_optimizer.step()

        self.discriminator.requires_grad_(False)  # G's step needs the gradient through D, not D's own
        terms = self.generator_loss(self.discriminator(L, fake_ab), fake_ab, real_ab)
        backward(terms["loss"])
        g_optimizer.step()
        self.discriminator.requires_grad_(True)
        return {**terms, "d_loss": d_loss}

    def skips(self):
        return self.generator.skips()


class UNet(nn.Module):
    """L (B,1,H,W) → ab (B,2,H,W): encoders, a middle, decoders, a head.

    Each decoder also receives the output of the encoder at its resolution. Subclasses build the four parts. With fewer
    decoders than encoders, the innermost encoders have no skip.
    """

    encoders: nn.ModuleList
    middle: nn.Module
    decoders: nn.ModuleList
    head: nn.Module

    def forward(self, L):
        return self.run(L, lambda layers, h: layers(h))

    def run(self, L: Tensor, through: Callable[[nn.Module, Tensor], Tensor]) -> Tensor:
        """The same, with `through` to apply an encoder, the middle, a decoder or the head to its input."""
        h, seen = L, []
        for layers in self.encoders:
            h = through(layers, h)  # (B, C, H, W) → (B, 2C, H/2, W/2)
            seen.append(h)
        h = through(self.middle, h)
        for layers, skip in zip(self.decoders, reversed(seen[: len(self.decoders)])):
            h = through(layers, torch.cat([h, skip], dim=1))  # (B, 2C, H, W) → (B, C/2, 2H, 2W)
        return through(self.head, h)

    def skips(self) -> list[tuple[int, int]]:
        """Pairs of indices into encoders, middle and decoders, as in `Colorizer.skips`."""
        depth, count = len(self.encoders), len(self.decoders)
        return [(count - 1 - i, depth + 1 + i) for i in range(count)]


class PatchDiscriminator(nn.Module):
    """Judges overlapping patches of (L, ab): logits (B, 1, H', W'), positive for real (section 3.2.2).

    width, layers: channels of the first, and number of, stride-2 convolutions; 1 sees 16×16 px, 3 see 70×70.
    """

    def __init__(self, *, width: int, layers: int):
        super().__init__()
        channels = growing(width, layers + 1)
        parts = [encoder(3, channels[0], norm=False)]
        for i, (c_in, c_out) in enumerate(pairwise(channels), 1):
            parts.append(encoder(c_in, c_out, norm=True, stride=2 if i < layers else 1))
        self.layers = nn.Sequential(*parts, nn.Conv2d(channels[-1], 1, 4, padding=1))

    def forward(self, L, ab):
        return self.layers(torch.cat([L, ab], dim=1))


def patch_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """D's loss, halved so that D learns more slowly than G (section 3.3)."""
    real = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    fake = F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    return (real + fake) / 2


def encoder(c_in: int, c_out: int, *, norm: bool, stride: int = 2) -> nn.Sequential:
    """4×4 convolution, batch norm, LeakyReLU: (B, c_in, H, W) → (B, c_out, H/stride, W/stride)."""
    parts = [nn.Conv2d(c_in, c_out, 4, stride=stride, padding=1, bias=not norm)]
    return nn.Sequential(*parts, *([nn.BatchNorm2d(c_out)] if norm else []), nn.LeakyReLU(SLOPE))


def growing(width: int, count: int) -> list[int]:
    """The channels of `count` layers: they double up to MAX_GROWTH × width."""
    return [width * min(2**i, MAX_GROWTH) for i in range(count)]


def encoders(channels: list[int]) -> nn.ModuleList:
    """A U-Net's encoders, from L (B,1,H,W) down, with these output channels.

    The first has no batch norm (appendix 6.1.1), nor has the innermost: its 1×1 map may leave a single value.
    """
    steps = enumerate(zip([1, *channels], channels))
    return nn.ModuleList([encoder(c_in, c_out, norm=0 < i < len(channels) - 1) for i, (c_in, c_out) in steps])


def dropout_of(decoder: int, depth: int, dropout: float) -> float:
    """The dropout of a U-Net's decoder, counted from the innermost; 0 for the two outermost."""
    return dropout if decoder < min(NOISY_DECODERS, depth - 2) else 0.0


def decoder(c_in: int, c_out: int, dropout: float, activation: nn.Module) -> nn.Sequential:
    """4×4 transposed convolution, batch norm, dropout, activation: (B, c_in, H, W) → (B, c_out, 2H, 2W)."""
    conv = nn.ConvTranspose2d(c_in, c_out, 4, stride=2, padding=1, bias=False)
    noise = [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(conv, nn.BatchNorm2d(c_out), *noise, activation)
