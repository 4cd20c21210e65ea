"""A running `colorize --serve` for the tests of its page, and a browser's page that notes every fault."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from conftest import hear_ctrl_c

SECONDS = 180_000  # milliseconds; the first photograph waits for the import of torch, long on a busy machine
READY = "#stage[aria-busy=false] #after[src]"  # the picture shows all that was asked for


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def start(cwd: Path, temporary: Path, port: int, **options) -> subprocess.Popen:
    """A server that answers already."""
    process = subprocess.Popen(
        [sys.executable, "-m", "colorization.command.main", "--serve", "--port", str(port)],
        cwd=cwd,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
        **options,
    )
    assert process.stdout.readline().startswith(f"http://127.0.0.1:{port} ")
    return process


@contextmanager
def serving(cwd: Path, temporary: Path):
    """The address of a running server."""
    port = free_port()
    process = start(cwd, temporary, port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        assert list(temporary.glob("colorize-*"))
        process.send_signal(signal.SIGINT)
        process.wait(30)
    assert not list(temporary.iterdir()), "an upload outlived the server"


@contextmanager
def browsing(chromium, address: str, **options):
    """The page, ready; fails on a console message, an uncaught error, or a request that leaves this machine.

    page.refused: statuses that the test provokes; Chromium's console tells of them.
    """
    context = chromium.new_context(accept_downloads=True, **options)
    page, faults = context.new_page(), []
    page.set_default_timeout(SECONDS)
    page.refused = set()
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    local = (address, "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(local) else faults.append(request.url))
    page.goto(address)
    page.wait_for_selector("#learned:not(:empty)")
    yield page
    context.close()
    provoked = [f"responded with a status of {status} " for status in page.refused]
    unexpected = [fault for fault in faults if not any(text in fault for text in provoked)]
    assert not unexpected, unexpected


def upload(page, *paths: Path) -> None:
    """Choose photographs, and wait for the first one's colours."""
    page.set_input_files("#files", [*paths])
    page.wait_for_selector(READY)


def downloaded(page, button: str, to: Path) -> str:
    """Click a button, save what it gives, and return the name that it suggests."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    download.value.save_as(to)
    return download.value.suggested_filename
