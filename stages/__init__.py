"""One thin script per stage of dvc.yaml: read the parameters, call the package, write the outputs.

A stage runs the package that stands beside it, not the installed one: `dvc exp run --temp` and the queue run copies.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
if find_spec("pandas") is None:
    sys.exit(f"error: {sys.executable} lacks our packages; run make install, then source .venv/bin/activate")
