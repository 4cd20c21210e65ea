"""The constants that the browser's engine reads: each is one of the Python modules."""

import json
import re

import pytest
from conftest import ROOT

from tools.try_constants import source
from tools.try_page import bundled

IMPORT = re.compile(r'import \{ ([^}]*) \} from "\./constants\.js";')
SCRIPTS = sorted((ROOT / "src/colorization/web").glob("*.js"))


@pytest.fixture(scope="module")
def constants():
    text = source(bundled(), {"wasm": {}, "model": {}})
    return {name: json.loads(values) for name, values in re.findall(r"^export const (\w+) = (.*);$", text, re.M)}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_constant_of_a_script_exists(script, constants):
    text = script.read_text(encoding="utf-8")
    for imported in IMPORT.findall(text):
        for each in imported.split(", "):
            group, _, alias = each.partition(" as ")
            assert group in constants, f"{script.name} imports {group}"
            for name in re.findall(rf"\b{alias or group}\.([A-Z][A-Z0-9_]*)\b", text):
                assert name in constants[group], f"{script.name} reads {each}.{name}"


def test_the_scripts_that_read_constants_are_seen():
    assert sum(bool(IMPORT.search(script.read_text(encoding="utf-8"))) for script in SCRIPTS) > 15
