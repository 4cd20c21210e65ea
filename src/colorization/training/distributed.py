"""Train on several processes with the same result as on one: each process takes a share of every batch.

Layers that depend on the whole batch see the whole batch: batch norm uses the statistics of all shares, unless the
machine's setting says that each process uses its own; dropout and noise draw for all shares and keep their own. The
gradients are summed in one piece after each backward pass, so a model may take any number of steps on a batch.
"""

from typing import TYPE_CHECKING

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce

from colorization.core.errors import InputError
from colorization.dataset.devices import own_statistics
from colorization.dataset.photos import batch_count
from colorization.models.common.blocks import Noise

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class Processes:
    """The processes of a Fabric, and this process's share of their batch of `count` photographs."""

    def __init__(self, fabric: "Fabric"):
        self.fabric, self.rank, self.size = fabric, fabric.global_rank, fabric.world_size
        self.count = self.size

    def share(self, batch: Tensor) -> Tensor:
        """Our part of a batch (B, ...); if the batch is too small for all processes, its first row with weight 0."""
        part = batch.tensor_split(self.size)[self.rank]
        return part if len(part) else batch[:1]

    @property
    def weight(self) -> float:
        """The weight of our share's mean in the mean over the whole batch; all weights sum to 1."""
        return (self.count // self.size + (self.rank < self.count % self.size)) / self.count

    def mean(self, values: Tensor) -> Tensor:
        """Means over our share → means over the whole batch."""
        return values if self.size == 1 else self.fabric.all_reduce(values * self.weight, reduce_op="sum")

    def backward(self, loss: Tensor, model: nn.Module) -> None:
        """Compute the gradients of the mean loss over the whole batch, given the mean loss over our share."""
        self.fabric.backward(loss if self.size == 1 else loss * self.weight)
        if self.size > 1:
            gradients = [p.grad for p in model.parameters() if p.requires_grad and p.grad is not None]
            total = torch.cat([gradient.flatten() for gradient in gradients])
            dist.all_reduce(total)
            for gradient, ours in zip(gradients, total.split([gradient.numel() for gradient in gradients])):
                gradient.copy_(ours.view(gradient.shape))

    def join(self, model: nn.Module) -> nn.Module:
        """The same model, with the first process's weights and with layers that see the whole batch."""
        if self.size == 1:
            return model
        for tensor in model.state_dict().values():
            dist.broadcast(tensor, 0)
        own = own_statistics(self.size)  # then the first process's running statistics are saved
        kinds = {kind: its for kind, its in OF_ALL.items() if not (own and kind is nn.BatchNorm2d)}
        if self.fabric.device.type == "cuda" and not own:
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        for module in model.modules():
            if type(module) in kinds:  # the same parameters and buffers under the same names
                module.__class__, module.processes = kinds[type(module)], self
        return model


def require_a_share_for_each(count: int, batch_size: int, size: int) -> None:
    """Raise InputError if the smallest batch of `count` photographs has fewer than one for each process."""
    smallest = count // batch_count(count, batch_size)
    if smallest < size:
        raise InputError(
            f"a batch of {smallest} photographs cannot be shared by {size} processes: raise batch_size in params.yaml, "
            "or lower LT_DEVICES"
        )


class _BatchNormOfAll(nn.BatchNorm2d):
    """SyncBatchNorm for processes on CPUs, which torch lacks (Ioffe & Szegedy 2015, algorithm 1)."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        x, count = x.to(self.weight.dtype), self.processes.count * x.shape[2] * x.shape[3]
        mean = all_reduce(x.sum(dim=(0, 2, 3))) / count
        centred = x - mean.view(1, -1, 1, 1)
        variance = all_reduce(centred.square().sum(dim=(0, 2, 3))) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / max(count - 1, 1), self.momentum)
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return centred * scale.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)


class _DropoutOfAll(nn.Dropout):
    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        return x * self.processes.share(super().forward(_of_all(x, self.processes.count).fill_(1)))


class _NoiseOfAll(Noise):
    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        return self.processes.share(super().forward(_of_all(x, self.processes.count)))


def _of_all(x: Tensor, count: int) -> Tensor:
    """An empty tensor like x for `count` photographs. It has x's memory format, the order of the random numbers."""
    order = torch.contiguous_format if x.is_contiguous() else torch.channels_last
    return torch.empty(count, *x.shape[1:], dtype=x.dtype, device=x.device, memory_format=order)


OF_ALL = {nn.BatchNorm2d: _BatchNormOfAll, nn.Dropout: _DropoutOfAll, Noise: _NoiseOfAll}
