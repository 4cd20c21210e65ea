"""The quick backward pass of depthwise convolutions, beside torch's own."""

import pytest
import torch
import torch.nn.functional as F

from colorization.models.common.depthwise import Depthwise


def gradients(convolve, x, weight, towards):
    x, weight = (value.clone().requires_grad_() for value in (x, weight))
    result = convolve(x, weight)
    (result.float() * towards).sum().backward()
    return result.detach(), x.grad, weight.grad


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(10, 10), (9, 12), (1, 3), (2, 1)])
@pytest.mark.parametrize("order", [torch.channels_last, torch.contiguous_format])
def test_gradients_are_those_of_torch(kernel, stride, size, order):
    torch.manual_seed(0)
    layer = Depthwise(6, kernel, stride)
    x = torch.randn(3, 6, *size).contiguous(memory_format=order)
    towards = torch.randn_like(layer(x))

    def ours(x, weight):
        return torch.func.functional_call(layer, {"weight": weight}, (x,))

    def theirs(x, weight):
        return F.conv2d(x, weight, stride=stride, padding=kernel // 2, groups=6)

    weight = layer.weight.detach()
    exact = gradients(theirs, x.double(), weight.double(), towards)
    for found, expected in zip(gradients(ours, x, weight, towards), exact):
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=2e-5)
    with torch.autocast("cpu", torch.bfloat16):
        half = gradients(ours, x, weight, towards)
    for found, expected in zip(half, exact):
        assert (found.double() - expected).abs().max() < 0.02 * expected.abs().max()
    assert half[0].dtype == torch.bfloat16 and half[2].dtype == torch.float32


def test_a_fixed_layer_has_no_gradient_and_gives_torchs_own_numbers():
    layer, x = Depthwise(4, 5, 2), torch.randn(2, 4, 11, 8, requires_grad=True)
    layer.requires_grad_(False)
    layer(x).sum().backward()
    assert layer.weight.grad is None and x.grad is not None
    expected = F.conv2d(x, layer.weight, stride=2, padding=2, groups=4)
    assert torch.equal(layer(x), expected) and torch.equal(layer.requires_grad_()(x), expected)
