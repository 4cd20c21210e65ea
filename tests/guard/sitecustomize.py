"""Every Python that the tests start imports this file. It refuses and logs connections to other machines.

conftest puts this folder on PYTHONPATH, sets NETWORK_LOG to the log file, and fails a test that wrote to it.
"""

import os
import platform
import sys

ASKS = {"socket.connect", "socket.sendto", "socket.sendmsg"}  # (socket, address)
NAMES = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}  # (name, …)
LOCAL = ("", "localhost", "::", "::1", "0.0.0.0", platform.node())


def refuse(event: str, arguments: tuple) -> None:
    """An audit hook (PEP 578), which also covers C code."""
    if event in ASKS:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""  # a string is the path of a Unix socket
    elif event in NAMES:
        host = arguments[0] or ""
    else:
        return
    host = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    log = os.environ.get("NETWORK_LOG")
    if log and host not in LOCAL and not host.startswith("127."):
        with open(log, "a") as file:
            file.write(f"{event} {host} by {' '.join(sys.orig_argv)[:200]!r}\n")
        raise OSError(f"the tests may not ask {host}")


sys.addaudithook(refuse)
