"""The block `models.ours` of params.yaml, and the model's label and colour in figures."""

import math
from dataclasses import dataclass

from colorization.core.errors import InputError
from colorization.core.params import Fit
from colorization.core.schema import rule

LABEL, COLOR = "LiteUNet", "#5B1A8B"
ENCODER_STRIDE = 32  # it halves the side five times


@dataclass(frozen=True, kw_only=True)
class Params(Fit):
    width: int = rule(low=8, high=512)
    encoder_weights: str = rule(choices=("imagenet", "none"))
    enlarge: float = rule(low=1.0, high=4.0)
    encoder_lr: float = rule(low=0.0, high=10.0)
    weight_decay: float = rule(low=0.0, high=1.0)
    huber: float = rule(above=0.0, high=1000.0)
    zoom: float = rule(low=0.0, high=0.9)
    relight: float = rule(low=0.0, high=0.9)
    aging: float = rule(low=0.0, high=1.0)
    worn: float = rule(low=0.0, high=1.0)
    film: float = rule(low=0.0, high=1.0)
    hinted: float = rule(low=0.0, high=1.0)
    averaging: float = rule(low=0.0, high=0.99999)

    def check(self, name, image_size):
        super().check(name, image_size)
        if self.width % 8:
            raise InputError(f"models.{name}.width: must be a multiple of 8 for its attention, not {self.width}")
        self.require_batches(name, math.ceil(image_size * self.enlarge / ENCODER_STRIDE))
