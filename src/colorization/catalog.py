"""Which trained models there are, how they scored, and which is the best; reads no weights and needs no torch."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from colorization.config import MODELS
from colorization.errors import InputError

CHECKOUT = Path(__file__).resolve().parents[2]  # the package is installed in place
SUFFIX = ".safetensors"
KEY = "colorization"  # of the metadata, as checkpoint.save_model writes it
SIZES = range(8, 4097)  # of the side that a model was trained at
SCORE = "delta_e"  # the pipeline's own measure of the best: CIEDE2000, lower is better


@dataclass(frozen=True, kw_only=True)
class Description:
    """What a model's file says of itself: its network's name, and the side in pixels that it was trained at."""

    name: str
    image_size: int


def folder() -> Path:
    """Where the trained models lie: models/ here, or in the checkout that the package was installed from."""
    here = Path("models")
    return here if any(here.glob(f"*{SUFFIX}")) else CHECKOUT / "models"


def find(model: str | Path) -> Path:
    """The file of a model, given as a path or as a name of `names`. Raises InputError when there is none."""
    path = Path(model)
    if path.name == str(model) and not path.suffix and not path.is_file():
        path = folder() / f"{model}{SUFFIX}"
        if not path.is_file():
            known = ", ".join(names()) or "none yet: make repro"
            raise InputError(f"{model}: no such model; the trained ones are: {known}")
    if not path.is_file():
        raise InputError(f"{path}: no such file; colorize --list names the trained models")
    return path


def read_description(path: Path) -> Description:
    """What a model's file says of itself. Raises InputError for a file that is not ours."""
    try:
        with safe_open(path, framework="numpy") as file:
            tree = json.loads((file.metadata() or {}).get(KEY) or "null")
        name, size = tree["model"], tree["about"]["image_size"]
    except (SafetensorError, OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise InputError(f"{path}: not a trained model of this project, or damaged ({reason})") from None
    if name not in MODELS or type(size) is not int or size not in SIZES:
        raise InputError(f"{path}: not a trained model of this version; train one with: make repro")
    return Description(name=name, image_size=size)


def scores() -> dict[str, dict[str, float]]:
    """The measures of every scored model, metrics/summary.json beside the models' folder; empty without the file."""
    try:
        tree = json.loads((folder().parent / "metrics/summary.json").read_text(encoding="utf-8"))
        return {name: row for name, row in tree.items() if isinstance(row[SCORE], float)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def names() -> list[str]:
    """The trained models of the folder, the best first, those without a score last."""
    known = scores()
    files = sorted(folder().glob(f"*{SUFFIX}"))
    return sorted((f.stem for f in files), key=lambda name: known[name][SCORE] if name in known else math.inf)


def default() -> str:
    """The best trained model. Raises InputError when there is none."""
    found = names()
    if not found:
        raise InputError("no trained model in models/; train them with: make repro; or name a file: --model FILE")
    return found[0]


def table() -> str:
    """The trained models with their scores, as `colorize --list` prints them."""
    known, lines = scores(), [f"{'model':<10} {'ΔE':>6} {'PSNR':>6} {'colour':>7} {'px':>5}  file"]
    best = default()
    for name in names():
        path = folder() / f"{name}{SUFFIX}"
        try:
            size = str(read_description(path).image_size)
        except InputError:
            size = "damaged"
        row = known.get(name, {})
        cells = [f"{row[key]:.2f}" if key in row else "–" for key in (SCORE, "psnr", "colorfulness_ratio")]
        mark = "  (default)" if name == best else ""
        lines.append(f"{name:<10} {cells[0]:>6} {cells[1]:>6} {cells[2]:>7} {size:>5}  {path}{mark}")
    return "\n".join(
        [*lines, "ΔE: CIEDE2000 against the originals, lower is better; colour: 1 is as colourful as they."]
    )
