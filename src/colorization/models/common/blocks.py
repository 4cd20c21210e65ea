"""Building blocks that several models share."""

import torch
from torch import Tensor, nn


def init_weights(module: nn.Module, std: float = 0.02) -> None:
    """Weights N(0, std), batch norm N(1, std), biases 0: pix2pix (Isola et al. 2017, appendix 6.2)."""
    if any(parameter.is_meta for parameter in module.parameters()):
        return  # a model without allocated weights: initialising it would import half of PyTorch
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, std)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, std)
    if getattr(module, "bias", None) is not None:
        nn.init.zeros_(module.bias)


def conv_block(in_channels: int, out_channels: int) -> nn.Sequential:
    """3×3 convolution, batch norm, ReLU: (B, in, H, W) → (B, out, H, W)."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class Noise(nn.Module):
    """ε ~ N(0, 1) in the shape of x. It is a layer so that training on several processes can replace it."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.randn_like(x)
