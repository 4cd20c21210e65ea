"""The paper's VAE (its sections 4.4 and 5.3): the first layers of ResNet-18, a latent, an upsampling decoder."""

from urllib.error import URLError

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights, resnet18

from colorization.core.errors import InputError
from colorization.models.common.blocks import Noise, conv_block
from colorization.models.common.contract import CHANNELS, Colorizer

ENCODER_CHILDREN = 6  # conv1, bn1, relu, maxpool, layer1, layer2: (B, 128, H/8, W/8)
ENCODER_CHANNELS = 128


class VAE(Colorizer):
    """Variational autoencoder from luminance to colour (Kingma & Welling 2014).

    latent_channels: channels of the latent, at an eighth of the side.
    kl_weight: weight of the mean KL term; 0 makes it the paper's plain autoencoder, without noise.
    encoder_weights: "imagenet" (torchvision's, summed over RGB for one input channel) or "none".
    predicts: "ab" or "rgb".
    """

    stride = 8

    def __init__(self, *, latent_channels: int, kl_weight: float, encoder_weights: str, predicts: str):
        super().__init__(predicts=predicts)
        self.kl_weight = kl_weight
        self.encoder = _encoder(encoder_weights)
        self.latent = nn.Conv2d(ENCODER_CHANNELS, 2 * latent_channels, 1)  # mu and logvar
        up = nn.Upsample(scale_factor=2, mode="bilinear")
        self.decoder = nn.Sequential(
            nn.Sequential(conv_block(latent_channels, 128), up),  # (B, 128, H/4, W/4)
            nn.Sequential(conv_block(128, 64), conv_block(64, 64), up),  # (B, 64, H/2, W/2)
            nn.Sequential(conv_block(64, 32), up),  # (B, 32, H, W)
        )
        self.head = nn.Conv2d(32, CHANNELS[predicts], 3, padding=1)
        self.noise = Noise()

    def encode(self, L: Tensor) -> tuple[Tensor, Tensor]:
        """L (B,1,H,W) → mu and logvar of the latent's posterior, each (B, latent_channels, H/8, W/8)."""
        mu, logvar = self.latent(self.encoder(L)).chunk(2, dim=1)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """z (B, latent_channels, H/8, W/8) → prediction (B,2 or 3,H,W)."""
        return self.head(self.decoder(z))

    def forward(self, L):
        return self.decode(self.encode(L)[0])  # the posterior's mean

    def sample(self, L: Tensor, count: int) -> Tensor:
        """`count` colorizations of each photograph, L (B,1,H,W) of any size → normalised ab (count,B,2,H,W)."""

        def decoded(x):
            posterior = self.encode(x)
            return torch.stack([self.decode(self._draw(*posterior)) for _ in range(count)])

        with torch.no_grad():
            return torch.stack([self.to_ab(draw) for draw in self._at_stride(decoded, L)])

    def _draw(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """A latent drawn from the posterior; without a KL term its variance is untrained, so this is the mean."""
        return reparameterise(mu, logvar, self.noise(mu)) if self.kl_weight else mu

    def loss(self, batch):
        mu, logvar = self.encode(batch[0])
        z = self._draw(mu, logvar) if self.training else mu
        mse, kl = F.mse_loss(self.decode(z), self.target(batch)), kl_divergence(mu, logvar)
        return {"loss": mse + self.kl_weight * kl, "mse": mse, "kl": kl}

    def blocks(self):
        names = ("7×7 conv, pool", "2 blocks", "2 blocks")
        decoder = [(f"decoder {i}", part) for i, part in enumerate(self.decoder, 1)]
        return [*zip(names, self.encoder), ("mu, logvar", self.latent), *decoder, ("3×3 conv", self.head)]


def reparameterise(mu: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    """z = mu + σ·ε, ε ~ N(0, 1), all of the shape of mu (Kingma & Welling 2014, section 2.4)."""
    return mu + torch.exp(logvar / 2) * noise


def kl_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, σ²) ‖ N(0, 1)) per latent element, a scalar ≥ 0 (appendix B, averaged instead of summed)."""
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).mean()


def _encoder(weights: str) -> nn.Sequential:
    """conv1 to layer2 of ResNet-18 for one input channel: L (B,1,H,W) → (B,128,H/8,W/8)."""
    backbone = resnet18() if weights == "none" else _pretrained()
    rgb_conv, *norm_to_pool, layer1, layer2 = list(backbone.children())[:ENCODER_CHILDREN]
    conv = nn.Conv2d(1, rgb_conv.out_channels, 7, stride=2, padding=3, bias=False)
    conv.weight.data = rgb_conv.weight.data.sum(dim=1, keepdim=True)  # equals a gray photograph in all three channels
    return nn.Sequential(nn.Sequential(conv, *norm_to_pool), layer1, layer2)


def _pretrained() -> nn.Module:
    try:
        return resnet18(weights=ResNet18_Weights.IMAGENET1K_V1)
    except (URLError, OSError) as error:
        raise InputError(
            f"models.vae.encoder_weights: imagenet: the download of ResNet-18 failed ({error}); "
            "connect to the internet, or set it to none"
        ) from None


MODEL = VAE
