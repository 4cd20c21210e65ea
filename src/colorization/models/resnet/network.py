"""The paper's ResNet (its section 5.1): ResNet-50 at full resolution, a convolution in place of its classifier."""

import torch.nn.functional as F
from torch import nn
from torchvision.models.resnet import Bottleneck, conv1x1

from colorization.models.common.contract import CHANNELS, Colorizer

LAYERS = (3, 4, 6, 3)  # bottlenecks per stage of ResNet-50 (He et al. 2016, table 1)


class ResNet(Colorizer):
    """ResNet-50 with one input channel, no pooling, stride 1 everywhere, and `width` channels instead of 64.

    width: channels of the stem and of the first bottlenecks.
    predicts: "ab" or "rgb" (the paper's three channels).
    """

    def __init__(self, *, width: int, predicts: str):
        super().__init__(predicts=predicts)
        self.stem = nn.Sequential(
            nn.Conv2d(1, width, 7, padding=3, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        channels = width
        self.layers = nn.ModuleList()
        for stage, count in enumerate(LAYERS):
            self.layers.append(_layer(channels, width * 2**stage, count))
            channels = width * 2**stage * Bottleneck.expansion
        self.head = nn.Conv2d(channels, CHANNELS[predicts], 1)

    def forward(self, L):
        h = self.stem(L)  # (B, width, H, W)
        for layer in self.layers:
            h = layer(h)  # (B, 4·width·2^stage, H, W)
        return self.head(h)

    def loss(self, batch):
        return {"loss": F.mse_loss(self(batch[0]), self.target(batch))}

    def blocks(self):
        layers = [(f"{n} bottlenecks", layer) for n, layer in zip(LAYERS, self.layers)]
        return [("7×7 conv", self.stem), *layers, ("1×1 conv", self.head)]


def _layer(in_channels: int, planes: int, count: int) -> nn.Sequential:
    """`count` bottlenecks; the first widens (B, in, H, W) → (B, 4·planes, H, W)."""
    out_channels = planes * Bottleneck.expansion
    widen = nn.Sequential(conv1x1(in_channels, out_channels), nn.BatchNorm2d(out_channels))
    first = Bottleneck(in_channels, planes, downsample=widen)
    return nn.Sequential(first, *(Bottleneck(out_channels, planes) for _ in range(count - 1)))


MODEL = ResNet
