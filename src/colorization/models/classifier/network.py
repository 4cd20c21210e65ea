"""A small scene classifier, which judges recognisability: do the colours help to recognise the scene?

After the semantic interpretability test of Zhang et al. 2016, section 3.1, which uses VGG. Ours learns the study's own
categories, and trains in minutes on any machine.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorization.models.common.blocks import conv_block
from colorization.models.common.contract import Trainable

FEATURES = 64  # channels before the last layer; our Fréchet distance compares these features


class SceneClassifier(Trainable):
    """Four stages of two 3×3 convolutions, each stage halving the side; a mean over the positions; one linear layer.

    width: channels of the first stage; they double up to the third stage.
    dropout: probability before the last layer.
    categories: names of the classes, in the order of the logits; may be empty.
    """

    def __init__(self, *, width: int, dropout: float, categories: list[str]):
        super().__init__()
        self.categories = list(categories)
        channels = [3, width, 2 * width, 4 * width, FEATURES]
        self.stages = nn.Sequential(
            *(
                nn.Sequential(conv_block(c_in, c_out), conv_block(c_out, c_out), nn.MaxPool2d(2))
                for c_in, c_out in pairwise(channels)
            )
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(FEATURES, max(1, len(self.categories)))

    def features(self, lab: Tensor) -> Tensor:
        """Normalised Lab (B,3,H,W), H and W at least 16 → (B, FEATURES)."""
        return self.stages(lab).mean(dim=(2, 3))

    def forward(self, lab: Tensor) -> Tensor:
        """Normalised Lab (B,3,H,W) → logits (B, categories)."""
        return self.head(self.dropout(self.features(lab)))

    def used(self, batch):
        return self(torch.cat(batch[:2], dim=1))

    def loss(self, batch):
        logits, category = self.used(batch), batch[2]
        accuracy = (logits.argmax(dim=1) == category).float().mean()
        return {"loss": F.cross_entropy(logits, category), "accuracy": accuracy}


MODEL = SceneClassifier
