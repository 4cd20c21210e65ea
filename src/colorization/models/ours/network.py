"""Our own model: a U-Net whose encoder has seen ImageNet, and which takes hints.

The encoder is EfficientNet-Lite0; its first stages stay as they are. The decoder has residual blocks (He et al. 2016)
and self-attention (Vaswani et al. 2017) at the two lowest levels, and paints at a quarter of the side. Hints (Zhang et
al. 2017) enter at every level of the decoder, so that a new hint needs the decoder alone. Training crops and relights
photographs, gives a part of them the faults of old ones, and keeps a moving average of the weights. docs/ablation.md
lists the gain of each part.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorization.color import AB_SCALE
from colorization.models.common import efficientnet_lite, hints
from colorization.models.common.blocks import Attention, Noise, Residual, conv_block, ratio, resized, scaled
from colorization.models.common.contract import CHANNELS, Colorizer
from colorization.models.common.old_photographs import aged, worn
from colorization.models.common.sensitivity import filmed
from colorization.models.common.variations import cropped, relit, uniform

WIDTHS = (4, 2, 1.5, 1)  # channels of the decoder's levels as multiples of the width, the lowest first
ATTENTIVE = 2  # number of lowest levels with attention
LOOKS = (1.0, 1.5)  # sizes of a photograph whose colours are averaged; training crops cover both


class Ours(Colorizer):
    """L and hints → ab at a quarter of the side, enlarged.

    width: channels where it paints, a multiple of 8.
    encoder_weights: "imagenet" or "none". encoder_lr: the encoder's learning rate as a share of the decoder's.
    weight_decay: of AdamW (Loshchilov & Hutter 2019).
    huber: errors up to this many ab units count squared, larger ones linearly (Huber 1964).
    enlarge: the encoder sees photographs enlarged by this factor; it learned from ImageNet at 224 px.
    zoom, relight: see `variations.cropped` and `variations.relit`.
    aging: share of each fault, see `old_photographs.aged`.
    worn: share of the training photographs with several faults at once, see `old_photographs.worn`.
    film: share of the training photographs that is seen through old film, see `sensitivity.filmed`.
    hinted: share of the training photographs that get hints.
    averaging: decay of the moving average of the weights, per step; 0: no average.
    """

    takes_hints = True

    def __init__(
        self, *, width: int, encoder_weights: str, enlarge: float, encoder_lr: float, weight_decay: float, huber: float,
        zoom: float, relight: float, aging: float, hinted: float, averaging: float, worn: float = 0.0,
        film: float = 0.0,
    ):  # fmt: skip
        super().__init__(predicts="ab")
        self.encoder_lr, self.weight_decay, self.averaging, self.noise = encoder_lr, weight_decay, averaging, Noise()
        self.enlarge = enlarge
        self.huber, self.zoom, self.relight = huber, zoom, relight
        self.aging, self.worn, self.film, self.hinted = aging, worn, film, hinted
        widths = [int(width * factor) for factor in WIDTHS]
        self.encoder = efficientnet_lite.EfficientNetLite(encoder_weights)
        *skips, lowest = efficientnet_lite.CHANNELS
        self.lowest = nn.Sequential(_pointwise(lowest, widths[0]), Residual(widths[0]), Attention(widths[0]))
        self.decoders = nn.ModuleList(
            [Up(below, skip, here, attentive=number < ATTENTIVE)
             for number, ((below, here), skip) in enumerate(zip(pairwise(widths), reversed(skips)), 1)])  # fmt: skip
        self.head = nn.Conv2d(width, CHANNELS["ab"], 1)

    def forward(self, L, known: Tensor | None = None):
        """known: a map of hints (B,3,H,W), see `hints`; None: no hints."""
        return self.look(L, known, 1.0)

    def look(self, L: Tensor, known: Tensor | None, factor: float) -> Tensor:
        """One prediction, from photographs at `factor` times the size that training shows them."""
        height, width = (scaled(side, self.enlarge * factor) for side in L.shape[-2:])
        return self.decode(self.encoder(resized(L, (height, width))), hints.none(L) if known is None else known)

    def ratios(self) -> list[tuple[int, int]]:
        """What the encoder sees in each of LOOKS: numerator and denominator of its sides to the photograph's."""
        return [ratio(self.enlarge * factor) for factor in LOOKS]

    @torch.no_grad()
    def colorize(self, L, known: Tensor | None = None):
        """L (B,1,H,W) of any size, and a map of hints (B,3,H,W) or None → ab (B,2,H,W), both normalised."""
        return torch.stack([self.look(L, known, factor) for factor in LOOKS]).mean(dim=0)

    def decode(self, features: list[Tensor], known: Tensor) -> Tensor:
        """The encoder's features of photographs and their map of hints (B,3,H,W) → ab (B,2,H,W), in its size."""
        *skips, lowest = features
        h = self.lowest(lowest)
        for decoder in self.decoders:
            skip = skips.pop()
            h = decoder(h, skip, hints.at(known, *skip.shape[-2:]))
        return resized(self.head(h), known.shape[-2:])

    def passes(self):
        return [self.encoder.forward, self.decode]

    def configure_optimizers(self, *, lr, beta1):
        encoder = [parameter for parameter in self.encoder.parameters() if parameter.requires_grad]
        decoder = [*self.lowest.parameters(), *self.decoders.parameters(), *self.head.parameters()]
        groups = [{"params": decoder}, {"params": encoder, "lr_factor": self.encoder_lr}]
        return [
            torch.optim.AdamW(groups, lr=lr, betas=(beta1, 0.999), weight_decay=self.weight_decay, fused=True),
        ]

    def loss(self, batch):
        known = None
        if self.training:
            batch = self.varied(*batch)
            known = hints.drawn(batch[1], self.hinted, uniform(self.noise, batch[0]))
        return {"loss": self._error(self(batch[0], known), batch[1])}

    def validation(self, batch):
        """The same measures as every colorizer, without hints and in one pass."""
        result = self(batch[0])
        return {"loss": self._error(result, batch[1]), "ab_mse": (result - batch[1]).mul(AB_SCALE).square().mean()}

    def _error(self, result: Tensor, ab: Tensor) -> Tensor:
        return F.smooth_l1_loss(result, ab, beta=self.huber / AB_SCALE)

    def varied(self, L: Tensor, ab: Tensor) -> tuple[Tensor, Tensor]:
        """Photographs (B,1,H,W), (B,2,H,W) → the same shapes, each filmed, worn, cropped, relit and aged at random."""
        draw = uniform(self.noise, L)
        if self.film:
            L = filmed(L, ab, self.film, draw)
        if self.worn:
            L = worn(L, self.worn, draw)
        lab = cropped(torch.cat([L, ab], dim=1), draw(3, 1, 1), self.zoom, L.shape[-2:])
        L, ab = aged(relit(lab[:, :1], draw(2, 1, 1), self.relight), lab[:, 1:], self.aging, draw)
        return L.contiguous(memory_format=torch.channels_last), ab

    def blocks(self):
        fixed = self.encoder.fixed, *self.encoder.trained
        encoder = [("stem, 2 stages" if i == 0 else f"stage {i + 2}", part) for i, part in enumerate(fixed)]
        decoder = [(f"up to 1/{16 >> i}", part) for i, part in enumerate(self.decoders)]
        return [*encoder, ("attention", self.lowest), *decoder, ("1×1 conv", self.head)]

    def skips(self):
        return [(3, 7), (1, 8), (0, 9)]


class Up(nn.Module):
    """The level below (B,below,h,w), enlarged and joined to a skip (B,skip,H,W) and hints (B,3,H,W) → (B,here,H,W)."""

    def __init__(self, below: int, skip: int, here: int, *, attentive: bool):
        super().__init__()
        self.narrow, self.skip = _pointwise(below, here), _pointwise(skip, here)
        attention = [Attention(here)] if attentive else []
        self.join = nn.Sequential(conv_block(2 * here + 3, here), Residual(here), *attention)

    def forward(self, below, skip, known):
        return self.join(torch.cat([resized(self.narrow(below), skip.shape[-2:]), self.skip(skip), known], dim=1))


def _pointwise(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(c_in, c_out, 1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU(inplace=True))


MODEL = Ours
