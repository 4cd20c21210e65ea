"""A convolution of each channel by itself, with a backward pass that is quick on processors.

oneDNN's own pass (of torch 2.11) takes up to forty times as long as the forward pass where the kernel has five columns,
and, in bfloat16, where the stride is 2. So the weights' gradient is computed in windows of three columns, and the
input's gradient of a stride in single precision.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WINDOW = 3  # columns of the kernel for which oneDNN is quick


class Depthwise(nn.Conv2d):
    """(B,C,H,W) → (B,C,H/stride,W/stride), rounded up; kernel: its side in pixels, odd. As nn.Conv2d, without bias."""

    def __init__(self, channels: int, kernel: int, stride: int):
        super().__init__(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cpu" and torch.is_grad_enabled() and self.weight.requires_grad:
            return _Convolved.apply(x, self.weight, self.stride[0])
        return super().forward(x)


class _Convolved(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        return F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2, groups=len(weight))

    @staticmethod
    def backward(ctx, gradient: Tensor):
        x, weight = ctx.saved_tensors
        of_x = _of_input(gradient, x, weight, ctx.stride) if ctx.needs_input_grad[0] else None
        return of_x, _of_weight(gradient, x, weight, ctx.stride), None


def _of_input(gradient: Tensor, x: Tensor, weight: Tensor, stride: int) -> Tensor:
    kind = torch.float32 if stride > 1 and gradient.dtype == torch.bfloat16 else gradient.dtype
    padding, shape = weight.shape[-1] // 2, torch.empty_like(x, dtype=kind)
    return _gradients(gradient.to(kind), shape, weight.to(kind), stride, [padding, padding], 0).to(x.dtype)


def _of_weight(gradient: Tensor, x: Tensor, weight: Tensor, stride: int) -> Tensor:
    side = weight.shape[-1]
    padding, reach = side // 2, stride * (gradient.shape[-1] - 1) + WINDOW
    padded = F.pad(x.to(gradient.dtype), (padding, padding))
    found = torch.empty_like(weight)
    for left in range(0, side - WINDOW + 1, WINDOW - 1):  # neighbours share a column, as 5 is not a multiple of 3
        columns = slice(left, left + WINDOW)
        seen, window = padded[..., left : left + reach], weight[..., columns].to(gradient.dtype)
        found[..., columns] = _gradients(gradient, seen, window, stride, [padding, 0], 1)
    return found


def _gradients(gradient: Tensor, x: Tensor, weight: Tensor, stride: int, padding: list[int], which: int) -> Tensor:
    """Torch's own gradient of the input (which = 0) or of the weight (1)."""
    wanted = [which == 0, which == 1, False]
    return torch.ops.aten.convolution_backward(
        gradient, x, weight, None, [stride, stride], padding, [1, 1], False, [0, 0], len(weight), wanted
    )[which]
