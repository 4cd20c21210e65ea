"""The block `models.pix2pix` of params.yaml, and the model's label and colour in figures."""

from dataclasses import dataclass

from colorization.core.schema import rule
from colorization.models.common.adversarial_params import AdversarialParams

LABEL, COLOR = "pix2pix", "#56B4E9"


@dataclass(frozen=True, kw_only=True)
class Params(AdversarialParams):
    test_statistics: str = rule(choices=("running", "batch"))
