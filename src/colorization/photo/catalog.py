"""The trained models, their scores, and the default one. Reads descriptions only; does not import torch."""

import math
from dataclasses import dataclass
from pathlib import Path

from colorization.core import paths
from colorization.core.errors import InputError
from colorization.core.files import read_json
from colorization.models.common import onnx_file
from colorization.models.common.description import DAMAGED, SCORES, SUFFIX, Description, read_description, tree_of
from colorization.vividness import OWN, Curve

CHECKOUT = Path(__file__).resolve().parents[3]  # the package is installed in place
BUNDLED = Path(__file__).parent / "weights"  # the folder of the models that come with the package
MOST_VIVID = 10.0  # largest factor on the colours, and largest gain of a curve
LARGEST_KNEE = 100.0  # ab units
PAPERS = ("resnet", "gan", "vae")  # models that a clone has and the package has not (pyproject.toml)
FEW = 1000  # training photographs; a model of fewer tries the study, and paints wrongly
SCORE = "delta_e"  # ranks the models, as in the pipeline: CIEDE2000, lower is better
RULE = "the model that learned from the most photographs; ties go to the lowest ΔE"
NOTE = f"""\
ΔE: CIEDE2000 against the originals, lower is better. colour: 1 is as colourful as the originals.
photos: the number of training photographs. A name that is listed twice means the upper model.
[…]: the precision and the device of the training, if the file names them.
The default is {RULE}.
Scores of models/ come from metrics/scores. Bundled models were scored in their own runs, on other test photographs."""
TRIALS = f"learned from fewer than {FEW:,} photographs, to try the study; expect wrong colours:"


@dataclass(frozen=True, kw_only=True)
class Model:
    """The file of a trained model, its description (None: the file is damaged) and its known scores."""

    path: Path
    about: Description | None
    scores: dict[str, float]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def trial(self) -> bool:
        """Whether the model learned from FEW photographs, as those of the sample."""
        return self.about is not None and learned_little(self.about)

    @property
    def rank(self) -> tuple[float, float]:
        """Sort key for RULE: the best model has the lowest rank."""
        return -self.about.photographs if self.about else 0, self.scores.get(SCORE, math.inf)


def learned_little(about: Description) -> bool:
    return about.photographs < FEW


def folder() -> Path:
    """The folder of trained models: models/ here, or in the checkout that the package was installed from."""
    here = Path("models")
    return here if files(here) else CHECKOUT / "models"


def files(place: Path) -> list[Path]:
    """The files of trained models in a folder, one per name: the exported one if it has the same weights."""
    found = {path.stem: path for path in sorted(place.glob(f"*{onnx_file.SUFFIX}"))}
    for path in place.glob(f"*{SUFFIX}"):
        if path.stem not in found or not exported_from(found[path.stem], path):
            found[path.stem] = path
    return [found[name] for name in sorted(found)]


def exported_from(graph: Path, weights: Path) -> bool:
    """Whether an .onnx file is the export of a .safetensors file, and not of an earlier training."""
    try:
        return tree_of(graph)["weights"] == tree_of(weights)["sha256"]
    except DAMAGED:
        return False


def scores_of(name: str) -> dict[str, float]:
    """A model's scores, read from metrics/scores beside the models' folder; empty if they are missing."""
    try:
        row = read_json(folder().parent / paths.summary(name))
        return {key: row[key] for key in SCORES if key in row} if isinstance(row[SCORE], float) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def described(path: Path) -> Model:
    """The model in a file. Raises InputError for a damaged file."""
    about = read_description(path)
    known = about.scores or ({} if path.parent == BUNDLED else scores_of(path.stem))
    return Model(path=path, about=about, scores=known)


def models() -> list[Model]:
    """The trained models, best first by RULE. In a tie, models/ comes before the package; damaged files come last."""
    found = []
    for path in [*files(folder()), *files(BUNDLED)]:
        try:
            found.append(described(path))
        except InputError:
            found.append(Model(path=path, about=None, scores={}))
    return sorted(found, key=lambda model: model.rank)


