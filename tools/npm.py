"""Install the npm packages that tools/try/package-lock.json pins, with the hashes of their files."""

import shutil
import subprocess
from pathlib import Path

from colorization.core.errors import InputError, one_line
from colorization.core.files import locked
from colorization.photo.catalog import CHECKOUT

PINS = CHECKOUT / "tools/try"
FILES = ("package.json", "package-lock.json")
INSTALLED = CHECKOUT / ".tools/npm"
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")


def packages() -> Path:
    """The folder of the installed packages. Raises InputError if npm is missing or fails."""
    with locked(INSTALLED, "another process installs npm's packages"):
        if not up_to_date():
            _install()
    return INSTALLED / "node_modules"


def up_to_date() -> bool:
    """Whether the last installation ended well, and was of these pins: they are copied last."""
    return all(
        (INSTALLED / "done" / name).is_file() and (INSTALLED / "done" / name).read_bytes() == (PINS / name).read_bytes()
        for name in FILES
    )


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise InputError("npm is missing; install Node.js 18 or newer, which has it")
    shutil.rmtree(INSTALLED / "done", ignore_errors=True)
    for name in FILES:
        shutil.copyfile(PINS / name, INSTALLED / name)
    done = subprocess.run(
        [npm, "ci", *QUIET], cwd=INSTALLED, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "complete log" not in line]
        told = one_line(" ".join(lines).replace("npm error", ""), 160)
        raise InputError(f"npm ci failed, is the network there? ({told})")
    (INSTALLED / "done").mkdir()
    for name in FILES:
        shutil.copyfile(PINS / name, INSTALLED / "done" / name)
