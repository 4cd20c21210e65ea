"""Benchmarks: speed and cost, each against a reference that runs in turn with ours: python -m benchmarks."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))  # the benchmarks use conftest's tiny studies
