"""The server of `colorize --serve`: a local page to colour photographs, and to give hints by clicking.

By default it listens on this machine only. It requests nothing from the network. Uploads lie in a temporary folder;
they are deleted when nobody has looked at them for a while, and when the server stops.
"""

import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import HTTPServer, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer

from colorization.core.errors import InputError
from colorization.page.album import KEPT, Album
from colorization.page.handler import Handler
from colorization.page.painting import Painter, loaded, models

PREFIX = "colorize-"  # of the temporary folder's name, before the number of its process
ANYWHERE = ("0.0.0.0", "::")  # addresses that stand for all of a machine's


class Server(ThreadingHTTPServer):
    """Answers each request in a thread of its own; hosts: the names that a browser may call this machine by."""

    daemon_threads = True

    def __init__(self, host: str, port: int, painter: Painter):
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.painter, self.hosts = painter, {"localhost", host.lower(), socket.gethostname().lower()}
        super().__init__((host, port), Handler)

    def server_bind(self):
        TCPServer.server_bind(self)  # HTTPServer's would ask the name server for our name
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # an OSError: the browser has closed the connection


def serve(*, host: str = "127.0.0.1", port: int = 7860, device: str = "auto") -> None:
    """Serve the page until a signal ends the process. Raises InputError without a model, or if the port is in use."""
    best = models()["default"]
    sweep(Path(tempfile.gettempdir()))
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # the block below then deletes the uploads
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), lambda *_: sys.exit(1))
    with suppress(SystemExit), uploads() as folder:
        album = Album(folder)
        try:
            server: HTTPServer = Server(host, port, Painter(album, device=device))
        except OSError as error:
            raise InputError(f"{host}:{port}: cannot be served ({error}); name another port with --port") from None
        named = "127.0.0.1" if host in ANYWHERE else f"[{host}]" if ":" in host else host
        print(f"http://{named}:{port}  (Ctrl-C stops it)", flush=True)
        for work in (lambda: forget(album), lambda: warm(best, device)):
            threading.Thread(target=work, daemon=True).start()
        with server:
            server.serve_forever()
    os._exit(1)  # a plain exit takes torch away from threads that compute, which aborts with a message


@contextmanager
def uploads() -> Iterator[Path]:
    """A temporary folder, named after this process, that is deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    try:
        yield folder
    finally:
        for _ in range(10):  # a thread may be writing to it
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)


def sweep(folder: Path) -> None:
    """Delete the uploads of servers that were killed: folders named after a process that has ended."""
    for left in folder.glob(f"{PREFIX}*"):
        number = left.name.removeprefix(PREFIX).split("-")[0]
        if number.isdecimal() and not Path(f"/proc/{number}").exists() and Path("/proc/self").exists():
            shutil.rmtree(left, ignore_errors=True)


def forget(album: Album) -> None:
    """Delete old photographs, again and again until the folder is gone."""
    while album.folder.is_dir():
        album.forget()
        time.sleep(KEPT / 10)


def warm(model: str, device: str) -> None:
    """Load the model before the first photograph comes; what fails here is told when one comes."""
    with suppress(InputError):
        loaded(model, device)
