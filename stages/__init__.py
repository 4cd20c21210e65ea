"""One thin script per stage of dvc.yaml: read the parameters, call the package, write the outputs.

Each imports the package inside its `main`, so that the checks before it answer at once.
"""

import sys
from collections.abc import Callable
from pathlib import Path


def run_stage(main: Callable[..., None]) -> None:
    """Run a stage with the package beside it, not the installed one: `dvc exp run --temp` and the queue use copies."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
    from colorization.core import stage

    stage.run_stage(main)
