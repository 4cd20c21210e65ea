"""One thin script per stage of dvc.yaml: read the parameters, call the package, write the outputs.

A stage runs the package that stands beside it, not the installed one: `dvc exp run --temp` and the queue run copies. It
ends with the dvc that started it: a killed `dvc repro` leaves no training behind. It runs once at a time in a workspace.
And it reads nothing that is not what dvc recorded: dvc itself takes a damaged file of its cache for whole.
"""

import hashlib
import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
from colorization.lifetime import end_with_parent, hold  # of the package beside this one

# Of the processes that train together: torchrun counts those of all machines, Fabric's own start those of one.
FIRST = os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0")) == "0"


def end_with_dvc() -> None:
    end_with_parent(signal.SIGTERM)
    if "DVC_STAGE" in os.environ and os.getsid(os.getppid()) != os.getsid(0):  # dvc would be in our session
        sys.exit("error: the dvc that started this stage has ended")  # before we could ask the kernel


def tell(kind, error, trace) -> None:
    """Ctrl-C during the imports, which take seconds, is a line too; errors.run tells it of the rest."""
    if issubclass(kind, KeyboardInterrupt):
        print("interrupted; run it again to go on", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


def require_alone(command: list[str]) -> None:
    """End with a line when this very command runs in this workspace already: both would write the same files."""
    global lock  # held as long as this process lives
    path = Path(".dvc/tmp/stages") / (" ".join(command).replace("/", "_")[:200] + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = open(path, "w")
    except OSError as error:
        sys.exit(f"error: {path}: {error.strerror}; mend the disk or the permission and run it again")
    if not hold(lock):
        sys.exit(f"error: another process runs {' '.join(command)} here; wait for it or stop it")


def require_as_recorded(stage: str) -> None:
    """End with a line when an input that another stage made is not what dvc.lock says of it."""
    import yaml

    name, _, model = stage.partition("@")
    files = (Path("dvc.yaml"), Path("dvc.lock"))
    pipeline, made = (yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)["stages"] for file in files)
    recorded = {out["path"]: out["md5"] for entry in made.values() for out in entry.get("outs", [])}
    for path in (dep.replace("${item.model}", model) for dep in pipeline[name]["deps"]):
        if path in recorded and Path(path).exists() and md5(Path(path)) != recorded[path]:
            sys.exit(
                f"error: {path}: not as dvc recorded it; run: python -m stages.mend, which mends it, then dvc repro"
            )


def md5(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


if sys.argv[0] == "-m":  # run as a stage, and before the imports that take seconds
    sys.excepthook = tell
    if sys.platform == "linux":
        end_with_dvc()
    if Path(".dvc").is_dir() and FIRST:
        require_alone(sys.orig_argv[sys.orig_argv.index("-m") + 1 :])
if find_spec("pandas") is None:
    sys.exit(f"error: {sys.executable} lacks our packages; run make install, then source .venv/bin/activate")
if sys.argv[0] == "-m" and "DVC_STAGE" in os.environ and Path("dvc.lock").exists() and FIRST:
    require_as_recorded(os.environ["DVC_STAGE"])
