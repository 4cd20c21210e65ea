"""A download that resumes where it stopped, in this run or a later one, and never mixes two archives."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import requests
import urllib3
from tqdm import tqdm

from colorization.core.errors import InputError
from colorization.core.files import write_json
from colorization.sources.kaggle_client import answer, unreachable

SILENCE = 30.0  # seconds without data, or slower than SLOWEST, after which a connection counts as lost
SLOWEST = 1024  # bytes a second
PROGRESS = 1 << 20  # bytes; consecutive connections that bring less count as failures
WAITS = (1, 2, 4, 8, 16)  # seconds to wait after the first, second, … failure; after the last we give up
CHUNK = 1 << 20  # bytes per read


class Lost(Exception):
    """The connection ended too early, or its bytes do not continue ours."""


class Partial:
    """The bytes received so far of one archive, and its identity: validator, bytes, md5 (each may be None).

    At every moment the bytes on the disk are the start of the archive that the identity file names.
    """

    def __init__(self, folder: Path, handle: str):
        self.path, self.identity_path, self.handle = folder / "archive.zip", folder / "archive.json", handle
        self.received = 0  # bytes received in this run
        self.joined = False  # whether the bytes came over several connections
        self.identity = self._load()
        if not self.identity:
            self.forget()

    @property
    def known(self) -> dict:
        """The identity; it exists whenever bytes exist."""
        assert self.identity is not None
        return self.identity

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def restart(self, identity: dict) -> None:
        """Delete the bytes and start that archive from zero."""
        self.forget()
        self.identity = identity
        write_json(self.identity_path, {"handle": self.handle} | identity)

    def forget(self) -> None:
        self.identity, self.joined = None, False
        for path in (self.path, self.identity_path):  # in this order: bytes must never lack their identity
            path.unlink(missing_ok=True)

    def _load(self) -> dict | None:
        try:
            tree = json.loads(self.identity_path.read_text(encoding="utf-8"))
            known = {key: tree[key] for key in ("validator", "bytes", "md5")}
            return known if tree["handle"] == self.handle and known["validator"] else None
        except (FileNotFoundError, ValueError, KeyError, TypeError):  # missing or not ours: start from zero
            return None


def download(partial: Partial, locate: Callable[[], requests.PreparedRequest]) -> None:
    """Complete `partial`. Each connection asks `locate` for a fresh request, because a signed address expires.

    Raises InputError if the first contact fails, the connection is lost too often in a row, or the disk is full.
    """
    failures, best = 0, partial.size
    while True:
        try:
            return _receive(partial, locate())
        except (requests.RequestException, urllib3.exceptions.HTTPError, Lost) as error:
            if not (partial.received or isinstance(error, Lost)):
                raise unreachable(error) from None
            failures = 1 if partial.size >= best + PROGRESS else failures + 1
            best, reason = max(best, partial.size), str(error) if isinstance(error, Lost) else type(error).__name__
        except OSError as error:
            raise InputError(f"{partial.path}: {error.strerror}; {_kept(partial)}") from None
        if failures > len(WAITS):
            raise InputError(f"data.kaggle: connection lost {failures} times in a row ({reason}); {_kept(partial)}")
        print(f"connection lost at {partial.size:,} bytes ({reason}); retrying in {WAITS[failures - 1]} s", flush=True)
        time.sleep(WAITS[failures - 1])


def _kept(partial: Partial) -> str:
    return f"{partial.size:,} bytes are kept; run it again to continue"


def _receive(partial: Partial, request: requests.PreparedRequest) -> None:
    """Open one connection and append the missing bytes. Raises Lost if the archive is still incomplete."""
    offset = max(partial.size - 1, 0)  # ask for the last byte again: a complete archive needs a valid range too
    with _send(request, partial, offset) as response:
        if response.status_code == 416:
            partial.forget()
            raise Lost("the archive is now shorter")
        response.raise_for_status()
        identity = _identity(response)
        if response.status_code != 206:
            offset = 0
            partial.restart(identity)
        elif not _continues(response, identity, partial, offset):
            partial.forget()
            raise Lost("the archive has changed")
        else:
            partial.joined = True
        _append(partial, response, offset)
    if partial.known["bytes"] not in (None, partial.size):
        raise Lost("the answer was too short")


def _send(request: requests.PreparedRequest, partial: Partial, offset: int) -> requests.Response:
    request = request.copy()
    request.headers["Accept-Encoding"] = "identity"  # offsets count uncompressed bytes
    if partial.size and partial.known["validator"]:
        request.headers.update({"Range": f"bytes={offset}-", "If-Range": partial.known["validator"]})
    assert request.url is not None
    session = requests.Session()
    settings = session.merge_environment_settings(request.url, {}, True, None, None)  # proxies, certificates
    return answer(lambda: session.send(request, timeout=SILENCE, **settings))


def _identity(response: requests.Response) -> dict:
    """The identity of the archive in an answer, whole or partial."""
    headers = response.headers
    total = headers.get("Content-Length") or ""
    if response.status_code == 206:
        total = headers.get("Content-Range", "").partition("/")[2]
    md5 = re.search(r"md5=([\w+/=]+)", headers.get("x-goog-hash", ""))  # base64
    return {
        "validator": headers.get("ETag") or headers.get("Last-Modified"),
        "bytes": int(total) if total.isdigit() else None,
        "md5": md5[1] if md5 else None,
    }


def _continues(response: requests.Response, identity: dict, partial: Partial, offset: int) -> bool:
    """Whether a partial answer continues our bytes."""
    same = partial.identity and all(identity[key] == partial.identity[key] for key in ("validator", "bytes"))
    return bool(same) and response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")


def _append(partial: Partial, response: requests.Response, offset: int) -> None:
    total = partial.known["bytes"]
    free = shutil.disk_usage(partial.path.parent).free
    if total and 2 * total - offset > free:
        raise InputError(
            f"{partial.path}: the disk has {free:,} bytes free, and the archive and its photographs in data/raw need "
            f"{2 * total - offset:,}; free some space and run it again"
        )
    print(f"downloading {partial.handle} from byte {offset:,}" + (f" of {total:,}" if total else ""), flush=True)
    bar = tqdm(total=total, initial=offset, unit="B", unit_scale=True, desc="downloading", disable=None)
    with bar, open(partial.path, "ab") as file:
        file.truncate(offset)
        for chunk in _chunks(response.raw):
            file.write(chunk)
            partial.received += len(chunk)
            bar.update(len(chunk))


def _chunks(raw: urllib3.HTTPResponse) -> Iterator[bytes]:
    """The answer's bytes as they arrive. Raises Lost if they arrive slower than SLOWEST."""
    since, came = time.monotonic(), 0
    while chunk := raw.read1(CHUNK, decode_content=False):
        yield chunk
        came += len(chunk)
        if time.monotonic() - since > SILENCE:
            if came < SLOWEST * SILENCE:
                raise Lost(f"fewer than {SLOWEST} bytes a second")
            since, came = time.monotonic(), 0
