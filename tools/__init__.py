"""What is run by hand, not by dvc: diff of two revisions, repair of dvc's files, publishing a run, bundling a model.

A tool works on the checkout that it lies in, whichever one is installed.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
