"""The block `models.pix2pix` of params.yaml, and the model's label and colour in figures."""

from colorization.models.common.adversarial_params import AdversarialParams

LABEL, COLOR = "pix2pix", "#56B4E9"
Params = AdversarialParams
