"""Run our programs as on another desk: on Linux under the simulation of elsewhere/, on another system as they are."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

SIMULATION = Path(__file__).parent / "elsewhere"
SIMULATED = sys.platform == "linux"


def environment() -> dict[str, str]:
    paths = [*([str(SIMULATION)] if SIMULATED else []), str(ROOT), str(ROOT / "src")]
    return {"DESK": "win32"} | os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "cp1252:strict"}


def start(*arguments: object, folder: Path) -> subprocess.Popen:
    """Python with these arguments, in a folder."""
    command = [sys.executable, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=environment(), text=True, encoding="cp1252", **pipes)


def run(*arguments: object, folder: Path) -> tuple[int, str, str]:
    """Python with these arguments, in a folder: exit status, stdout, stderr."""
    process = start(*arguments, folder=folder)
    output = process.communicate(timeout=500)
    return process.returncode, *output


def colorize(*arguments: object, folder: Path) -> tuple[int, str, str]:
    return run("-m", "colorization.command.main", *arguments, folder=folder)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
