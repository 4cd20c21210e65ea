"""Which devices work, and in which precision: settings of the machine, in environment variables."""

import os

import torch.distributed as dist
from lightning_fabric import Fabric
from lightning_fabric.utilities.exceptions import MisconfigurationException

from colorization.core.errors import InputError, one_line
from colorization.core.process import keep_memory

KNOWN = {"LT_PRECISION": ("32-true", "bf16-mixed", "16-mixed"), "LT_STRATEGY": ("auto", "ddp")}


def launch() -> Fabric:
    """Lightning Fabric with one process per device, started here or by torchrun; the first of them goes on as before.

    LT_DEVICES, LT_NUM_NODES, LT_ACCELERATOR and LT_PRECISION choose; without them one device in full precision.
    """
    under_torchrun = dist.is_torchelastic_launched()
    for name, known in KNOWN.items():
        if (wanted := os.environ.get(name, known[0])) not in known:
            raise InputError(f"{name}: {wanted} is not one of {', '.join(known)}")
    fabric = _fabric(
        devices=int(os.environ["LOCAL_WORLD_SIZE"]) if under_torchrun else 1,
        num_nodes=int(os.environ["GROUP_WORLD_SIZE"]) if under_torchrun else 1,
    )
    fabric.launch()
    return fabric


def one_device() -> Fabric:
    """Lightning Fabric on one device, whatever the training was told about several."""
    for name in ("LT_DEVICES", "LT_NUM_NODES", "LT_STRATEGY"):
        os.environ.pop(name, None)
    return _fabric(devices=1, num_nodes=1)


def _fabric(*, devices: int, num_nodes: int) -> Fabric:
    keep_memory()
    try:
        return Fabric(devices=devices, num_nodes=num_nodes)
    except (TypeError, ValueError, RuntimeError, MisconfigurationException) as error:
        told = f"LT_DEVICES, LT_NUM_NODES, LT_ACCELERATOR, LT_STRATEGY: {one_line(error, 400)}"
        raise InputError(f"{told}; see docs/scale.md") from None
