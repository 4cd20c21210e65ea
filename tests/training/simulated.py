"""A GPU that is not there: torch's fake tensors claim to be on cuda:0, have shapes and types, and hold no numbers."""

from contextlib import contextmanager, nullcontext

import numpy as np
import torch
from lightning_fabric import Fabric
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.cuda.amp import common
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from colorization.dataset import photos

DEVICE = torch.device("cuda:0")
DTYPES = {torch.float32: np.float32, torch.float64: np.float64, torch.int64: np.int64, torch.uint8: np.uint8}


@contextmanager
def gpu(monkeypatch, *, double: bool = True):
    """Tensors of other devices cannot meet within the block, and every value that is read is 1.

    double: whether the GPU has double precision. Apple's have none; fake tensors exist for cuda only.
    """
    monkeypatch.setattr(common, "amp_definitely_not_available", lambda: False)  # autocast looks for a driver
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
    monkeypatch.setattr(photos, "ThreadPoolExecutor", InThisThread)  # a mode is one thread's
    monkeypatch.setattr(torch.Tensor, "backward", backward)
    monkeypatch.setattr(torch.Tensor, "__getitem__", _get)
    monkeypatch.setattr(torch.Tensor, "__setitem__", _set)
    monkeypatch.setattr(FakeTensor, "numpy", _array)
    monkeypatch.setattr(FakeTensor, "tolist", lambda tensor: np.ones(tuple(tensor.shape)).tolist())
    monkeypatch.setattr(FakeTensor, "__float__", lambda tensor: 1.0)
    monkeypatch.setattr(FakeTensor, "__int__", lambda tensor: 1)
    with FakeTensorMode(allow_non_fake_inputs=True), nullcontext() if double else NoDouble():
        yield


GET, SET = torch.Tensor.__getitem__, torch.Tensor.__setitem__


def _get(tensor, index):
    """Rows that a mask chooses: all of them, since their number depends on numbers."""
    return tensor.clone() if _is_mask(index) else GET(tensor, index)


def _set(tensor, index, value):
    SET(tensor, slice(None) if _is_mask(index) else index, value)


def _is_mask(index) -> bool:
    return isinstance(index, torch.Tensor) and index.dtype == torch.bool and index.dim() == 1


def _array(tensor):
    if tensor.device.type != "cpu":
        raise TypeError(f"can't convert {tensor.device} device type tensor to numpy")  # as torch
    return np.ones(tuple(tensor.shape), DTYPES[tensor.dtype])


@torch.no_grad()
def backward(loss: torch.Tensor) -> None:
    """As torch's own, which asks for CUDA's streams: each step of the graph, when all its gradients have arrived."""
    gradients = {loss.grad_fn: {0: torch.ones_like(loss)}}
    for node in reversed(_sorted(loss.grad_fn)):
        arrived = gradients.pop(node, {})
        if hasattr(node, "variable"):
            if arrived:
                node.variable.grad = _added(node.variable.grad, arrived[0])
            continue
        left = node(*(arrived.get(i) for i in range(len(node._input_metadata)))) if arrived else ()
        for (other, i), gradient in zip(node.next_functions, left if isinstance(left, tuple) else (left,)):
            if other is not None and gradient is not None:
                found = gradients.setdefault(other, {})
                found[i] = _added(found.get(i), gradient)


def _added(one, other):
    return other if one is None else one + other


def _sorted(root) -> list:
    """The steps that lead to this one, each after those that it needs."""
    order, seen, open_steps = [], set(), [(root, False)]
    while open_steps:
        node, is_done = open_steps.pop()
        if is_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            open_steps += [(node, True), *((other, False) for other, _ in node.next_functions if other is not None)]
    return order


class NoDouble(TorchDispatchMode):
    """Refuses to make or take a tensor in double precision on the GPU."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for tensor in pytree.tree_leaves((args, kwargs, result)):
            if isinstance(tensor, torch.Tensor) and tensor.dtype == torch.float64 and tensor.device == DEVICE:
                raise TypeError(f"{function}: the device has no float64")
        return result


class InThisThread:
    """An executor of one task at a time."""

    def __init__(self, threads: int):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def submit(self, function, *args):
        return Done(function(*args))


class Done:
    def __init__(self, value):
        self.value = value

    def result(self):
        return self.value


class State:
    """The state of a training, kept as a file does: on the CPU."""

    def __init__(self):
        self.state = None

    def due(self, *, within=False):
        return not within

    def load(self):
        return self.state

    def save(self, state):
        self.state = pytree.tree_map_only(torch.Tensor, torch.Tensor.cpu, state)


def fabric(precision: str) -> Fabric:
    found = Fabric(accelerator="cpu", devices=1, precision=precision)
    found.strategy._root_device = DEVICE
    found.strategy.precision.device = DEVICE.type  # of its autocast
    return found
