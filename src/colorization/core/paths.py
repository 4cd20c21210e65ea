"""The path of every file of a run, relative to the repository's root: one stage writes it, others read it."""

import os
from collections.abc import Collection
from pathlib import Path

# The repository itself, even when `dvc exp run --temp` runs a copy of it.
ROOT = Path(os.environ.get("DVC_ROOT", "."))
# Keeps partial downloads and unfinished trainings outside the outputs: DVC deletes those of a failed stage.
CHECKPOINTS = ROOT / ".checkpoints"

PARAMS = Path("params.yaml")
ARCHIVE, DOWNLOAD = Path("data/raw/photos.zip"), Path("data/raw/download.json")
LAB = Path("data/lab")
INDEX, AUDIT = LAB / "index.csv", LAB / "audit.json"
TRAIN, VAL = LAB / "train.npy", LAB / "val.npy"
CLASSIFIER, CLASSIFIER_HISTORY = Path("data/classifier/scenes.safetensors"), Path("metrics/classifier.tsv")
DESCRIPTIONS = Path("data/models.json")  # label and colour of every model
TABLE, CATEGORIES = Path("metrics/table.csv"), Path("metrics/categories.csv")
DIFFERENCES, SEEDS = Path("metrics/differences.csv"), Path("metrics/seeds.csv")
CLAIMS, PEOPLE = Path("metrics/claims.json"), Path("metrics/people.json")
ANSWERS, KEY = Path("human_study"), Path("data/human_study/key.json")
PAGE, HUMAN_STUDY_PAGE = Path("report/index.html"), Path("report/human-study.html")


def start(name: str | None) -> Path | None:
    """A file of `train.start`, relative to the repository itself or to the home folder (~)."""
    return ROOT / Path(name).expanduser() if name else None


def weights(model: str) -> Path:
    return Path(f"models/{model}.safetensors")


def exported(model: str) -> Path:
    return Path(f"models/{model}.onnx")


def history(model: str) -> Path:
    """The losses of a training, one row per epoch."""
    return Path(f"metrics/history/{model}.tsv")


def scores(row: str) -> Path:
    """The measures of a model or a floor, one row per photograph."""
    return Path(f"data/scores/{row}.csv")


def summary(row: str) -> Path:
    """The measures of a model or a floor over all photographs."""
    return Path(f"metrics/scores/{row}.json")


def results(row: str) -> Path:
    """The colorized photographs of a model or a floor, or the originals, (N,S,S,3)."""
    return Path(f"data/results/{row}.npy")


def features(row: str) -> Path:
    """The classifier's features of the same photographs, (N,F)."""
    return Path(f"data/features/{row}.npy")


def architecture(model: str) -> Path:
    """A network's blocks, their shapes and parameters."""
    return Path(f"data/architectures/{model}.json")


def tradeoff(model: str) -> Path:
    return Path(f"metrics/tradeoff/{model}.csv")


def hints(model: str) -> Path:
    """The error over the number of hints, of a model that takes them."""
    return Path(f"metrics/hints/{model}.csv")


def seeds_history(model: str) -> Path:
    """The losses of the trainings with other seeds, one row per seed and epoch."""
    return Path(f"metrics/history/seeds/{model}.tsv")


def histories(model: str, repeated: Collection[str]) -> list[Path]:
    """The losses of all trainings of a model: of the scored one, and of those with other seeds if it is repeated."""
    return [history(model), *([seeds_history(model)] if model in repeated else [])]


def seeds(model: str) -> Path:
    return Path(f"metrics/seeds/{model}.csv")


def figure(file: str) -> Path:
    return Path("figures") / file
