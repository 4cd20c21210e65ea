"""The server of `colorize --serve`: a local page to colour photographs, and to give hints by clicking.

By default it listens on this machine only. It requests nothing from the network. Uploads lie in a temporary folder;
they are deleted when nobody has looked at them for a while, and when the server stops.
"""

import logging
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from uvicorn import Config, Server

from colorization.core.errors import InputError
from colorization.page.addresses import listening, named, names
from colorization.page.album import Album
from colorization.page.app import application
from colorization.page.folders import KEPT
from colorization.page.painting import Painter, loaded, models

PREFIX = "colorize-serve-"  # of the temporary folder's name, before the number of its process
NAME = re.compile(PREFIX + r"([0-9]+)-[a-z0-9_]{8}")  # as mkdtemp ends it
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # Windows lacks the third, all others the last
GRACE = 1  # seconds that answers have to end when the server stops
IDLE = 60  # seconds until a connection without requests is closed


def serve(*, host: str = "127.0.0.1", port: int = 7860, device: str = "auto", allowed: Sequence[str] = ()) -> None:
    """Serve the page until a signal ends the process. allowed: names of this machine or its proxy.

    Raises InputError without a model, if the port is in use, and for a bad name.
    """
    hosts, best = names(host, allowed), models()["default"]
    sweep(Path(tempfile.gettempdir()))
    on_signals(lambda *_: sys.exit(1))
    with suppress(SystemExit), uploads() as folder:
        album = Album(folder)
        with listening(host, port) as taken:
            server = quiet_server(application(Painter(album, device=device), hosts))
            print("\n".join(named(host, port)), flush=True)
            for work in (lambda: forget(album), lambda: warm(best, device, server)):
                threading.Thread(target=work, daemon=True).start()
            server.run(sockets=[taken])
    os._exit(1)  # a plain exit takes torch away from threads that compute, which aborts with a message


def on_signals(act) -> None:
    """Call `act` for the signals that end a process; the block around it then deletes the uploads."""
    for name in SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), act)


def quiet_server(app) -> Server:
    """A server that a signal stops. It logs errors only: the names of photographs are private."""
    server = Server(
        Config(
            app,
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=GRACE,
        )
    )

    def stop(*_) -> None:
        server.should_exit = True

    server.config.load()
    on_signals(stop)
    for name in ("uvicorn.error", "asyncio"):  # what a stop cuts off is no error
        logging.getLogger(name).addFilter(lambda _: not server.should_exit)
    return server


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
    """Delete the uploads of servers that were killed: folders named as theirs after a process that has ended."""
    for left in folder.glob(f"{PREFIX}*"):
        found = NAME.fullmatch(left.name)
        if found and not runs(int(found[1])):
            shutil.rmtree(left, ignore_errors=True)


def runs(number: int) -> bool:
    """Whether the process of a number runs."""
    if sys.platform == "win32":
        import ctypes

        QUERY, DENIED = 0x1000, 5  # PROCESS_QUERY_LIMITED_INFORMATION; ERROR_ACCESS_DENIED
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        handle = kernel.OpenProcess(QUERY, False, number)
        return bool(handle and kernel.CloseHandle(handle)) or ctypes.get_last_error() == DENIED
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        return True
    return True


def forget(album: Album) -> None:
    """Delete old photographs, again and again until the folder is gone."""
    while album.folder.is_dir():
        with suppress(OSError):  # of one file; the others wait for the next turn
            album.forget()
        time.sleep(KEPT / 10)


def warm(model: str, device: str, server: Server) -> None:
    """Load the model before the first photograph comes, but after the page; failures are told with a photograph."""
    while not server.started:
        time.sleep(0.02)
    with suppress(InputError):
        loaded(model, device)
