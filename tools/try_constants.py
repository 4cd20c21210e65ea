"""The constants of the browser's engine, taken from the Python modules that it mirrors: each has one place."""

import ast
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from colorization.film.formats import SUFFIXES
from colorization.page.app import TURN
from colorization.page.painting import ZIP, described
from colorization.photo import exif, xmp
from colorization.photo.catalog import Model, vividness
from colorization.photo.formats import ENDING, FORMATS
from colorization.photo.mark import program
from colorization.photo.opening import CUT

MODULES = {
    "color": "color",
    "vividness": "vividness",
    "influence": "hinting.influence",
    "joining": "hinting.joining",
    "levin": "hinting.levin",
    "srgb": "imaging.srgb",
    "banding": "photo.bands",
    "preparation": "photo.preparation",
    "light": "photo.light",
    "mats": "photo.mats",
    "cameo": "photo.cameo",
    "gutters": "photo.gutters",
    "sheet": "photo.sheet",
    "seen": "photo.seen",
    "negative": "photo.negative",
    "reading": "photo.reading",
    "recolor": "photo.recolor",
    "guide": "photo.guide",
    "hints": "photo.hints",
    "album": "page.album",
    "painting": "page.painting",
    "palette": "page.palette",
}  # name in JavaScript: module of the package
IMPORTED = {"album": ("LONGEST",)}  # constants that a module takes from another


def source(model: Model, files: dict[str, dict]) -> str:
    """The text of constants.js. files: what the engine fetches, by name: path and number of bytes."""
    assert model.about
    tree = {name: of_module(name, module) for name, module in MODULES.items()}
    tree["formats"] = {
        name: {"suffix": kind.suffixes[0], "lossy": kind.lossy, "sides": kind.sides}
        for name, kind in FORMATS.items()
        if name in ("jpeg", "png", "webp")  # those that browsers write
    }
    tree["photos"] = {"ENDING": ENDING, "ZIP": ZIP}
    tree["films"] = {"suffixes": SUFFIXES}
    tree["opening"] = {"CUT": CUT, "TURN": TURN}
    named = exif.revised(b"", (1, 1), turned=False, program=program())  # EXIF that names the program only
    tree["mark"] = {"XMP": xmp.packet(program()).decode(), "EXIF": list(named)}
    described_by = {"image_size": model.about.image_size, "curve": vividness(model.path)[0]._asdict()}
    tree["files"] = files | {"model": files["model"] | described_by}
    tree["models"] = {"models": [described(model)], "default": model.name}
    lines = [f"export const {name} = {json.dumps(values)};" for name, values in tree.items()]
    return "\n".join(["// Made by python -m tools.try_page from the Python modules.", *lines, ""])


def of_module(name: str, module: str) -> dict[str, Any]:
    """The numbers and texts that a module assigns to names in capitals, and tables of them."""
    found = importlib.import_module(f"colorization.{module}")
    names = [*_assigned(Path(str(found.__file__))), *IMPORTED.get(name, ())]
    values = {each: _plain(getattr(found, each)) for each in names}
    return {each: value for each, value in values.items() if value is not None}


def _assigned(path: Path) -> list[str]:
    names = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for target in node.targets if isinstance(node, ast.Assign) else []:
            names += [each.id for each in ast.walk(target) if isinstance(each, ast.Name) and each.id.isupper()]
    return names


def _plain(value: Any) -> Any:
    """A value as JSON has it; None for what it cannot express."""
    if isinstance(value, np.floating):
        return float(value)
    if isinstance(value, int | float | str):
        return value
    if isinstance(value, list | tuple):
        parts = [_plain(part) for part in value]
        return None if None in parts else parts
    if isinstance(value, dict) and all(isinstance(key, int | float | str) for key in value):
        named = {str(key): _plain(part) for key, part in value.items()}
        return None if None in named.values() else named
    return None
