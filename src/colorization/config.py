"""params.yaml → frozen, validated dataclasses. The only reader of params.yaml."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorization.errors import InputError
from colorization.schema import build, read_tree, rule


@dataclass(frozen=True, kw_only=True)
class Sample:
    cells: int = rule(low=2, high=8)


@dataclass(frozen=True, kw_only=True)
class Folder:
    path: str


@dataclass(frozen=True, kw_only=True)
class Kaggle:
    dataset: str = rule(pattern=r"[\w-]{1,100}/[\w-]{1,100}")
    version: int = rule(low=0, high=1_000_000)
    sha256: str = rule(pattern=r"([0-9a-f]{64})?")


@dataclass(frozen=True, kw_only=True)
class Data:
    source: str = rule(choices=("sample", "folder", "kaggle"))
    sample: Sample
    folder: Folder
    kaggle: Kaggle
    image_size: int = rule(low=32, high=2048)
    resize: int = rule(low=0, high=4096)
    limit: int = rule(low=0, high=100_000_000)
    val_fraction: float = rule(above=0.0, high=0.5)
    test_fraction: float = rule(above=0.0, high=0.5)
    min_chroma: float = rule(low=0.0, high=255.0)
    near_duplicate_bits: int = rule(low=-1, high=32)


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What training needs of any model; the fields that a subclass adds are its constructor's arguments."""

    epochs: int = rule(low=1, high=100_000)
    batch_size: int = rule(low=1, high=65_536)
    lr: float = rule(above=0.0, high=1.0)
    lr_schedule: str = rule(choices=("constant", "cosine", "linear"))
    beta1: float = rule(low=0.0, high=0.9999)

    def network(self) -> dict[str, Any]:
        """The constructor's arguments."""
        fit = {f.name for f in dataclasses.fields(Fit)}
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in fit}

    @property
    def halvings(self) -> int:
        """How often the network halves a photograph's side, which must be a multiple of 2^halvings pixels."""
        return getattr(self, "depth", 0)


@dataclass(frozen=True, kw_only=True)
class ResNet(Fit):
    width: int = rule(low=1, high=256)
    predicts: str = rule(choices=("ab", "rgb"))


@dataclass(frozen=True, kw_only=True)
class GAN(Fit):
    width: int = rule(low=1, high=512)
    depth: int = rule(low=2, high=10)
    dropout: float = rule(low=0.0, high=0.9)
    l1_weight: float = rule(low=0.0, high=1e6)
    discriminator_width: int = rule(low=1, high=512)
    discriminator_layers: int = rule(low=1, high=3)


@dataclass(frozen=True, kw_only=True)
class VAE(Fit):
    latent_channels: int = rule(low=1, high=1024)
    kl_weight: float = rule(low=0.0, high=1e6)
    encoder_weights: str = rule(choices=("imagenet", "none"))
    predicts: str = rule(choices=("ab", "rgb"))
    halvings = 3


@dataclass(frozen=True, kw_only=True)
class ResUNet(Fit):
    width: int = rule(low=4, high=512)
    depth: int = rule(low=2, high=8)
    huber: float = rule(above=0.0, high=1000.0)
    zoom: float = rule(low=0.0, high=0.9)
    relight: float = rule(low=0.0, high=0.9)
    small: float = rule(low=0.0, high=1.0)
    averaging: float = rule(low=0.0, high=0.99999)


@dataclass(frozen=True, kw_only=True)
class Pix2Pix(GAN):
    """Takes what the report's GAN takes."""


@dataclass(frozen=True, kw_only=True)
class Zhang(Fit):
    width: int = rule(low=1, high=256)
    rebalancing: float = rule(above=0.0, high=1.0)
    temperature: float = rule(above=0.0, high=1.0)
    halvings = 3


@dataclass(frozen=True, kw_only=True)
class Classifier(Fit):
    width: int = rule(low=1, high=256)
    dropout: float = rule(low=0.0, high=0.9)


@dataclass(frozen=True, kw_only=True)
class Train:
    seed: int = rule(low=0, high=2**31 - 1)
    seeds: int = rule(low=1, high=100)
    resnet: ResNet
    gan: GAN
    vae: VAE
    resunet: ResUNet
    pix2pix: Pix2Pix
    zhang: Zhang


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
    temperatures: tuple[float, ...] = rule(above=0.0, high=100.0)
    frechet_resamples: int = rule(low=100, high=1_000_000)


@dataclass(frozen=True, kw_only=True)
class Plot:
    examples: int = rule(low=1, high=64)


@dataclass(frozen=True, kw_only=True)
class Study:
    pairs: int = rule(low=1, high=200)
    catch: int = rule(low=0, high=40)
    seconds: float = rule(above=0.0, high=60.0)


@dataclass(frozen=True, kw_only=True)
class Config:
    data: Data
    train: Train
    classifier: Classifier
    evaluate: Evaluate
    compare: Compare
    tradeoff: Tradeoff
    plot: Plot
    study: Study


MODELS = tuple(f.name for f in dataclasses.fields(Train) if dataclasses.is_dataclass(f.type))
FLOORS = ("gray", "mean")  # rows of every table that need no training


def load_config(path: str | Path = "params.yaml") -> Config:
    """Read and check a params file. Raises InputError that names the file, the key and the rule."""
    try:
        return from_tree(read_tree(Path(path)))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def from_tree(tree: Any) -> Config:
    """The parameters in a tree of dicts. Raises InputError that names the key and the rule."""
    config = build(Config, tree)
    _check_together(config)
    return config


def model_params(config: Config, name: str) -> Fit:
    """The params block of a model. Raises InputError for a name that is none."""
    if name not in MODELS:
        raise InputError(f"{name}: no such model; the models are {', '.join(MODELS)}")
    return getattr(config.train, name)


def _check_together(config: Config) -> None:
    data = config.data
    if data.resize and data.resize < data.image_size:
        raise InputError(f"data.resize: must be 0 or at least data.image_size ({data.image_size}), not {data.resize}")
    for name in MODELS:
        fit = model_params(config, name)
        if data.image_size % 2**fit.halvings:
            raise InputError(
                f"data.image_size: the {fit.halvings} halvings of train.{name} need a multiple of {2**fit.halvings}, "
                f"not {data.image_size}" + ("; or change its depth" if hasattr(fit, "depth") else "")
            )
    if config.train.resunet.width % 2:
        raise InputError(f"train.resunet.width: must be even, for its attention, not {config.train.resunet.width}")
    if data.source == "folder" and not data.folder.path:
        raise InputError("data.folder.path: empty; name the folder or zip of your photographs")
