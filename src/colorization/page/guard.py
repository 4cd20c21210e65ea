"""Who may ask the page's server, how long a request may be, and the headers of every answer: ASGI around the page's."""

from collections.abc import Set
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from colorization.page.album import UPLOAD

POLICY = (
    "default-src 'none'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = [
    (b"Content-Security-Policy", POLICY.encode()),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
    (b"Referrer-Policy", b"no-referrer"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Cache-Control", b"no-store"),
    (b"Server", b"colorize"),
]
CLOSE = (b"Connection", b"close")
READING = ("GET", "HEAD")  # they change nothing


class Refused(Exception):
    """A request that is answered with a status and one line."""

    def __init__(self, status: int, told: str):
        super().__init__(told)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Hosts:
    """The names in lower case that a browser may call this server by: its own, and those that its user allows."""

    own: Set[str]
    allowed: Set[str]


class Guard:
    """Answers with an application, or refuses."""

    def __init__(self, app: ASGIApp, hosts: Hosts):
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app, headers, extra = self.app, Headers(scope=scope), HEADERS
        try:
            if length_of(headers) > UPLOAD:  # nobody reads it to its end
                extra = [*HEADERS, CLOSE]
            check_sender(headers, self.hosts, changes=scope["method"] not in READING)
        except Refused as error:
            app = told(error.status, str(error))

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await app(scope, receive, sent)


def told(status: int, line: str) -> JSONResponse:
    """An error, as the page reads it."""
    return JSONResponse({"error": line}, status)


def length_of(headers: Headers) -> int:
    """The length of a request's body. Raises Refused for one that is not told in plain digits."""
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not (length.isascii() and length.isdecimal() and len(length) < 16):
        raise Refused(411, "the length of the request is missing")
    return int(length)


def check_sender(headers: Headers, hosts: Hosts, *, changes: bool) -> None:
    """Refuse a browser that another site's page has sent here.

    A site whose name is bound to this machine's address (DNS rebinding) shows in the Host; only addresses and the
    names of `hosts` pass. A form or script of another site shows in the Origin, which browsers send with every request
    that `changes` something; a proxy may pass on another Host than the allowed one that the Origin has.
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    name = _name(f"//{host}")
    if name not in hosts.own | hosts.allowed and not _is_address(name):
        raise Refused(403, f"this page has another name; open the address that colorize printed, or {_allow(name)}")
    if not changes:
        return
    same = origin is None or urlsplit(origin).netloc.lower() == host.lower() or _name(origin) in hosts.allowed
    if not same or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "another site may not ask this page")


def _allow(name: str) -> str:
    plain = bool(name) and name.isascii() and name.replace("-", "").replace(".", "").isalnum()
    return f"start colorize --serve with --allow-host {name if plain else 'NAME'}"


def _name(address: str) -> str:
    """The host of an address, in lower case; "" if it is none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
