"""Each network: shapes, odd sizes, parameter counts at the report's width, and learning one batch by heart."""

from itertools import pairwise
from urllib.error import URLError

import pytest
import torch
from torchvision.models import resnet18

from colorization.checkpoint import build
from colorization.config import load_config
from colorization.errors import InputError
from colorization.models import baselines, vae
from colorization.models.base import architecture
from colorization.models.gan import PatchDiscriminator

RESNET = {"width": 4, "predicts": "ab"}
GAN = {"width": 8, "depth": 3, "dropout": 0.5, "l1_weight": 100.0, "discriminator_width": 8, "discriminator_layers": 2}
VAE = {"latent_channels": 8, "kl_weight": 0.001, "encoder_weights": "none", "predicts": "ab"}
SMALL = {"resnet": RESNET, "gan": GAN, "vae": VAE}


def batch(count=2, size=32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    L = torch.rand(count, 1, size, size, generator=generator) * 2 - 1
    ab = torch.nn.functional.interpolate(torch.rand(count, 2, 4, 4, generator=generator) - 0.5, size, mode="bilinear")
    return L, ab


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("size", [(32, 32), (64, 32), (15, 12), (1, 1), (33, 47)])
def test_colorizes_any_size(name, size):
    ab = build(name, SMALL[name]).eval().colorize(torch.zeros(2, 1, *size))
    assert ab.shape == (2, 2, *size)
    assert ab.isfinite().all()


@pytest.mark.parametrize("name", ["resnet", "vae"])
def test_rgb_predictions_become_ab(name):
    torch.manual_seed(0)
    model = build(name, SMALL[name] | {"predicts": "rgb"}).eval()
    L, ab = (0.2 * x for x in batch())  # inside the gamut
    assert model(L).shape == (2, 3, 32, 32)
    torch.testing.assert_close(model.to_ab(model.target((L, ab))), ab, atol=2e-3, rtol=0)
    assert model.loss((L, ab))["loss"].requires_grad


@pytest.mark.parametrize("name", SMALL)
def test_learns_one_batch_by_heart(name):
    torch.manual_seed(0)
    model = build(name, SMALL[name] | ({"dropout": 0.0} if name == "gan" else {}))
    data = batch(size=16)
    optimizers = model.configure_optimizers(lr=0.003, beta1=0.9)
    model.train()
    for _ in range(150):
        model.training_step(data, optimizers, lambda loss: loss.backward())
    error = (model.colorize(data[0]) - data[1]).square().mean()
    assert error < 0.15 * data[1].square().mean(), "of the error of gray"


def conv(c_in, c_out, k, bias=False):
    return c_in * c_out * k * k + (c_out if bias else 0)


def norm(c):
    return 2 * c


def test_resnet_parameters_at_the_width_of_the_paper_preset():
    w = load_config("presets/paper.yaml").train.resnet.width
    expected, c = conv(1, w, 7) + norm(w), w
    for planes, count in zip((w, 2 * w, 4 * w, 8 * w), (3, 4, 6, 3)):
        expected += conv(c, 4 * planes, 1) + norm(4 * planes)  # the widening shortcut
        for _ in range(count):
            expected += conv(c, planes, 1) + conv(planes, planes, 3) + conv(planes, 4 * planes, 1)
            expected += 2 * norm(planes) + norm(4 * planes)
            c = 4 * planes
    expected += conv(c, 3, 1, bias=True)
    model = build("resnet", {"width": w, "predicts": "rgb"})
    assert sum(p.numel() for p in model.parameters()) == expected == 1_480_947


def test_resnet_keeps_full_resolution_throughout():
    shapes = {tuple(row["shape"][1:]) for row in architecture(build("resnet", RESNET), 32)["blocks"]}
    assert shapes == {(32, 32)}


def test_gan_parameters_as_the_report_describes():
    params = load_config("presets/paper.yaml").train.gan.network()
    model = build("gan", params)
    c = [64, 128, 256, 512, 512, 512, 512]
    assert len(model.generator.encoders) == len(model.generator.decoders) == 7
    encoders = conv(1, 64, 4, bias=True) + sum(conv(a, b, 4) + norm(b) for a, b in pairwise(c[:6]))
    encoders += conv(512, 512, 4, bias=True)  # the innermost has no norm
    outs = [512, 512, 512, 256, 128, 64, 64]
    decoders = sum(conv(2 * a, b, 4) + norm(b) for a, b in zip(reversed(c), outs))
    generator = encoders + conv(512, 512, 3, bias=True) + decoders + conv(64, 2, 3, bias=True)
    assert sum(p.numel() for p in model.generator.parameters()) == generator
    discriminator = conv(3, 64, 4, bias=True) + conv(64, 128, 4) + conv(128, 256, 4) + conv(256, 512, 4)
    discriminator += norm(128) + norm(256) + norm(512) + conv(512, 1, 4, bias=True)
    assert sum(p.numel() for p in model.discriminator.parameters()) == discriminator


def test_vae_parameters_as_the_report_describes():
    model = build("vae", VAE)
    encoder = conv(1, 64, 7) + norm(64) + 4 * (conv(64, 64, 3) + norm(64))
    encoder += conv(64, 128, 3) + 3 * conv(128, 128, 3) + conv(64, 128, 1) + 5 * norm(128)
    assert sum(p.numel() for p in model.encoder.parameters()) == encoder
    assert len([m for m in model.encoder.modules() if type(m).__name__ == "BasicBlock"]) == 4


def test_discriminator_judges_patches_of_70_pixels():
    discriminator = PatchDiscriminator(width=4, layers=3).eval()
    L = torch.rand(1, 1, 256, 256, requires_grad=True)
    logits = discriminator(L, torch.rand(1, 2, 256, 256))
    assert logits.shape == (1, 1, 30, 30)
    logits[0, 0, 15, 15].backward()
    rows = L.grad[0, 0].abs().sum(dim=1).nonzero()
    assert rows.max() - rows.min() + 1 == 70


def test_gan_step_trains_each_side_on_its_own_loss():
    torch.manual_seed(0)
    model = build("gan", GAN).train()
    generator, discriminator = model.configure_optimizers(lr=0.001, beta1=0.5)
    before = [p.detach().clone() for p in model.parameters()]
    seen = []

    def backward(loss):
        loss.backward()
        seen.append({n.split(".")[0] for n, p in model.named_parameters() if p.grad is not None and p.grad.any()})

    terms = model.training_step(batch(), [generator, discriminator], backward)
    assert seen[0] == {"discriminator"}, "D's loss reaches D alone"
    assert "generator" in seen[1]
    assert all(not torch.equal(a, b) for a, b in zip(before, model.parameters()) if b.numel() > 1)
    assert terms["loss"].item() == pytest.approx((terms["adversarial"] + 100 * terms["l1"]).item(), rel=1e-5)


def test_vae_samples_differ_and_surround_the_mean():
    torch.manual_seed(0)
    model = build("vae", VAE).eval()
    L, _ = batch(size=20)
    samples = model.sample(L, 5)
    assert samples.shape == (5, 2, 2, 20, 20)
    assert samples.std(dim=0).mean() > 1e-4


def test_kl_divergence_is_that_of_torch():
    mu, logvar = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(mu, (logvar / 2).exp()), normal(0.0, 1.0)).mean()
    torch.testing.assert_close(vae.kl_divergence(mu, logvar), expected)


