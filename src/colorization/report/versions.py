"""The versions behind a page: of the packages, and the revision of the repository."""

import os
import platform
import subprocess
from importlib.metadata import version

PACKAGES = ("torch", "torchvision", "lightning-fabric", "scikit-image", "numpy", "pandas", "matplotlib", "dvc")
CODE = ("src", "stages", "params.yaml", "dvc.yaml")


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that decide the results."""
    return {"Python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def revision() -> str:
    """The commit of this run, and whether its code has uncommitted changes."""
    root = os.environ.get("DVC_ROOT", ".")
    asked = (["rev-parse", "--short=12", "HEAD"], ["status", "--porcelain", "--untracked-files=no", "--", *CODE])
    found = [subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False) for words in asked]
    if found[0].returncode:
        return "unknown (no git repository)"
    return found[0].stdout.strip() + (", with uncommitted changes" if found[1].stdout.strip() else "")
