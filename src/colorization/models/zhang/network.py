"""A baseline trained here: colorization as rebalanced classification, as Zhang et al. 2016 describe it."""

from functools import cache
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import binary_dilation
from torch import Tensor, nn

from colorization.color import AB_SCALE, lab_to_rgb, normalise, rgb_to_lab
from colorization.models.common.ab_bins import BIN, SIDE, shares, smoothed
from colorization.models.common.contract import Colorizer

NEIGHBOURS, SIGMA = (
    10,
    5.0,
)  # nearest bins that share a pixel's colour, and σ in ab units (section 2.1; 10 bins: their code)
LEAST_COLOUR = 5.0  # ab units: a photograph whose |ab| never exceeds it does not enter the loss (their code)
CLIPPED = 1.0  # ab units: a colour in the gamut changes by less when converted to sRGB and back
SUBSAMPLED = 4  # the input's side over the side of the predicted distributions (section 2)


class Zhang(Colorizer):
    """Eight blocks of convolutions, two dilated, predict a distribution over ab bins; the output is its annealed mean.

    width: channels of the first block; they double up to 8 × width (table 4: 64 → 512).
    rebalancing: λ, the share of a uniform distribution mixed into that of the bins (equation 4; 0.5 there).
    temperature: of the annealed mean (equation 5; 0.38 there); 1 gives the mean, values near 0 the mode.
    """

    stride = 8

    def __init__(self, *, width: int, rebalancing: float, temperature: float):
        super().__init__(predicts="ab")
        self.rebalancing = rebalancing
        centres = torch.from_numpy(gamut())
        self.register_buffer("centres", centres)  # (Q,2), normalised ab
        self.register_buffer("bin_weights", torch.ones(len(centres)))  # (Q,), their mean over the training pixels is 1
        self.register_buffer("temperature", torch.tensor(temperature))
        c1, c2, c3, c4 = width, 2 * width, 4 * width, 8 * width
        self.layers = nn.ModuleList([
            _block(1, c1, c1, last_stride=2), _block(c1, c2, c2, last_stride=2), _block(c2, c3, c3, c3, last_stride=2),
            _block(c3, c4, c4, c4), _block(c4, c4, c4, c4, dilation=2), _block(c4, c4, c4, c4, dilation=2),
            _block(c4, c4, c4, c4),
            nn.Sequential(
                nn.ConvTranspose2d(c4, c3, 4, stride=2, padding=1), nn.ReLU(inplace=True), *_convs(c3, c3, c3)),
        ])  # fmt: skip
        self.head = nn.Conv2d(c3, len(centres), 1)

    def prepare(self, packed):
        """Give rare bins of the training photographs a higher weight (equation 4)."""
        share = shares(packed)
        prior, share = (x[_in_gamut()] / x[_in_gamut()].sum() for x in (smoothed(share), share))
        weights = 1 / ((1 - self.rebalancing) * prior + self.rebalancing / len(prior))
        self.bin_weights.copy_(torch.from_numpy(weights / (weights * share).sum()).to(self.bin_weights.dtype))

    def logits(self, L: Tensor) -> Tensor:
        """L (B,1,H,W) → logits of the bins (B,Q,H/4,W/4)."""
        h = L
        for layer in self.layers:
            h = layer(h)  # (B, C, H/2, W/2), (H/4, W/4), (H/8, W/8), and (H/4, W/4) after the last layer
        return self.head(h)

    def passes(self):
        return [self.logits]

    def forward(self, L):
        return F.interpolate(self.annealed_mean(self.logits(L)), scale_factor=SUBSAMPLED, mode="bilinear")

    def annealed_mean(self, logits: Tensor) -> Tensor:
        """Logits (B,Q,H,W) → the mean under softmax(logits / temperature), normalised ab (B,2,H,W) (equation 5)."""
        return F.conv2d((logits / self.temperature).softmax(dim=1), self.centres.T[:, :, None, None].to(logits))

    def loss(self, batch):
        L, ab = batch
        coloured = (ab.abs().amax(dim=(1, 2, 3)) * AB_SCALE > LEAST_COLOUR).to(ab.dtype)
        bins, shares_of_bins = self.encode(ab[:, :, ::SUBSAMPLED, ::SUBSAMPLED])
        entropy = -(self.logits(L).log_softmax(dim=1).gather(1, bins) * shares_of_bins).sum(dim=1)
        weights = self.bin_weights[bins[:, 0]].to(entropy)  # weights of the nearest bins (equation 3)
        return {"loss": ((weights * entropy).mean(dim=(1, 2)) * coloured).mean()}

    def encode(self, ab: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised ab (B,2,H,W) → the nearest bins and their shares, which sum to 1.

        Both (B,NEIGHBOURS,H,W), the nearest first.
        """
        pixels = ab.permute(0, 2, 3, 1).reshape(-1, 2)
        found = torch.cdist(pixels, self.centres.to(ab)).topk(NEIGHBOURS, dim=1, largest=False)
        soft = torch.softmax(-((found.values * AB_SCALE) ** 2) / (2 * SIGMA**2), dim=1)
        shape = (len(ab), *ab.shape[-2:], NEIGHBOURS)
        return found.indices.view(shape).permute(0, 3, 1, 2), soft.view(shape).permute(0, 3, 1, 2)

    def configure_optimizers(self, *, lr, beta1):
        """Adam with β₂ and weight decay of Zhang et al. (their solver.prototxt)."""
        return [torch.optim.Adam(self.parameters(), lr=lr, betas=(beta1, 0.99), weight_decay=0.001, fused=True)]

    def blocks(self):
        named = [(f"conv {i}", layer) for i, layer in enumerate(self.layers, 1)]
        return [*named, ("1×1 conv", self.head)]


@cache
def _in_gamut() -> np.ndarray:
    """Mask (SIDE, SIDE), a first: bins whose colour exists in sRGB at some lightness, and their neighbours.

    There are 310; Zhang et al. count 313.
    """
    ticks = (np.arange(SIDE) - SIDE // 2) * BIN
    grid = np.stack(np.meshgrid(ticks, ticks, indexing="ij"))
    shape = (99, 1, SIDE, SIDE)
    L, ab = normalise(np.arange(1.0, 100.0).reshape(-1, 1, 1, 1), grid[None])
    L, ab = np.broadcast_to(L, shape), np.broadcast_to(ab, (99, 2, SIDE, SIDE))
    change = np.abs(rgb_to_lab(lab_to_rgb(L, ab))[1] - ab).max(axis=1) * AB_SCALE
    return binary_dilation((change < CLIPPED).any(axis=0), np.ones((3, 3)))


def gamut() -> np.ndarray:
    """The centres of the bins in gamut, normalised ab (Q,2) float32."""
    return ((np.argwhere(_in_gamut()) - SIDE // 2) * (BIN / AB_SCALE)).astype(np.float32)


def _block(*channels: int, last_stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """3×3 convolutions between these channels, each with ReLU; batch norm after the last (their second version)."""
    return nn.Sequential(*_convs(*channels, last_stride=last_stride, dilation=dilation), nn.BatchNorm2d(channels[-1]))


def _convs(*channels: int, last_stride: int = 1, dilation: int = 1) -> list[nn.Module]:
    parts = []
    for i, (c_in, c_out) in enumerate(pairwise(channels)):
        stride = last_stride if i == len(channels) - 2 else 1
        conv = nn.Conv2d(c_in, c_out, 3, stride=stride, padding=dilation, dilation=dilation)
        parts += [conv, nn.ReLU(inplace=True)]
    return parts


MODEL = Zhang
