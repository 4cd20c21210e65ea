"""The block `models.gan` of params.yaml, and what figures and tables call the model."""

from colorization.models.common.adversarial_params import AdversarialParams

LABEL, COLOR = "GAN", "#D55E00"
Params = AdversarialParams
