"""One thin script per stage of dvc.yaml: read the parameters, call the package, write the outputs.

A stage runs the package that stands beside it, not the installed one: `dvc exp run --temp` and the queue run copies.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
