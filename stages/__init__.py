"""One thin script per stage of dvc.yaml: read the parameters, call the package, write the outputs.

A stage runs the package that stands beside it, not the installed one: `dvc exp run --temp` and the queue run copies. It
ends with the dvc that started it: a killed `dvc repro` leaves no training behind.
"""

import ctypes
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h: a signal to this process when its parent dies

if sys.argv[0] == "-m" and sys.platform == "linux":  # run as a stage, and before the imports that take seconds
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
if find_spec("pandas") is None:
    sys.exit(f"error: {sys.executable} lacks our packages; run make install, then source .venv/bin/activate")
