"""The block `models.gan` of params.yaml, and the model's label and colour in figures."""

from colorization.models.common.adversarial_params import AdversarialParams

LABEL, COLOR = "GAN", "#D55E00"
Params = AdversarialParams
