"""HTTP for the page: who may ask, the request's body, and the answer's headers; `routes` finds the answer."""

import json
import shutil
import traceback
from collections.abc import Set
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from colorization.core.errors import InputError, out_of_memory
from colorization.page import routes
from colorization.page.album import CHUNK, UPLOAD, Gone

if TYPE_CHECKING:
    from colorization.page.server import Server

QUESTION = 2**20  # bytes of the largest JSON
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Handler(BaseHTTPRequestHandler):
    """Answers with a file of the page, a picture, a result, or JSON; an error is {"error": one line}.

    `left`: bytes of the request's body that are not read yet.
    """

    protocol_version, server_version, sys_version = "HTTP/1.1", "colorize", ""
    timeout = 60  # seconds without a byte
    server: "Server"

    def do_GET(self):
        self._answer()

    def do_POST(self):
        self._answer()

    def do_DELETE(self):
        self._answer()

    def log_message(self, *arguments):
        """Nothing: the names of photographs are private."""

    def _answer(self) -> None:
        self.left = 0
        try:
            self.left = length_of(self.headers)
            check_sender(self.headers, self.server.hosts, changes=self.command != "GET")
            address = urlsplit(self.path)
            routes.answer(self, self.command, address.path, dict(parse_qs(address.query)))
        except routes.Refused as error:
            self._fail(error.status, str(error))
        except Gone as error:
            self._fail(410, str(error))
        except InputError as error:
            self._fail(400, str(error))
        except ConnectionError:
            self.close_connection = True  # the browser has gone
        except Exception as error:
            if not out_of_memory(error):
                traceback.print_exc()
            memory = "not enough memory for this photograph; scale it down"
            self._fail(500, memory if out_of_memory(error) else "this failed; the terminal of colorize says why")

    def read(self, size: int) -> bytes:
        """At most `size` bytes of the request's body; fewer where it ends."""
        part = self.rfile.read(min(size, self.left))
        self.left = self.left - len(part) if part else 0
        return part

    def question(self) -> dict:
        """The request's JSON object. Raises InputError for anything else."""
        if self.left > QUESTION:
            raise routes.Refused(413, "a question this long is not answered")
        try:
            tree = json.loads(self.read(self.left))
        except (ValueError, RecursionError):
            tree = None
        if not isinstance(tree, dict):
            raise InputError("expected a JSON object")
        return tree

    def tell(self, tree: dict, status: int = 200) -> None:
        self.send(json.dumps(tree).encode(), "application/json", {}, status)

    def send(self, content: bytes, kind: str, extra: dict[str, str], status: int = 200) -> None:
        self._head(status, kind, len(content), extra)
        self.wfile.write(content)

    def send_file(self, path: Path, name: str) -> None:
        """A file to download; name: for the user's disk."""
        with open(path, "rb") as file:
            disposition = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
            self._head(200, "application/octet-stream", path.stat().st_size, disposition)
            shutil.copyfileobj(file, self.wfile, CHUNK)

    def _head(self, status: int, kind: str, length: int, extra: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(length), **extra}.items():
            self.send_header(key, value)
        self.end_headers()

    def _fail(self, status: int, told: str) -> None:
        try:
            if self.left > UPLOAD:
                self.close_connection = True
            while 0 < self.left <= UPLOAD:  # a browser reads the answer when it has sent everything
                self.read(CHUNK)
            self.tell({"error": told}, status)
        except OSError:
            self.close_connection = True


def length_of(headers) -> int:
    """The length of a request's body. Raises Refused for one that is not told in plain digits."""
    told = headers.get("Content-Length", "0")
    if headers.get("Transfer-Encoding") or not (told.isascii() and told.isdecimal() and len(told) < 16):
        raise routes.Refused(411, "the length of the request is missing")
    return int(told)


def check_sender(headers, hosts: Set[str], *, changes: bool) -> None:
    """Refuse a browser that another site's page has sent here.

    A site whose name is bound to this machine's address (DNS rebinding) shows in the Host; only addresses and our own
    names pass. A form or script of another site shows in the Origin, which browsers send with every request that
    `changes` something.
    """
    host = headers.get("Host", "")
    name = (_hostname(host) or "").lower()
    if name not in hosts and not _is_address(name):
        raise routes.Refused(403, "this page has another name; open the address that colorize printed")
    origin = headers.get("Origin")
    if changes and origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        raise routes.Refused(403, "another site may not ask this page")
    if changes and headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise routes.Refused(403, "another site may not ask this page")


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
