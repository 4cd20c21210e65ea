"""Imports run in one direction: from commands and stages down to the core."""

from itertools import chain

import pytest
from conftest import ROOT, imports

SRC = ROOT / "src/colorization"
LAYERS = (  # each layer may import the layers above it in this list, and no other folder of its own layer
    {"core"},
    {"color"},
    {"hinting", "vividness"},
    {"imaging", "sources"},
    {"preprocessing"},
    {"dataset"},
    {"models"},
    {"training", "evaluation", "export"},
    {"claims", "human_study", "report"},
    {"photo"},
    {"film"},
    {"page"},
    {"command", "stages"},
    {"tools"},
)
HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}
FILES = sorted(chain(SRC.rglob("*.py"), (ROOT / "stages").glob("*.py"), (ROOT / "tools").glob("*.py")))


def place(path) -> str:
    """The folder of LAYERS that contains a file."""
    parts = path.relative_to(SRC if SRC in path.parents else ROOT).with_suffix("").parts
    return parts[0]


def test_every_folder_has_a_layer():
    assert {place(path) for path in FILES} - {"__init__"} == set(HEIGHT)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_its_own_folder_and_lower_layers(path):
    own = place(path)
    for other in imports(path):
        theirs = place(other)
        if "__init__" not in (own, theirs) and own != theirs:
            assert HEIGHT[theirs] < HEIGHT[own], f"imports {other.relative_to(ROOT)}"


@pytest.mark.parametrize("path", sorted(SRC.glob("models/*/*.py")), ids=lambda path: str(path.relative_to(SRC)))
def test_a_model_imports_no_other_model(path):
    for other in imports(path):
        if SRC / "models" in other.parents and other.name != "__init__.py":
            assert other.parent in (path.parent, SRC / "models/common")


def test_only_commands_know_the_paths_of_files():
    knowing = {place(path) for path in FILES if SRC / "core/paths.py" in imports(path)}
    assert knowing == {"stages", "tools", "photo"}


def test_core_and_the_descriptions_of_models_need_no_torch():
    for path in (*SRC.glob("core/*.py"), *SRC.glob("models/*/params.py"), SRC / "models/common/description.py"):
        assert "import torch" not in path.read_text()
