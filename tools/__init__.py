"""Tools to run by hand, not by dvc: compare two revisions, repair dvc's files, publish a run, bundle a model.

A tool works on the checkout that contains it, not on an installed package.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
