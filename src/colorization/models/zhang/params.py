"""The block `models.zhang` of params.yaml, and the model's label and colour in figures."""

from dataclasses import dataclass

from colorization.core.params import Fit
from colorization.core.schema import rule

LABEL, COLOR = "Zhang et al.", "#E69F00"


@dataclass(frozen=True, kw_only=True)
class Params(Fit):
    width: int = rule(low=1, high=256)
    rebalancing: float = rule(above=0.0, high=1.0)
    temperature: float = rule(above=0.0, high=1.0)
    halvings = 3
