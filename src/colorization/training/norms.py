"""Batch norm's statistics for use: means over training photographs, computed anew before each validation."""

import dataclasses

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from colorization.dataset.photos import Photos
from colorization.models.common.contract import Trainable
from colorization.training.distributed import Processes

PHOTOGRAPHS, SHARE = 512, 0.25  # at most so many, and at most this share of all


def settle(model: Trainable, train: Photos, batch_size: int, processes: Processes) -> None:
    """Give batch norm the statistics of some training photographs, seen by the model's present weights.

    After Wu & Johnson 2021 ("Rethinking 'Batch' in BatchNorm", section 3): running averages hold the last ten batches
    or so, of weights that have changed since; in small batches the validation loss jumps by it. The model is in
    training mode; layers that are in evaluation mode all the same, or that nobody uses after the training (of a
    discriminator), keep what they have.
    """
    norms = [layer for layer in model.modules() if isinstance(layer, _BatchNorm) and layer.training]
    if not norms:
        return
    own = [norm.momentum for norm in norms]
    means = [[torch.zeros_like(norm.running_mean), torch.zeros_like(norm.running_var)] for norm in norms]
    model.eval()
    for norm in norms:
        norm.train()
        norm.momentum = 1.0  # each batch in place of the one before
    some = evenly(train, batch_size)
    with torch.no_grad(), processes.fabric.autocast():
        for seen, (count, batch) in enumerate(some.batches(batch_size, augment=False, share=processes.share), 1):
            processes.count = count
            model.used(batch)
            for norm, (mean, variance) in zip(norms, means):
                mean.lerp_(norm.running_mean, 1 / seen)
                variance.lerp_(norm.running_var, 1 / seen)
    for norm, momentum, (mean, variance) in zip(norms, own, means):
        norm.momentum = momentum
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)


def evenly(train: Photos, batch_size: int) -> Photos:
    """Some photographs of all, evenly chosen, in full batches if there are enough."""
    wanted = min(PHOTOGRAPHS, int(SHARE * len(train)))
    count = min(len(train), max(1, wanted // batch_size) * batch_size)
    rows = torch.linspace(0, len(train) - 1, count, dtype=torch.float64).round().long()
    return dataclasses.replace(train, rows=rows if train.rows is None else train.rows[rows])
