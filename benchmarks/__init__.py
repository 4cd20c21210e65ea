"""What is fast and what it costs, each figure a ratio of two things run in turn: python -m benchmarks."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))  # conftest makes studies in small for us too
