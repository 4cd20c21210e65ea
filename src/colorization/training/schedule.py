"""The schedules of the learning rate."""

import math

from colorization.core.params import Fit


def learning_rate(params: Fit, progress: float) -> float:
    """The learning rate after the fraction `progress` of the training, by params.lr_schedule.

    constant; cosine: half a cosine from lr to 0 (Loshchilov & Hutter 2017); linear: constant for the first half, then
    linear to 0 (Isola et al. 2017, in their code).
    """
    factors = {
        "constant": 1.0,
        "cosine": (1 + math.cos(math.pi * progress)) / 2,
        "linear": min(1.0, 2 * (1 - progress)),
    }
    return params.lr * factors[params.lr_schedule]
