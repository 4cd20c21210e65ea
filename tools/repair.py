"""Remove what DVC left half written or damaged, and does not see or cannot read: dvc repro then makes it anew.

For after dvc was killed, or a disk was full or failed: python -m tools.repair
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from dvc.schema import COMPILED_LOCK_FILE_STAGE_SCHEMA, COMPILED_LOCKFILE_SCHEMA
from voluptuous import Invalid

from colorization.core.errors import InputError, one_line, run
from colorization.core.stage import md5

LOCK = Path("dvc.lock")


def cache() -> Path:
    """The folder of dvc's cache. This command of dvc's minds no dvc.lock or lock file that it cannot read."""
    done = subprocess.run([sys.executable, "-m", "dvc", "cache", "dir"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"dvc cache dir: {one_line(done.stderr, 300)}")
    return Path(done.stdout.strip())


def is_as_named(path: Path) -> bool:
    """Whether a kept file has the content that it is named after."""
    return md5(path) == path.parent.name + path.name.removesuffix(".dir")


def is_run(path: Path) -> bool:
    """Whether a kept run of a stage says what came of it; one that breaks off before stops dvc with: 'outs'."""
    return "outs" in (followed(path, COMPILED_LOCK_FILE_STAGE_SCHEMA) or {})


def is_lock(path: Path) -> bool:
    return followed(path, COMPILED_LOCKFILE_SCHEMA) is not None


def followed(path: Path, schema) -> dict | None:
    """A file of dvc's, or None where it breaks off."""
    try:
        return schema(yaml.load(path.read_bytes(), yaml.CSafeLoader))
    except (yaml.YAMLError, Invalid):
        return None


def is_json(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except ValueError:
        return False


def found(cache: Path) -> Iterator[tuple[Path, bool]]:
    """Every file that dvc trusts, and whether it may."""
    for pattern, is_whole in (("files/md5/??/*", is_as_named), ("runs/??/*/*", is_run)):
        yield from ((path, is_whole(path)) for path in sorted(cache.glob(pattern)) if path.is_file())
    for path, is_whole in ((LOCK, is_lock), (Path(".dvc/tmp/rwlock"), is_json)):
        if path.exists():
            yield path, is_whole(path)


def bring_back(path: Path) -> None:
    """The last commit's, if there is one: dvc checks what it says, and takes what it lacks from the runs it kept."""
    command: list[str | Path] = ["git", "checkout", "--quiet", "HEAD", "--", path]
    if subprocess.run(command, capture_output=True, check=False).returncode == 0:
        print(f"brought back {path} of the last commit")


def main():
    root = cache()
    files = list(found(root))
    damaged = [path for path, is_whole in files if not is_whole]
    for path in damaged:
        path.unlink()
        print(f"removed {path}: damaged")
    empty = [folder for folder in root.glob("runs/??/*") if not any(folder.iterdir())]
    for folder in empty:  # of a stage's runs; dvc stops there with: join() argument must be …
        folder.rmdir()
        print(f"removed {folder}: empty")
    if LOCK in damaged:
        bring_back(LOCK)
    print(f"{len(files)} files of dvc's, {len(damaged)} damaged" + ("; run: dvc repro" if damaged or empty else ""))


if __name__ == "__main__":
    run(main)
