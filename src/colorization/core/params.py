"""params.yaml → frozen, checked dataclasses. The only reader of params.yaml.

The keys of `models` list the models. Each names a folder in models/, whose params.py describes its block.
"""

import dataclasses
import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorization.core.errors import InputError
from colorization.core.schema import COUNTS, NAMED, any_number, build, read_tree, rule

FLOORS = ("gray", "mean")  # rows of every table that need no training
PAPER = {"resnet": "ResNet", "gan": "GAN", "vae": "VAE"}  # the paper's models; its claims are tested if all are trained
TAKEN = (*FLOORS, "original", "common", "floors", "classifier")  # reserved: no model may have these names


@dataclass(frozen=True, kw_only=True)
class Folder:
    path: NAMED  # several folders and zips by their names, or one whose name is ""


@dataclass(frozen=True, kw_only=True)
class Kaggle:
    dataset: str = rule(pattern=r"[\w-]{1,100}/[\w-]{1,100}")
    version: int = rule(low=0, high=1_000_000)
    sha256: str = rule(pattern=r"([0-9a-f]{64})?")


@dataclass(frozen=True, kw_only=True)
class Data:
    source: str = rule(choices=("sample", "folder", "kaggle"))
    folder: Folder
    kaggle: Kaggle
    image_size: int = rule(low=32, high=2048)
    resize: int = rule(low=0, high=4096)
    limit: int = rule(low=0, high=100_000_000)
    unlabelled: str = rule(choices=("train", "leave"))
    val_fraction: float = rule(above=0.0, high=0.5)
    test_fraction: float = rule(above=0.0, high=0.5)
    min_chroma: float = rule(low=0.0, high=255.0)
    near_duplicate_bits: int = rule(low=-1, high=32)


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The parameters that every model has. A subclass adds the arguments of its model's constructor as fields."""

    epochs: int = rule(low=1, high=100_000)
    batch_size: int = rule(low=1, high=65_536)
    lr: float = rule(above=0.0, high=1.0)
    lr_schedule: str = rule(choices=("constant", "cosine", "linear"))
    beta1: float = rule(low=0.0, high=0.9999)

    def network(self) -> dict[str, Any]:
        """The arguments of the model's constructor."""
        fit = {f.name for f in dataclasses.fields(Fit)}
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in fit}

    @property
    def halvings(self) -> int:
        """How often the model halves a photograph's side. The side in pixels must be a multiple of 2^halvings."""
        return getattr(self, "depth", 0)

    @property
    def pretrained(self) -> bool:
        """Whether the model starts from an encoder that was trained on other photographs."""
        return getattr(self, "encoder_weights", "none") != "none"

    def require_batches(self, name: str, lowest: int) -> None:
        """Raise InputError for batches of one photograph if the side of the lowest level, in pixels, is 1: batch norm
        needs more than one value.
        """
        if self.batch_size == lowest == 1:
            raise InputError(f"models.{name}.batch_size: must be 2 or more at this data.image_size, not 1")

    def check(self, name: str, image_size: int) -> None:
        """Raise InputError for parameters that do not fit each other or the photographs' side in pixels."""
        if image_size % 2**self.halvings:
            raise InputError(
                f"data.image_size: models.{name} halves the side {self.halvings} times and needs a multiple of "
                f"{2**self.halvings}, not {image_size}" + ("; or change its depth" if hasattr(self, "depth") else "")
            )


@dataclass(frozen=True, kw_only=True)
class Train:
    seed: int = rule(low=0, high=2**31 - 1)
    copies: COUNTS = rule(low=1, high=100)
    start: NAMED = any_number()  # files of trained weights by the names of the models that start from them
    start_share: float = rule(low=0.0, high=0.99)  # of the start's weights in the saved ones
    repeats: tuple[str, ...] = any_number()
    seeds: int = rule(low=2, high=100)


@dataclass(frozen=True, kw_only=True)
class Classifier(Fit):
    width: int = rule(low=1, high=256)
    dropout: float = rule(low=0.0, high=0.9)


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    split: str = rule(choices=("test", "val"))
    samples: int = rule(low=2, high=1000)
    lpips: bool
    fid: bool


