"""The network of a trained model's file: ONNX Runtime for .onnx, torch for .safetensors."""

from pathlib import Path

from colorization.core.errors import InputError
from colorization.core.process import processors
from colorization.models.common import onnx_file
from colorization.photo.network import Network
from colorization.photo.onnx_network import OnnxNetwork

NO_TORCH = "needs torch; install it with: pip install '.[study]', or export the model with: python -m tools.export"


def open_network(path: Path, *, device: str, threads: int | None) -> Network:
    """The network of a file. Raises InputError for a foreign or damaged file, and for a missing device."""
    if path.suffix == onnx_file.SUFFIX:
        return OnnxNetwork(path, device=device, threads=threads or processors())
    try:
        from colorization.photo.torch_network import TorchNetwork
    except ModuleNotFoundError as error:
        raise InputError(f"{path}: {NO_TORCH} ({error.name} is missing)") from None
    return TorchNetwork.of(path, device=device, threads=threads)


def on_processors(path: Path, device: str) -> bool:
    """Whether ONNX Runtime will run the network of a file without a GPU, as far as can be told without its import."""
    return path.suffix == onnx_file.SUFFIX and (device == "cpu" or (device == "auto" and not _has("onnxruntime-gpu")))


def _has(package: str) -> bool:
    from importlib import metadata  # a fortieth of a second, which a single photograph would wait for

    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True
