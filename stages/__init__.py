"""One thin script per stage of dvc.yaml: read the parameters, call the package, write the outputs.

A stage runs the package that stands beside it, not the installed one: `dvc exp run --temp` and the queue run copies. It
ends with the dvc that started it: a killed `dvc repro` leaves no training behind.
"""

import ctypes
import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h: a signal to this process when its parent dies


def end_with_dvc() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if "DVC_STAGE" in os.environ and os.getsid(os.getppid()) != os.getsid(0):  # dvc would be in our session
        sys.exit("error: the dvc that started this stage has ended")  # before we could ask the kernel


def tell(kind, error, trace) -> None:
    """Ctrl-C during the imports, which take seconds, is a line too; errors.run tells it of the rest."""
    if issubclass(kind, KeyboardInterrupt):
        print("interrupted; run it again to go on", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


if sys.argv[0] == "-m":  # run as a stage, and before the imports that take seconds
    sys.excepthook = tell
    if sys.platform == "linux":
        end_with_dvc()
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
if find_spec("pandas") is None:
    sys.exit(f"error: {sys.executable} lacks our packages; run make install, then source .venv/bin/activate")