def bundled() -> list[Model]:
    """The models that come with the package, best first by RULE. Raises InputError for a damaged file."""
    return sorted(map(described, files(BUNDLED)), key=lambda model: model.rank)


def named() -> dict[str, Model]:
    """The best model of each name, best first."""
    found: dict[str, Model] = {}
    for model in models():
        found.setdefault(model.name, model)
    return found


def default() -> Model:
    """The best trained model. Raises InputError if models/ and the package are empty."""
    found = models()
    if not found:
        raise InputError("models/ is empty; train the models with: make repro; or name a file: --model FILE")
    return found[0]


def find(model: str | Path | None) -> Path:
    """The file of a model, given as a path or a name; None: the default. Raises InputError if it does not exist."""
    if model is None:
        return default().path
    path = Path(model)
    if path.name == str(model) and not path.suffix and not path.is_file():
        known = named()
        if model not in known:
            told = ", ".join(known) or "none yet; train them with: make repro"
            raise InputError(f"{model}: unknown model; the trained models are: {told}{_elsewhere(str(model))}")
        path = known[model].path
    if not path.is_file():
        raise InputError(f"{path}: file not found; colorize --list names the trained models")
    return path


def _elsewhere(model: str) -> str:
    """Where a model of the paper is that the package leaves out, to stay small; "" for other names."""
    if model not in PAPERS:
        return ""
    file = f"src/colorization/photo/weights/{model}.onnx"
    return f"; the paper's models ({', '.join(PAPERS)}) lie in a clone of the repository: --model CLONE/{file}"


def vividness(path: Path) -> tuple[Curve, float]:
    """The curve on the colours that a model's file recommends, and the default of a further factor on them.

    Older files name a factor instead of a curve: the model's own prediction, and that factor. (OWN, 1.0) if it names
    neither, or what makes no sense.
    """
    about = tree_of(path)["about"]
    curve = about.get("curve")
    if isinstance(curve, dict) and curve.keys() == set(Curve._fields):
        gain, knee = curve["gain"], curve["knee"]
        if _between(gain, MOST_VIVID) and _between(knee, LARGEST_KNEE):
            return Curve(gain=float(gain), knee=float(knee)), 1.0
    factor = about.get("vividness", 1.0)
    return OWN, float(factor) if _between(factor, MOST_VIVID) else 1.0


def _between(value: object, most: float) -> bool:
    """Whether an untrusted value is a number from 0 to `most`."""
    return isinstance(value, int | float) and 0 <= value <= most


def table() -> str:
    """The text of `colorize --list`: the trained models with their scores."""
    best = default()
    lines = [f"{'model':<10} {'ΔE':>6} {'PSNR':>6} {'colour':>7} {'photos':>9} {'px':>5}  from"]
    trials: list[str] = []
    for model in models():
        cells = [f"{model.scores[key]:.2f}" if key in model.scores else "–" for key in SCORES]
        photos, size = (model.about.photographs, model.about.image_size) if model.about else ("damaged", "–")
        place = f"bundled: {model.path}" if model.path.parent == BUNDLED else model.path
        mark = "  (default)" if model.path == best.path else ""
        machine = f"  [{model.about.machine}]" if model.about and model.about.machine else ""
        row = f"{model.name:<10} {cells[0]:>6} {cells[1]:>6} {cells[2]:>7} {photos:>9} {size:>5}  {place}"
        line = row + mark + machine
        (trials if model.trial else lines).append(line)
    return "\n".join([*lines, *([TRIALS] if trials else []), *trials, NOTE])


def warning(model: Path) -> str:
    """A line about a model that learned from too few photographs, or an empty string."""
    about = read_description(model)
    told = f"{model.stem}: learned from {about.photographs} photographs only; expect wrong colours"
    return told if learned_little(about) else ""
