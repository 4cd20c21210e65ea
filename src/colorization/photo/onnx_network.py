"""A network run by ONNX Runtime: for exported models."""

import os
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from colorization.core.errors import InputError, one_line
from colorization.core.process import processors
from colorization.models.common import onnx_file
from colorization.models.common.description import DAMAGED
from colorization.photo.network import NO_FEATURES

CUDA = "CUDAExecutionProvider"
FEATURES = ["features_8", "features_16"]  # outputs after the first one, see `export.network`


class OnnxNetwork:
    """A network of `colorization.export` as a `network.Network`.

    device: "auto" (CUDA if this ONNX Runtime can use it), "cpu", "cuda" or "cuda:1".
    """

    def __init__(self, path: Path, *, device: str, threads: int):
        try:
            model, _ = onnx_file.read_model(path)
            self._open(model, device, threads)
        except (*DAMAGED, RecursionError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path}: damaged, or not a model of this version ({one_line(error, 120)})") from None

    @classmethod
    def of(cls, model: bytes) -> "OnnxNetwork":
        """The network of an exported model, on all processors. Raises ValueError if it is damaged."""
        network = cls.__new__(cls)
        network._open(model, "cpu", processors())
        return network

    def _open(self, model: bytes, device: str, threads: int) -> None:
        self._session = _session(model, _providers(device), threads)
        inputs = [each.name for each in self._session.get_inputs()]
        if inputs not in (["L"], ["L", "known"]):
            raise ValueError(f"it takes {', '.join(inputs)}")
        outputs = [each.name for each in self._session.get_outputs()]
        self._ab, self.takes_hints, self.takes_references = outputs[:1], len(inputs) == 2, outputs[1:] == FEATURES

    def colorize(self, L, known):
        return self._run(self._ab, L, known)[0]

    def described(self, L):
        if not self.takes_references:
            raise InputError(NO_FEATURES)
        ab, *features = self._run([*self._ab, *FEATURES], L, None)
        return ab, features

    def _run(self, outputs, L, known):
        inputs = {"L": L[None, None]}
        if self.takes_hints:
            inputs["known"] = np.zeros((1, 3, *L.shape), np.float32) if known is None else known[None]
        return [found[0] for found in self._session.run(outputs, inputs)]

    def samples(self, L, count):
        raise InputError("--samples: an .onnx file gives one result only; name the VAE's .safetensors file")


def runtime() -> ModuleType:
    """ONNX Runtime, silent: it reports nothing about its use to its makers, as it does otherwise from its import on."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    os.environ.setdefault("ORT_LOGGING_LEVEL", "4")  # we report its errors ourselves, in one line each
    import onnxruntime

    return onnxruntime


def _providers(device: str) -> list:
    """ONNX Runtime's providers for a device. Raises InputError if the device is missing."""
    has_cuda = CUDA in runtime().get_available_providers()
    if device == "cpu" or (device == "auto" and not has_cuda):
        return ["CPUExecutionProvider"]
    if not (named := re.fullmatch(r"auto|cuda(?::(\d{1,3}))?", device)):
        raise InputError(f"device {device}: not available for .onnx files; use cpu or cuda, or leave it out")
    if not has_cuda:
        told = "not available: this ONNX Runtime has no CUDA; install onnxruntime-gpu in place of onnxruntime"
        raise InputError(f"device {device}: {told}, or use cpu")
    return [(CUDA, {"device_id": named[1] or "0"}), *(["CPUExecutionProvider"] if device == "auto" else [])]


def _session(model: bytes, providers: list, threads: int) -> Any:
    """Raises ValueError for a model that ONNX Runtime refuses, and InputError if it cannot use the GPU."""
    onnxruntime = runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the threads that paint need the cores
    try:
        session = onnxruntime.InferenceSession(model, options, providers=providers)
    except Exception as error:  # its classes of errors have no common base
        raise ValueError(one_line(error, 200)) from None
    if len(providers) == 1 and session.get_providers()[0] != (providers[0] if isinstance(providers[0], str) else CUDA):
        raise InputError("device cuda: not available: ONNX Runtime cannot load its CUDA libraries; use cpu")
    return session
