"""Mount a full or read-only file system on a folder; for use in a private mount namespace."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from chaos import processes

SIZE = 256 << 20  # bytes of each file system: several times the size of a study
PAGE = 4096  # bytes; tmpfs allocates whole pages


def mount(*words: object) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


@contextmanager
def own_disk(folder: Path):
    """Move the folder's content to a separate file system; move it back afterwards."""
    away = folder.with_name(folder.name + ".away")
    shutil.copytree(folder, away, symlinks=True)
    mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder)
    try:
        shutil.copytree(away, folder, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(away)
        yield folder
        shutil.copytree(folder, away, symlinks=True)
    finally:
        processes.end_all(folder)
        subprocess.run(["umount", "--lazy", folder], check=True)
    shutil.copytree(away, folder, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(away)


def free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@contextmanager
def filled(folder: Path, left: int):
    """Fill the folder's file system until the given number of bytes is free, rounded to a page."""
    ballast = folder / "ballast.part"
    with open(ballast, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max((free(folder) - left) // PAGE, 1) * PAGE)
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def read_only(folder: Path):
    mount("--bind", folder, folder)
    mount("-o", "remount,bind,ro", folder)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
