"""The architecture of a model: its blocks, their shapes and parameters, without allocating its weights."""

import torch

from colorization.models.common.contract import CHANNELS, Colorizer
from colorization.models.common.weights import build_empty


def describe(name: str, network: dict, image_size: int) -> dict:
    """The architecture of model `name`, built with the arguments `network`; downloads nothing."""
    return architecture(build_empty(name, network), image_size)


@torch.no_grad()
def architecture(model: Colorizer, image_size: int) -> dict:
    """Output shape (C,H,W) and parameter count of every block, measured in one pass of a photograph of zeros."""
    rows = {}

    def measure(name):
        def hook(module, inputs, output):
            count = sum(p.numel() for p in module.parameters())
            rows[module] = {"name": name, "shape": list(output.shape[1:]), "parameters": count}

        return hook

    handles = [module.register_forward_hook(measure(name)) for name, module in model.blocks()]
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    model.loss(tuple(torch.zeros(1, c, image_size, image_size, device=device) for c in (1, CHANNELS["ab"])))
    model.train(was_training)
    for handle in handles:
        handle.remove()
    return {
        "input": [1, image_size, image_size],
        "blocks": [rows[module] for _, module in model.blocks()],
        "skips": model.skips(),
        "parameters": sum(p.numel() for p in model.parameters()),
    }
