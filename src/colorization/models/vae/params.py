"""The block `models.vae` of params.yaml, and the model's label and colour in figures."""

from dataclasses import dataclass

from colorization.core.params import Fit
from colorization.core.schema import rule

LABEL, COLOR = "VAE", "#009E73"


@dataclass(frozen=True, kw_only=True)
class Params(Fit):
    latent_channels: int = rule(low=1, high=1024)
    kl_weight: float = rule(low=0.0, high=1e6)
    encoder_weights: str = rule(choices=("imagenet", "none"))
    predicts: str = rule(choices=("ab", "rgb"))
    halvings = 3
