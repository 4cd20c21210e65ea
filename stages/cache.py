"""Remove what is damaged in DVC's cache, which DVC itself never looks at: dvc repro then makes it anew.

Run by hand, as after a disk that was full or failed; no stage of dvc.yaml: python -m stages.cache
"""

import subprocess
import sys
from pathlib import Path

import yaml

from colorization.errors import InputError, run
from stages import md5


def cache() -> Path:
    done = subprocess.run([sys.executable, "-m", "dvc", "cache", "dir"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"dvc cache dir: {' '.join(done.stderr.split())[:300]}")
    return Path(done.stdout.strip())


def is_whole(path: Path) -> bool:
    """Whether a kept file has the content that it is named after."""
    return md5(path) == path.parent.name + path.name.removesuffix(".dir")


def is_whole_run(path: Path) -> bool:
    """Whether a kept run of a stage says what came of it; one that breaks off before stops dvc with: 'outs'."""
    try:
        entry = yaml.safe_load(path.read_bytes())
    except yaml.YAMLError:
        return False
    return isinstance(entry, dict) and {"cmd", "outs"} <= entry.keys()


def main():
    root = cache()
    kept = [path for path in (root / "files/md5").glob("??/*") if path.is_file()]
    runs = [path for path in (root / "runs").glob("??/*/*") if path.is_file()]
    damaged = [path for path in kept if not is_whole(path)] + [path for path in runs if not is_whole_run(path)]
    for path in damaged:
        path.unlink()
        print(f"removed {path}: damaged")
    print(f"{len(kept)} files, {len(runs)} runs, {len(damaged)} damaged" + ("; run: dvc repro" if damaged else ""))


if __name__ == "__main__":
    run(main)
