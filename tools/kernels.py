"""Kernels of kaggle.com, as scripts that run there: push one, ask for its state, and bring its output home."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from colorization.core.errors import InputError, one_line
from colorization.core.files import replacing
from colorization.sources import kaggle_client

GPU = "NvidiaTeslaT4"  # recent PyTorch has no code for the older P100
SECONDS = 60.0  # without data, after which a download counts as lost
CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class State:
    """A kernel's state: one of QUEUED, RUNNING, COMPLETE, ERROR, CANCEL_REQUESTED, CANCEL_ACKNOWLEDGED; and why."""

    name: str
    why: str

    @property
    def ended(self) -> bool:
        return self.name not in ("QUEUED", "RUNNING", "NEW_SCRIPT", "CANCEL_REQUESTED")


@contextlib.contextmanager
def asking(subject: str) -> Iterator[None]:
    """What a request to Kaggle can raise becomes one line about `subject`, without credentials or signed addresses."""
    try:
        with kaggle_client.deadline(), kaggle_client.silence():
            yield
    except (requests.ConnectionError, requests.Timeout) as error:
        raise InputError(f"{subject}: Kaggle cannot be reached ({type(error).__name__}); run it again later") from None
    except InputError:
        raise
    except Exception as error:  # its text may quote a credential
        response = getattr(error, "response", None)
        code = f"HTTP {response.status_code}" if response is not None else type(error).__name__
        told = {"HTTP 401": "rejected the credentials", "HTTP 403": "denied access", "HTTP 404": "does not know it",
                "HTTP 429": "wants fewer requests"}.get(code, "failed")  # fmt: skip
        raise InputError(f"{subject}: Kaggle {told} ({code}); see docs/kaggle.md, or run it again later") from None


def owner() -> str:
    """The name of the account that the credentials belong to. Raises InputError without it."""
    with asking("account"):
        from kaggle import api

        name = api.config_values.get("username", "")
    if not name:
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
    with TemporaryDirectory() as folder:
        (Path(folder) / "script.py").write_text(script, encoding="utf-8")
        (Path(folder) / "kernel-metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        with asking(kernel):
            from kaggle import api

            answer = api.kernels_push(folder)
    faults = [answer.error, *(answer.invalid_dataset_sources or []), *(answer.invalid_kernel_sources or [])]
    if told := "; ".join(str(fault) for fault in faults if fault):
        raise InputError(f"{kernel}: Kaggle refused it ({one_line(told)})")
    return answer.url


def state(kernel: str) -> State:
    with asking(kernel):
        from kaggle import api

        answer = api.kernels_status(kernel)
    return State(name=answer.status.name, why=one_line(answer.failure_message or ""))


def bring(kernel: str, folder: Path) -> str:
    """Download the output of a kernel, page by page, into a folder; returns its log. A second call continues."""
    log, page = "", ""
    while True:
        with asking(kernel):
            answer = _page(kernel, page)
            found = [(one.file_name, one.url) for one in answer.files or [] if one is not None]
            log, page = log or answer.log or "", answer.next_page_token
        for name, address in found:
            target = (folder / name).resolve()
            if folder.resolve() not in target.parents:
                raise InputError(f"{kernel}: its output names a file outside of its folder ({one_line(name, 80)})")
            if not target.exists():
                _download(kernel, address, target)
        if not page:
            return log


def _page(kernel: str, page: str):
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