def test_a_failed_download_of_weights_is_one_line(monkeypatch, tmp_path):
    def refuse(*args, **kwargs):
        raise URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.urlopen", refuse)
    with pytest.raises(InputError, match=r"train.vae.encoder_weights: imagenet: the download .* failed .*no network"):
        build("vae", VAE | {"encoder_weights": "imagenet"})


def test_pretrained_weights_see_gray_in_all_three_channels(monkeypatch):
    backbone = resnet18()
    monkeypatch.setattr(vae, "_pretrained", lambda: backbone)
    encoder = build("vae", VAE | {"encoder_weights": "imagenet"}).encoder.eval()
    children = torch.nn.Sequential(*list(backbone.children())[:6]).eval()
    L = torch.rand(1, 1, 32, 32)
    torch.testing.assert_close(encoder(L), children(L.expand(-1, 3, -1, -1)))


def test_without_kl_the_vae_is_a_plain_autoencoder():
    model = build("vae", VAE | {"kl_weight": 0.0}).train()
    data = batch()
    assert torch.equal(model.loss(data)["loss"], model.loss(data)["loss"]), "no noise"
    model.eval()
    assert torch.equal(model.sample(data[0], 2)[0], model.colorize(data[0]))
    noisy = build("vae", VAE).train()
    assert not torch.equal(noisy.loss(data)["loss"], noisy.loss(data)["loss"])


@pytest.mark.parametrize("name", SMALL)
def test_architecture_accounts_for_every_parameter(name):
    description = architecture(build(name, SMALL[name]), 32)
    assert sum(block["parameters"] for block in description["blocks"]) == description["parameters"]
    assert [1, 32, 32] == description["input"]


def test_floors():
    packed = torch.zeros(4, 3, 8, 8).half().numpy()
    packed[:, 1], packed[:, 2] = 0.25, -0.5
    L = torch.rand(2, 1, 8, 8)
    assert not baselines.fit("gray", packed).colorize(L).any()
    mean = baselines.fit("mean", packed).colorize(L)
    torch.testing.assert_close(mean, torch.tensor([0.25, -0.5]).view(1, 2, 1, 1).expand(2, 2, 8, 8))