@dataclass(frozen=True, kw_only=True)
class Compare:
    resamples: int = rule(low=100, high=1_000_000)
    frechet_resamples: int = rule(low=100, high=1_000_000)


@dataclass(frozen=True, kw_only=True)
class Tradeoff:
    saturations: tuple[float, ...] = rule(low=0.0, high=10.0)
    gains: tuple[float, ...] = rule(low=0.0, high=10.0)
    knee: float = rule(above=0.0, high=100.0)
    temperatures: tuple[float, ...] = rule(above=0.0, high=100.0)
    frechet_resamples: int = rule(low=100, high=1_000_000)


@dataclass(frozen=True, kw_only=True)
class Hints:
    models: tuple[str, ...] = any_number()
    counts: tuple[int, ...] = rule(low=0, high=1000)  # the smallest photograph has 1,024 pixels
    radius: int = rule(low=0, high=4)
    floor_side: int = rule(low=16, high=256)
    photographs: int = rule(low=0, high=100_000_000)


@dataclass(frozen=True, kw_only=True)
class Plot:
    examples: int = rule(low=1, high=64)


@dataclass(frozen=True, kw_only=True)
class HumanStudy:
    models: tuple[str, ...]
    pairs: int = rule(low=1, high=200)
    catch: int = rule(low=0, high=40)
    seconds: float = rule(above=0.0, high=60.0)


@dataclass(frozen=True, kw_only=True)
class Config:
    data: Data
    train: Train
    models: Mapping[str, Fit]
    classifier: Classifier
    evaluate: Evaluate
    compare: Compare
    tradeoff: Tradeoff
    hints: Hints
    plot: Plot
    human_study: HumanStudy

    @property
    def rows(self) -> tuple[str, ...]:
        """The floors and the models, in the order of every table and figure."""
        return (*FLOORS, *self.models)

    def model(self, name: str) -> Fit:
        """The parameters of a model. Raises InputError for an unknown name."""
        if name not in self.models:
            raise InputError(f"{name}: unknown model; the models are {', '.join(self.models)}")
        return self.models[name]


def load_config(path: str | Path = "params.yaml") -> Config:
    """Read and check a params file. Raises InputError that names the file, the key and the rule."""
    try:
        return from_tree(read_tree(Path(path)))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def from_tree(tree: Any) -> Config:
    """The parameters in a tree of dicts. Raises InputError that names the key and the rule."""
    config = build(Config, tree, readers={"models": models})
    data = config.data
    if data.resize and data.resize < data.image_size:
        raise InputError(f"data.resize: must be 0 or at least data.image_size ({data.image_size}), not {data.resize}")
    for name, fit in config.models.items():
        fit.check(name, data.image_size)
    if data.source == "folder" and not all(data.folder.path.values()):
        raise InputError("data.folder.path: empty; name the folder or zip of your photographs")
    lists = {"train.start": tuple(config.train.start), "train.repeats": config.train.repeats,
             "hints.models": config.hints.models, "human_study.models": config.human_study.models}  # fmt: skip
    for key, names in lists.items():
        for name in names:
            if name not in config.models:
                raise InputError(f"{key}: {name}: unknown model; the models are {', '.join(config.models)}")
    return config


def models(tree: Any, where: str) -> dict[str, Fit]:
    """The blocks of all models, each checked by its own description. Raises InputError that names the key."""
    if not isinstance(tree, dict):
        raise InputError(f"{where}: expected a block of models")
    if not tree:
        raise InputError(f"{where}: empty; name at least one model")
    return {name: build(description(name).Params, block, f"{where}.{name}") for name, block in tree.items()}


def description(name: object):
    """The module models/<name>/params.py: Params, LABEL and COLOR. Raises InputError for a model without a folder."""
    if isinstance(name, str) and re.fullmatch("[a-z][a-z0-9_]{0,29}", name) and name not in TAKEN:
        try:
            return importlib.import_module(f"colorization.models.{name}.params")
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith(f"colorization.models.{name}"):
                raise
    shown = str(name)[:40]
    raise InputError(f"models.{shown}: unknown model; it needs a folder src/colorization/models/{shown}")
