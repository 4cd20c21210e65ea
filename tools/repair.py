"""Remove half-written or damaged files that DVC does not notice or cannot read; dvc repro then makes them again.

Run it after dvc was killed, or after a disk was full or failed: python -m tools.repair
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
    """The folder of dvc's cache. This dvc command works even if dvc.lock or a lock file is damaged."""
    done = subprocess.run([sys.executable, "-m", "dvc", "cache", "dir"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"dvc cache dir: {one_line(done.stderr, 300)}")
    return Path(done.stdout.strip())


def is_as_named(path: Path) -> bool:
    """Whether a cached file matches the hash in its name."""
    return md5(path) == path.parent.name + path.name.removesuffix(".dir")


def is_run(path: Path) -> bool:
    """Whether a cached run of a stage lists its outputs; a truncated one stops dvc with: 'outs'."""
    return "outs" in (followed(path, COMPILED_LOCK_FILE_STAGE_SCHEMA) or {})


def is_lock(path: Path) -> bool:
    return followed(path, COMPILED_LOCKFILE_SCHEMA) is not None


def followed(path: Path, schema) -> dict | None:
    """The content of one of dvc's files, or None if it is truncated."""
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
    """Every file that dvc trusts, and whether it is whole."""
    for pattern, is_whole in (("files/md5/??/*", is_as_named), ("runs/??/*/*", is_run)):
        yield from ((path, is_whole(path)) for path in sorted(cache.glob(pattern)) if path.is_file())
    for path, is_whole in ((LOCK, is_lock), (Path(".dvc/tmp/rwlock"), is_json)):
        if path.exists():
            yield path, is_whole(path)


def bring_back(path: Path) -> None:
    """Restore the file of the last commit, if any. Dvc checks it, and takes missing stages from its cached runs."""
    command: list[str | Path] = ["git", "checkout", "--quiet", "HEAD", "--", path]
    if subprocess.run(command, capture_output=True, check=False).returncode == 0:
        print(f"restored {path} from the last commit")


def main():
    root = cache()
    files = list(found(root))
    damaged = [path for path, is_whole in files if not is_whole]
    for path in damaged:
        path.unlink()
        print(f"removed {path}: damaged")
    empty = [folder for folder in root.glob("runs/??/*") if not any(folder.iterdir())]
    for folder in empty:  # an empty folder of runs stops dvc with: join() argument must be …
        folder.rmdir()
        print(f"removed {folder}: empty")
    if LOCK in damaged:
        bring_back(LOCK)
    print(f"{len(files)} dvc files checked, {len(damaged)} damaged" + ("; run: dvc repro" if damaged or empty else ""))


if __name__ == "__main__":
    run(main)
