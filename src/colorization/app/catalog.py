"""Which trained models there are, how they scored, and which is the best; reads no weights and needs no torch."""

import math
from dataclasses import dataclass
from pathlib import Path

from colorization.core import paths
from colorization.core.errors import InputError
from colorization.core.files import read_json
from colorization.models.common.description import SCORES, SUFFIX, Description, read_description

CHECKOUT = Path(__file__).resolve().parents[3]  # the package is installed in place
BUNDLED = Path(__file__).parent / "weights"  # the model that travels with the package
SCORE = "delta_e"  # the pipeline's own measure of the best: CIEDE2000, lower is better
RULE = "the model that learned from the most photographs, of equals the one with the lowest ΔE"
NOTE = f"""\
ΔE: CIEDE2000 against the originals, lower is better; colour: 1 is as colourful as they; photos: it learned from.
The default is {RULE}; a name in both places means the upper one.
Scores of models/ are those of metrics/scores; the bundled model brings its own, of other test photographs."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A file of a trained model, what it says of itself (None: damaged), and its scores as far as they are known."""

    path: Path
    about: Description | None
    scores: dict[str, float]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def rank(self) -> tuple[float, float]:
        """By RULE, the lowest is the best."""
        return -self.about.photographs if self.about else 0, self.scores.get(SCORE, math.inf)


def folder() -> Path:
    """Where the trained models lie: models/ here, or in the checkout that the package was installed from."""
    here = Path("models")
    return here if any(here.glob(f"*{SUFFIX}")) else CHECKOUT / "models"


def scores_of(name: str) -> dict[str, float]:
    """The measures of a scored model, from metrics/scores beside the models' folder; empty where there are none."""
    try:
        row = read_json(folder().parent / paths.summary(name))
        return {key: row[key] for key in SCORES if key in row} if isinstance(row[SCORE], float) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def models() -> list[Model]:
    """The trained models, best first by RULE; of equals the folder's before the package's, damaged ones last."""
    found = []
    for path in [*sorted(folder().glob(f"*{SUFFIX}")), *sorted(BUNDLED.glob(f"*{SUFFIX}"))]:
        try:
            about = read_description(path)
        except InputError:
            about = None
        scores = about.scores if about else {}
        if not scores and path.parent != BUNDLED:
            scores = scores_of(path.stem)
        found.append(Model(path=path, about=about, scores=scores))
    return sorted(found, key=lambda model: model.rank)


def named() -> dict[str, Model]:
    """The best model of every name, the best first."""
    found: dict[str, Model] = {}
    for model in models():
        found.setdefault(model.name, model)
    return found


def default() -> Model:
    """The best trained model. Raises InputError when there is none."""
    found = models()
    if not found:
        raise InputError("no trained model in models/; train them with: make repro; or name a file: --model FILE")
    return found[0]


def find(model: str | Path | None) -> Path:
    """The file of a model, given as a path or a name of `named`; None: the default. Raises InputError without one."""
    if model is None:
        return default().path
    path = Path(model)
    if path.name == str(model) and not path.suffix and not path.is_file():
        known = named()
        if model not in known:
            told = ", ".join(known) or "none yet: make repro"
            raise InputError(f"{model}: no such model; the trained ones are: {told}")
        path = known[model].path
    if not path.is_file():
        raise InputError(f"{path}: no such file; colorize --list names the trained models")
    return path


def table() -> str:
    """The trained models with their scores, as `colorize --list` prints them."""
    best = default()
    lines = [f"{'model':<10} {'ΔE':>6} {'PSNR':>6} {'colour':>7} {'photos':>9} {'px':>5}  from"]
    for model in models():
        cells = [f"{model.scores[key]:.2f}" if key in model.scores else "–" for key in SCORES]
        photos, size = (model.about.photographs, model.about.image_size) if model.about else ("damaged", "–")
        place = f"bundled: {model.path}" if model.path.parent == BUNDLED else model.path
        mark = "  (default)" if model.path == best.path else ""
        lines.append(f"{model.name:<10} {cells[0]:>6} {cells[1]:>6} {cells[2]:>7} {photos:>9} {size:>5}  {place}{mark}")
    return "\n".join([*lines, NOTE])
