"""The parameters of a conditional GAN; `models.common.adversarial` explains them."""

from dataclasses import dataclass

from colorization.core.params import Fit
from colorization.core.schema import rule


@dataclass(frozen=True, kw_only=True)
class AdversarialParams(Fit):
    width: int = rule(low=1, high=512)
    depth: int = rule(low=2, high=10)
    dropout: float = rule(low=0.0, high=0.9)
    l1_weight: float = rule(low=0.0, high=1e6)
    discriminator_width: int = rule(low=1, high=512)
    discriminator_layers: int = rule(low=1, high=3)
