"""Run a stage: alone in its workspace, ended with the dvc that started it, on inputs that match dvc.lock."""

import hashlib
import inspect
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from colorization.core.errors import InputError, run
from colorization.core.process import ancestors, end_with_parent, hold

LOCKS = Path(".dvc/tmp/stages")


def run_stage(main: Callable[..., None]) -> None:
    """Run a stage's `main` with its command-line words. Bad input ends it with one line and exit status 1."""
    run(lambda: _guarded(main, sys.argv[1:]))


def _guarded(main: Callable[..., None], words: list[str]) -> None:
    name = f"stages.{Path(main.__code__.co_filename).stem}"
    command, parameters = " ".join([name, *words]), inspect.signature(main).parameters
    if len(words) != len(parameters):
        raise InputError(f"{command}: expected: python -m {' '.join([name, *map(str.upper, parameters)])}")
    _end_with_dvc()
    if not _is_first():
        main(*words)
        return
    lock = _require_alone(command) if Path(".dvc").is_dir() else None  # held until `del lock`
    if find_spec("pandas") is None:
        raise InputError(f"{sys.executable} lacks our packages; run make install, then source .venv/bin/activate")
    if "DVC_STAGE" in os.environ and Path("dvc.lock").exists():
        require_as_recorded(os.environ["DVC_STAGE"])
    main(*words)
    del lock


def _is_first() -> bool:
    """Whether this is the first of the processes that train together.

    torchrun sets RANK over all machines; Fabric sets LOCAL_RANK on one machine.
    """
    return os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0")) == "0"


def _end_with_dvc() -> None:
    """End this process when its `dvc repro` is killed. Linux only; elsewhere it does nothing."""
    if sys.platform != "linux":
        return
    end_with_parent(signal.SIGTERM)
    if "DVC_STAGE" in os.environ and _is_orphan():
        raise InputError("the dvc that started this stage has ended")  # before end_with_parent took effect


def _is_orphan() -> bool:
    """Whether a dvc runs stages in this workspace, but none such is among the processes above this one."""
    try:
        written = json.loads((Path(os.environ["DVC_ROOT"]) / ".dvc/tmp/rwlock").read_text("utf-8"))["write"].values()
        running = {entry["pid"] for entry in written}
        return bool(running) and running.isdisjoint(ancestors())
    except (KeyError, OSError, ValueError):  # ValueError: another dvc is writing it just now
        return False


def _require_alone(command: str):
    """Lock this command in this workspace. Raises InputError if another process holds the lock: both would write the
    same files.
    """
    path = LOCKS / (re.sub(r"[^\w. -]", "_", command)[:200] + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = open(path, "a")  # noqa: SIM115  (held until the process ends)
    if not hold(lock):
        raise InputError(f"another process is running {command} here; wait for it or stop it")
    return lock


def require_as_recorded(stage: str) -> None:
    """Raise InputError if an input that another stage wrote differs from dvc.lock. DVC trusts its cache unchecked."""
    for path, recorded in inputs(stage):
        if path.exists() and (tree_md5(path) if path.is_dir() else md5(path)) != recorded:
            raise InputError(
                f"{path}: differs from dvc.lock; run: python -m tools.repair, which repairs it, then dvc repro"
            )


def inputs(stage: str) -> Iterator[tuple[Path, str]]:
    """(path, md5 in dvc.lock) of every output of other stages that a stage depends on, by itself or in a folder."""
    import yaml

    name, _, model = stage.partition("@")
    files = (Path("dvc.yaml"), Path("dvc.lock"))
    pipeline, made = (yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)["stages"] for file in files)
    still = [entry for stage, entry in made.items() if stage.partition("@")[0] in pipeline]  # dvc keeps removed ones
    recorded = {Path(out["path"]): out["md5"] for entry in still for out in entry.get("outs", [])}
    deps = {Path(dep.replace("${item.model}", model)) for dep in pipeline[name]["deps"]}
    for path, digest in recorded.items():
        if not deps.isdisjoint([path, *path.parents]):
            yield path, digest


def md5(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def tree_md5(folder: Path) -> str:
    """The md5 that dvc records for a folder: the md5 of a JSON list of its files."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    entries = [{"md5": md5(folder / name), "relpath": name} for name in sorted(files, key=lambda name: name.split("/"))]
    text = json.dumps(entries, sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir"
