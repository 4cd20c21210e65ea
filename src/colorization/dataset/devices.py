"""Choose devices and precision from environment variables, because they belong to the machine."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist

from colorization.core.errors import InputError, one_line
from colorization.core.process import keep_memory

if TYPE_CHECKING:
    from lightning_fabric import Fabric

PRECISION, DETERMINISTIC, COMPILE = "LT_PRECISION", "COLORIZATION_DETERMINISTIC", "COLORIZATION_COMPILE"
STATISTICS = "COLORIZATION_STATISTICS"  # of batch norm in several processes: of the whole batch, or of each share
KNOWN = {
    PRECISION: ("32-true", "bf16-mixed"),
    "LT_STRATEGY": ("auto", "ddp"),
    DETERMINISTIC: ("0", "1"),
    COMPILE: ("0", "1", "graphs"),
    STATISTICS: ("all", "own"),
}  # default first
HALF, SLOW_HALF = "bf16-mixed", "this processor has no bfloat16 instructions, so that it trains more slowly"
PROCESSORS = Path("/proc/cpuinfo")
HALF_FLAGS = {"avx512_bf16", "avx_ne_convert", "amx_bf16", "bf16"}  # Linux's names on x86; the last one on ARM
ACCELERATOR = "LT_ACCELERATOR"  # Lightning's names: auto, cpu, cuda or gpu, mps


def launch() -> "Fabric":
    """Launch Lightning Fabric with one process per device, started here or by torchrun; this process becomes the first.

    LT_DEVICES, LT_NUM_NODES, LT_ACCELERATOR and LT_PRECISION choose; the default is one device in full precision.
    16-mixed is refused: the factor on its losses would have to be part of the resume state.
    Raises InputError for invalid values and missing devices.
    """
    under_torchrun = dist.is_torchelastic_launched()
    for name in KNOWN:
        chosen(name)
    choose_kernels(same_sizes=True)
    fabric = _fabric(
        devices=int(os.environ["LOCAL_WORLD_SIZE"]) if under_torchrun else 1,
        num_nodes=int(os.environ["GROUP_WORLD_SIZE"]) if under_torchrun else 1,
    )
    fabric.launch()
    if chosen(PRECISION) == HALF and fabric.is_global_zero and not computes_in_half(fabric.device):
        print(
            f"warning: {PRECISION}={HALF}: {SLOW_HALF}; leave it out, or see: python -m tools.estimate", file=sys.stderr
        )
    return fabric


def computes_in_half(device: torch.device) -> bool:
    """Whether a device has instructions for bfloat16. True where that is unknown: Linux alone lists a processor's."""
    try:
        return device.type != "cpu" or bool(HALF_FLAGS & set(PROCESSORS.read_text().split()))
    except OSError:
        return True


def chosen(name: str) -> str:
    """The value of a variable of KNOWN. Raises InputError for another value."""
    wanted, known = os.environ.get(name, KNOWN[name][0]), KNOWN[name]
    if wanted not in known:
        raise InputError(f"{name}: {wanted} is not one of {', '.join(known)}")
    return wanted


def choose_kernels(*, same_sizes: bool) -> None:
    """Choose how GPUs compute, before the first work on one: reproducibly if DETERMINISTIC is 1; CPUs always do.

    same_sizes: most batches have one size, so that cuDNN may try its kernels on the first and keep the fastest.
    """
    deterministic = chosen(DETERMINISTIC) == "1"
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS reads it when it starts
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.benchmark = same_sizes and not deterministic


def machine(fabric: "Fabric") -> dict[str, str]:
    """What a trained model's file says about its training: the name of the device, and the precision."""
    device = fabric.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    about = {"device": name, "precision": chosen(PRECISION)}
    told = {"batch_norm": f"{fabric.world_size} processes, each with its own statistics"}
    return about | (told if own_statistics(fabric.world_size) else {})


def own_statistics(processes: int) -> bool:
    """Whether each of several processes uses the statistics of its own share of a batch: STATISTICS says so."""
    return processes > 1 and chosen(STATISTICS) == "own"


def _fabric(*, devices: int, num_nodes: int) -> "Fabric":
    # Fabric spends 1.5 s to import it, only to read its version; typeshed does not know that None is allowed.
    sys.modules.setdefault("torchmetrics", None)  # type: ignore[arg-type]
    from lightning_fabric import Fabric
    from lightning_fabric.utilities.exceptions import MisconfigurationException

    if sys.modules["torchmetrics"] is None:
        del sys.modules["torchmetrics"]
    keep_memory()
    try:
        return Fabric(devices=devices, num_nodes=num_nodes)
    except (TypeError, ValueError, RuntimeError, MisconfigurationException) as error:
        told = f"LT_DEVICES, LT_NUM_NODES, LT_ACCELERATOR, LT_STRATEGY: {one_line(error, 400)}"
        raise InputError(f"{told}; see docs/scale.md") from None


def one_device() -> torch.device:
    """The device that LT_ACCELERATOR chooses, for work on a single device. Raises InputError if it is missing."""
    keep_memory()
    choose_kernels(same_sizes=True)
    wanted = os.environ.get(ACCELERATOR, "auto")
    if wanted == "gpu":
        wanted = "mps" if torch.backends.mps.is_available() else "cuda"
    try:
        return _device(wanted)
    except InputError as error:
        raise InputError(f"{ACCELERATOR}: {error}") from None


def has_double(device: torch.device) -> bool:
    """Whether the device computes in double precision."""
    try:
        torch.zeros(1, dtype=torch.float64, device=device)
    except (TypeError, RuntimeError):  # mps raises TypeError
        return False
    return True


def find_device(name: str) -> torch.device:
    """The torch device of a name, for photographs of any size; "auto" prefers a GPU.

    Raises InputError if the device is missing.
    """
    choose_kernels(same_sizes=False)
    return _device(name)


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(f"device {name}: not available ({one_line(error, 120)}); use cpu, or leave it out") from None
    return device
