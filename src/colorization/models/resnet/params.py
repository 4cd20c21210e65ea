"""The block `models.resnet` of params.yaml, and the model's label and colour in figures."""

from dataclasses import dataclass

from colorization.core.params import Fit
from colorization.core.schema import rule

LABEL, COLOR = "ResNet", "#0072B2"


@dataclass(frozen=True, kw_only=True)
class Params(Fit):
    width: int = rule(low=1, high=256)
    predicts: str = rule(choices=("ab", "rgb"))
