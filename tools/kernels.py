"""Kernels of kaggle.com, as scripts that run there: push one, ask for its state, and bring its output home."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import requests

from colorization.core.errors import InputError, one_line
from colorization.core.files import replacing
from colorization.sources import kaggle_client

GPU = "NvidiaTeslaT4"  # recent PyTorch has no code for the older P100
SECONDS = 60.0  # without data, after which a download counts as lost
CHUNK = 1 << 20
ADVICE = "see docs/kaggle.md, or run it again later"
REFUSALS = {
    "HTTP 401": "rejected the credentials",
    "HTTP 403": "denied access",
    "HTTP 404": "does not know it",
    "HTTP 429": "wants fewer requests",
}
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class State:
    """A kernel's state: one of QUEUED, RUNNING, COMPLETE, ERROR, CANCEL_REQUESTED, CANCEL_ACKNOWLEDGED; and why."""

    name: str
    why: str

    @property
    def ended(self) -> bool:
        return self.name not in ("QUEUED", "RUNNING", "NEW_SCRIPT", "CANCEL_REQUESTED")


def asked(subject: str, call: Callable[[], T]) -> T:
    """The answer of Kaggle's client. What it raises becomes one line about `subject`, without credentials."""
    try:
        with kaggle_client.silence():
            return kaggle_client.answer(call)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise InputError(f"{subject}: Kaggle cannot be reached ({type(error).__name__}); run it again later") from None
    except Exception as error:  # its text may quote a credential
        response = getattr(error, "response", None)
        code = f"HTTP {response.status_code}" if response is not None else type(error).__name__
        raise InputError(f"{subject}: Kaggle {REFUSALS.get(code, 'failed')} ({code}); {ADVICE}") from None


def owner() -> str:
    """The name of the account that the credentials belong to. Raises InputError without it."""

    def ask() -> str:
        from kaggle import api

        return api.config_values.get("username", "")

    if not (name := asked("account", ask)):
        raise InputError("account: Kaggle's client does not know your user name; set KAGGLE_USERNAME, or name --owner")
    return name


def push(kernel: str, script: str, *, dataset: str, before: str | None) -> str:
    """Push a script as a new version of `kernel` (owner/slug) and start it; returns its address.

    dataset: attached data set, owner/slug. before: the kernel whose output is attached, or None.
    Raises InputError if Kaggle refuses, such as without quota.
    """
    metadata = {
        "id": kernel, "title": kernel.split("/")[1].replace("-", " "), "code_file": "script.py", "language": "python",
        "kernel_type": "script", "is_private": True, "enable_gpu": True, "enable_internet": True,
        "machine_shape": GPU, "dataset_sources": [dataset], "kernel_sources": [before] if before else [],
    }  # fmt: skip

    def ask() -> Any:
        from kaggle import api

        return api.kernels_push(folder)

    with TemporaryDirectory() as folder:
        (Path(folder) / "script.py").write_text(script, encoding="utf-8")
        (Path(folder) / "kernel-metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        reply = asked(kernel, ask)
    faults = [reply.error, *(reply.invalid_dataset_sources or []), *(reply.invalid_kernel_sources or [])]
    if told := "; ".join(str(fault) for fault in faults if fault):
        raise InputError(f"{kernel}: Kaggle refused it ({one_line(told)})")
    return reply.url


def state(kernel: str) -> State:
    def ask() -> Any:
        from kaggle import api

        return api.kernels_status(kernel)

    reply = asked(kernel, ask)
    return State(name=reply.status.name, why=one_line(reply.failure_message or ""))


def bring(kernel: str, folder: Path) -> str:
    """Download the output of a kernel, page by page, into a folder; returns its log. A second call continues."""
    log, page = "", ""
    while True:
        reply = asked(kernel, partial(_page, kernel, page))
        log, page = log or reply.log or "", reply.next_page_token
        for one in reply.files or []:
            target = (folder / one.file_name).resolve()
            if folder.resolve() not in target.parents:
                told = one_line(one.file_name, 80)
                raise InputError(f"{kernel}: its output names a file outside of its folder ({told})")
            if not target.exists():
                _download(kernel, one.url, target)
        if not page:
            return log


def _page(kernel: str, page: str) -> Any:
    from kaggle import api
    from kagglesdk.kernels.types.kernels_api_service import ApiListKernelSessionOutputRequest

    request = ApiListKernelSessionOutputRequest()
    request.user_name, request.kernel_slug = kernel.split("/")
    request.page_token = page
    with api.build_kaggle_client() as client:
        return client.kernels.kernels_api_client.list_kernel_session_output(request)


def _download(kernel: str, address: str, target: Path) -> None:
    try:
        with requests.get(address, stream=True, timeout=SECONDS) as answer, replacing(target) as file:
            answer.raise_for_status()
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
            expected = answer.headers.get("Content-Length")
            if expected is not None and "Content-Encoding" not in answer.headers and file.tell() != int(expected):
                raise requests.ConnectionError("cut off")
    except requests.RequestException as error:
        told = f"the download of {target.name} failed ({type(error).__name__})"
        raise InputError(f"{kernel}: {told}; run it again to continue") from None
