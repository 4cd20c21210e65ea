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
LOGVAR = 8.0  # largest absolute value: a variance that vanishes would make the KL term infinite


class VAE(Colorizer):
    """Variational autoencoder from luminance to colour (Kingma & Welling 2014), conditional (Sohn et al. 2015).

    latent_channels: channels of the latent, at an eighth of the side.
    kl_weight: weight of the mean KL term. 0 makes it the paper's plain autoencoder: no posterior, no noise.
    encoder_weights: "imagenet" (torchvision's, summed over RGB for one input channel) or "none".
    predicts: "ab" or "rgb".

    The encoder gives the latent's prior p(z | L); in training a posterior q(z | L, ab) sees the colours, too.
    """

    stride = 8

    def __init__(self, *, latent_channels: int, kl_weight: float, encoder_weights: str, predicts: str):
        super().__init__(predicts=predicts)
        self.kl_weight = kl_weight
        self.encoder = _encoder(encoder_weights)
        self.latent = nn.Conv2d(ENCODER_CHANNELS, 2 * latent_channels, 1)  # mu and logvar of the prior
        self.posterior = Posterior(latent_channels) if kl_weight else None
        up = nn.Upsample(scale_factor=2, mode="bilinear")
        self.decoder = nn.Sequential(
            nn.Sequential(conv_block(latent_channels, 128), up),  # (B, 128, H/4, W/4)
            nn.Sequential(conv_block(128, 64), conv_block(64, 64), up),  # (B, 64, H/2, W/2)
            nn.Sequential(conv_block(64, 32), up),  # (B, 32, H, W)
        )
        self.head = nn.Conv2d(32, CHANNELS[predicts], 3, padding=1)
        self.noise = Noise()

    def prior(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The encoder's features (B,128,H/8,W/8) → mu and logvar of p(z | L), each (B, latent_channels, H/8, W/8)."""
        return moments(self.latent(features), self.latent.weight.dtype)

    def decode(self, z: Tensor) -> Tensor:
        """z (B, latent_channels, H/8, W/8) → prediction (B,2 or 3,H,W)."""
        return self.head(self.decoder(z))

    def forward(self, L):
        return self.decode(self.prior(self.encoder(L))[0])  # the prior's mean

    def passes(self):
        return [self.encoder.forward, self.decode, *([self.posterior.forward] if self.posterior else [])]

    def sample(self, L: Tensor, count: int) -> Tensor:
        """`count` colorizations of each photograph, L (B,1,H,W) of any size → normalised ab (count,B,2,H,W).

        Their latents are drawn from the prior. Without a KL term its variance is untrained, so all are its mean.
        """

        def decoded(x):
            mu, logvar = self.prior(self.encoder(x))
            draws = [reparameterise(mu, logvar, self.noise(mu)) if self.posterior else mu for _ in range(count)]
            return torch.stack([self.decode(z) for z in draws])

        with torch.no_grad():
            return torch.stack([self.to_ab(draw) for draw in self._at_stride(decoded, L)])

    def loss(self, batch):
        """`mse` of the prior's mean and, with a KL term, `reconstruction` from the posterior and `kl`.

        Both errors weigh half: in use the colours are unknown (Sohn et al. 2015, section 4.2: hybrid objective).
        """
        L, ab = batch[:2]
        features, target = self.encoder(L), self.target(batch)
        prior = self.prior(features)
        mse = F.mse_loss(self.decode(prior[0]), target)
        if self.posterior is None:
            return {"loss": mse}
        mu, logvar = moments(self.posterior(features, ab), self.latent.weight.dtype)
        z = reparameterise(mu, logvar, self.noise(mu)) if self.training else mu
        reconstruction, kl = F.mse_loss(self.decode(z), target), kl_divergence((mu, logvar), prior)
        loss = (mse + reconstruction) / 2 + self.kl_weight * kl
        return {"loss": loss, "mse": mse, "reconstruction": reconstruction, "kl": kl}

    def blocks(self):
        names = ("7×7 conv, pool", "2 blocks", "2 blocks")
        decoder = [(f"decoder {i}", part) for i, part in enumerate(self.decoder, 1)]
        posterior = [("posterior", self.posterior)] if self.posterior else []
        latent = [("mu, logvar", self.latent), *posterior]
        return [*zip(names, self.encoder), *latent, *decoder, ("3×3 conv", self.head)]


class Posterior(nn.Module):
    """q(z | L, ab): the encoder's features of L and ab (B,2,H,W) → mu and logvar (B, 2 · latent_channels, H/8, W/8)."""

    def __init__(self, latent_channels: int):
        super().__init__()
        pool = nn.AvgPool2d(2)
        self.colours = nn.Sequential(conv_block(2, 32), pool, conv_block(32, 64), pool, conv_block(64, 128), pool)
        self.head = nn.Sequential(conv_block(ENCODER_CHANNELS + 128, 128), nn.Conv2d(128, 2 * latent_channels, 1))

    def forward(self, features, ab):
        return self.head(torch.cat([features, self.colours(ab)], dim=1))


def moments(both: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """(B,2C,H,W) → mu and logvar (B,C,H,W) of a normal distribution; the variance stays within e^±LOGVAR.

    dtype: of the weights, in which the KL term is computed; 16 bits would round it.
    """
    mu, logvar = both.to(dtype).chunk(2, dim=1)
    return mu, logvar.clamp(-LOGVAR, LOGVAR)


def reparameterise(mu: Tensor, logvar: Tensor, noise: Tensor) -> Tensor:
    """z = mu + σ·ε, ε ~ N(0, 1), all of the shape of mu (Kingma & Welling 2014, section 2.4)."""
    return mu + torch.exp(logvar / 2) * noise


def kl_divergence(q: tuple[Tensor, Tensor], p: tuple[Tensor, Tensor]) -> Tensor:
    """KL(q ‖ p) of two normal distributions (mu, logvar) per latent element, a scalar ≥ 0."""
    (mu, logvar), (prior_mu, prior_logvar) = q, p
    distance = (logvar.exp() + (mu - prior_mu) ** 2) / prior_logvar.exp()
    return 0.5 * (prior_logvar - logvar + distance - 1).mean()


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
