"""What a training step of each network costs, and the time below which no GPU can do it: python -m benchmarks.roofline.

Counts the arithmetic, the memory traffic (every operation reads its inputs and writes its outputs once) and the
operations of one step at the paper's size, on fake tensors: nothing is computed and no GPU is needed. The rates are an
H100's (SXM) from NVIDIA's data sheet, and a launch is taken as 5 µs. The largest of the three times is the bound
(Williams et al. 2009, the roofline model). Writes benchmarks/results/roofline.md.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from colorization.core.files import write_bytes
from colorization.core.params import load_config
from colorization.models.common.weights import build

PRESET, OUT = Path("presets/paper.yaml"), Path("benchmarks/results/roofline.md")
ARITHMETIC, BANDWIDTH, LAUNCH = 494e12, 3.35e12, 5e-6  # TF32 FLOP/s without sparsity, bytes/s, seconds
HEAD = ("network", "batch", "parameters", "GFLOP", "GB moved", "operations", "ms of arithmetic", "ms of memory",
        "ms of launches", "bound by", "photographs/s at most")  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """The model's weights, and one training step: floating-point operations, bytes moved, operations launched."""

    parameters: int
    flops: int
    moved: int
    launches: int

    @property
    def seconds(self) -> dict[str, float]:
        return {
            "arithmetic": self.flops / ARITHMETIC, "memory": self.moved / BANDWIDTH, "launches": self.launches * LAUNCH
        }  # fmt: skip


class Traffic(TorchDispatchMode):
    """Counts operations that make or change tensors, and the bytes of their inputs and outputs; views are free."""

    def __init__(self):
        super().__init__()
        self.moved, self.launches = 0, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if not function.is_view and function.namespace != "prim" and "empty" not in function.__name__:
            self.launches += 1
            self.moved += sum(_bytes(tensors) for tensors in (args, kwargs, result))
        return result


def _bytes(tree) -> int:
    """Bytes of the different tensors in a tree; an expanded tensor counts with what it holds."""
    tensors = {id(leaf): leaf for leaf in pytree.tree_leaves(tree) if isinstance(leaf, Tensor)}
    return sum(_held(tensor) * tensor.element_size() for tensor in tensors.values())


def _held(tensor: Tensor) -> int:
    count = 1
    for size, stride in zip(tensor.shape, tensor.stride()):
        count *= size if stride else 1
    return count


def cost(name: str, params, side: int) -> Cost:
    """The cost of a step of `training_step` after the first, whose optimizer makes its state."""
    with FakeTensorMode(), patch.object(FakeTensor, "__int__", lambda tensor: 1, create=True):
        model = build(name, params.network()).train()
        optimizers = model.configure_optimizers(lr=params.lr, beta1=params.beta1)
        batch = tuple(torch.zeros(params.batch_size, channels, side, side) for channels in (1, 2))
        model.training_step(batch, optimizers, lambda loss: loss.backward())
        with Traffic() as traffic, FlopCounterMode(display=False) as arithmetic:
            model.training_step(batch, optimizers, lambda loss: loss.backward())
    weights = sum(parameter.numel() for parameter in model.parameters())
    return Cost(weights, arithmetic.get_total_flops(), traffic.moved, traffic.launches)


def line(name: str, params, side: int) -> str:
    found = cost(name, params, side)
    bound, slowest = max(found.seconds.items(), key=lambda item: item[1])
    times = (f"{1000 * seconds:.2f}" for seconds in found.seconds.values())
    cells = (name, params.batch_size, f"{found.parameters / 1e6:.2f} M", f"{found.flops / 1e9:,.0f}",
             f"{found.moved / 1e9:.2f}", f"{found.launches:,}", *times, bound,
             f"{params.batch_size / slowest:,.0f}")  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    config = load_config(PRESET)
    lines = [f"# {__doc__.splitlines()[0].split(':')[0]}", "", "Counted, not timed; no GPU was at hand.", "",
             f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]  # fmt: skip
    for name in config.models:
        params = config.model(name)
        if params.pretrained:
            params = replace(params, encoder_weights="none")
        lines.append(line(name, params, config.data.image_size))
        print(lines[-1], flush=True)
    write_bytes(OUT, ("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main()
