"""The block `models.pix2pix` of params.yaml, and what figures and tables call the model."""

from colorization.models.common.adversarial_params import AdversarialParams

LABEL, COLOR = "pix2pix", "#56B4E9"
Params = AdversarialParams
