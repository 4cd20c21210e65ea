"""The block `models.resunet` of params.yaml, and the model's label and colour in figures."""

from dataclasses import dataclass

from colorization.core.errors import InputError
from colorization.core.params import Fit
from colorization.core.schema import rule

LABEL, COLOR = "ResUNet", "#8B5A2B"


@dataclass(frozen=True, kw_only=True)
class Params(Fit):
    width: int = rule(low=4, high=512)
    depth: int = rule(low=2, high=8)
    huber: float = rule(above=0.0, high=1000.0)
    zoom: float = rule(low=0.0, high=0.9)
    relight: float = rule(low=0.0, high=0.9)
    small: float = rule(low=0.0, high=1.0)
    averaging: float = rule(low=0.0, high=0.99999)

    def check(self, name, image_size):
        super().check(name, image_size)
        if self.width % 2:
            raise InputError(f"models.{name}.width: must be even for its attention, not {self.width}")
        self.require_batches(name, image_size >> self.depth)
