"""Where the page's server listens, the addresses that open it, and the names that a browser may call it by."""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from colorization.core.errors import InputError
from colorization.page.guard import Hosts

ANYWHERE = {"0.0.0.0": "192.0.2.1", "::": "2001:db8::1"}  # all of a machine's addresses: an address that is nobody's
NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*\.?", re.ASCII)


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens. Raises InputError if it cannot, as for a port in use."""
    six = ":" in host
    both = host == "::" and socket.has_dualstack_ipv6()
    try:
        taken = socket.create_server(
            (host, port), family=socket.AF_INET6 if six else socket.AF_INET, dualstack_ipv6=both
        )
    except OSError as error:
        raise InputError(
            f"{host}:{port}: cannot be served ({error.strerror or error}); name another port with --port"
        ) from None
    with taken:
        yield taken


def named(host: str, port: int) -> list[str]:
    """Lines with the addresses that open the page: this machine's first."""
    here = "127.0.0.1" if host in ANYWHERE else host
    lines = [f"http://{_bracketed(here)}:{port}  (Ctrl-C stops it)"]
    if host in ANYWHERE:
        lines.append(f"http://{_bracketed(outward(host))}:{port}  (from other machines in your network)")
    return lines


def outward(host: str) -> str:
    """The address by which the network knows this machine, or its name. A UDP socket's connect sends nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asked:
        asked.connect((ANYWHERE[host], 9))
        return str(asked.getsockname()[0])
    return socket.gethostname()


def names(host: str, allowed: Sequence[str]) -> Hosts:
    """The names of a server on a host; a machine is NAME.local to its network, too. Raises InputError for a bad one."""
    for name in allowed:
        if not NAME.fullmatch(name.lower()):
            raise InputError(f"--allow-host {name}: expected a name such as nas.example.org, without http:// and port")
    own = socket.gethostname().lower()
    return Hosts(
        own=frozenset({"localhost", host.lower(), own, f"{own}.local"}),
        allowed=frozenset(name.lower() for name in allowed),
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
