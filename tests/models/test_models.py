"""Each model: shapes, odd sizes, parameter counts at the paper's width, and overfitting one batch."""

from itertools import pairwise
from urllib.error import URLError

import numpy as np
import pytest
import torch
from torchvision.models import resnet18

from colorization.color import rgb_to_lab
from colorization.core.errors import InputError
from colorization.core.params import load_config
from colorization.models.common.adversarial import PatchDiscriminator
from colorization.models.common.architecture import architecture
from colorization.models.common.blocks import Attention
from colorization.models.common.weights import build
from colorization.models.floors import floors
from colorization.models.vae import network as vae
from colorization.models.zhang import network as zhang

RESNET = {"width": 4, "predicts": "ab"}
GAN = {"width": 8, "depth": 3, "dropout": 0.5, "l1_weight": 100.0, "discriminator_width": 8, "discriminator_layers": 2}
VAE = {"latent_channels": 8, "kl_weight": 0.001, "encoder_weights": "none", "predicts": "ab"}
RESUNET = {"width": 8, "depth": 3, "huber": 11.0, "zoom": 0.3, "relight": 0.2, "small": 0.5, "averaging": 0.99}
OURS = {"width": 8, "encoder_weights": "none", "enlarge": 1.0, "encoder_lr": 0.3, "weight_decay": 0.01, "huber": 11.0,
        "zoom": 0.3, "relight": 0.2, "aging": 0.3, "hinted": 0.5, "averaging": 0.99}  # fmt: skip
ZHANG = {"width": 4, "rebalancing": 0.5, "temperature": 0.38}
SMALL = {"resnet": RESNET, "gan": GAN, "vae": VAE, "ours": OURS, "resunet": RESUNET, "pix2pix": GAN, "zhang": ZHANG}


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
    L, ab = (0.2 * x for x in batch())  # within the gamut
    assert model(L).shape == (2, 3, 32, 32)
    torch.testing.assert_close(model.to_ab(model.target((L, ab))), ab, atol=2e-3, rtol=0)
    assert model.loss((L, ab))["loss"].requires_grad


@pytest.mark.parametrize("name", SMALL)
def test_every_model_can_overfit_one_batch(name):
    torch.manual_seed(0)
    quiet = {
        "ours": {"zoom": 0.0, "relight": 0.0, "aging": 0.0},
        "resunet": {"zoom": 0.0, "relight": 0.0},
        "gan": {"dropout": 0.0},
        "pix2pix": {"dropout": 0.0},
        "zhang": {"width": 16, "rebalancing": 1.0},
    }
    model = build(name, SMALL[name] | quiet.get(name, {}))
    data = batch(size=16)
    optimizers = model.configure_optimizers(lr=0.003, beta1=0.9)
    model.train()
    limit = 0.35 if name == "zhang" else 0.15  # of gray's error; Zhang's colours have a quarter of the side
    for step in range(150):
        model.training_step(data, optimizers, lambda loss: loss.backward())
        if step % 10 == 9:
            error = (model.to_ab(model(data[0])) - data[1]).square().mean()
            if error < limit * data[1].square().mean():
                return
    pytest.fail(f"after 150 steps the error is {error:.3f}")


def conv(c_in, c_out, k, bias=False):
    return c_in * c_out * k * k + (c_out if bias else 0)


def norm(c):
    return 2 * c


def test_resnet_parameters_at_the_width_of_the_paper_preset():
    w = load_config("presets/paper.yaml").model("resnet").width
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


def test_gan_parameters_as_the_paper_describes():
    params = load_config("presets/paper.yaml").model("gan").network()
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


def test_vae_parameters_as_the_paper_describes():
    model = build("vae", VAE)
    encoder = conv(1, 64, 7) + norm(64) + 4 * (conv(64, 64, 3) + norm(64))
    encoder += conv(64, 128, 3) + 3 * conv(128, 128, 3) + conv(64, 128, 1) + 5 * norm(128)
    assert sum(p.numel() for p in model.encoder.parameters()) == encoder
    assert len([m for m in model.encoder.modules() if type(m).__name__ == "BasicBlock"]) == 4


def test_pix2pix_parameters_as_isola_et_al_describe():
    """C64-C128-C256-C512×5 and its mirror (appendix 6.1.1), one channel in and two out; the PatchGAN (6.1.2)."""
    params = {"width": 64, "depth": 8, "dropout": 0.5, "l1_weight": 100.0, "discriminator_width": 64}
    model = build("pix2pix", params | {"discriminator_layers": 3})
    encoders = conv(1, 64, 4, True) + conv(64, 128, 4) + conv(128, 256, 4) + conv(256, 512, 4) + 3 * conv(512, 512, 4)
    encoders += conv(512, 512, 4, True) + norm(128 + 256 + 512 + 3 * 512)
    decoders = conv(512, 512, 4) + 3 * conv(1024, 512, 4) + conv(1024, 256, 4) + conv(512, 128, 4) + conv(256, 64, 4)
    decoders += norm(4 * 512 + 256 + 128 + 64) + conv(128, 2, 4, True)
    assert sum(p.numel() for p in model.generator.parameters()) == encoders + decoders
    assert len([m for m in model.modules() if isinstance(m, torch.nn.Dropout)]) == 3
    assert sum(p.numel() for p in model.discriminator.parameters()) == 2_768_705 - 64 * 16 * 3, "theirs sees 6 channels"


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


def test_resunet_looks_at_the_whole_photograph():
    torch.manual_seed(0)
    model = build("resunet", RESUNET).eval()
    for module in model.modules():
        if isinstance(module, Attention):
            torch.nn.init.normal_(module.out.weight)
    L = torch.rand(1, 1, 64, 64, requires_grad=True)
    model(L)[0, 0, 0, 0].backward()
    assert L.grad[0, 0, -1, -1] != 0


def test_resunet_averages_its_predictions_at_two_sizes():
    torch.manual_seed(0)
    model, (L, _) = build("resunet", RESUNET).eval(), batch(size=32)
    larger = torch.nn.functional.interpolate(L, (48, 48), mode="bilinear")
    second = torch.nn.functional.interpolate(model(larger), (32, 32), mode="bilinear")
    torch.testing.assert_close(model.colorize(L), (model(L) + second) / 2)


def test_resunet_crops_light_and_colour_alike_and_relights_light_only():
    torch.manual_seed(0)
    L = torch.linspace(-0.5, 0.5, 64).view(1, 1, 1, 64).expand(200, 1, 64, 64)
    ab = torch.cat([L, -L], dim=1)
    still = build("resunet", RESUNET | {"zoom": 0.0, "relight": 0.0})
    for ours, theirs in zip(still.varied(L, ab), (L, ab)):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    cropped_L, cropped_ab = build("resunet", RESUNET | {"relight": 0.0}).varied(L, ab)
    torch.testing.assert_close(cropped_ab, torch.cat([cropped_L, -cropped_L], dim=1))
    spans = cropped_L.amax(dim=(1, 2, 3)) - cropped_L.amin(dim=(1, 2, 3))
    assert 0.68 < spans.min() < 0.75 and 0.95 < spans.max() <= 1.0001
    relit, same = build("resunet", RESUNET | {"zoom": 0.0}).varied(L, ab)
    torch.testing.assert_close(same, ab, atol=1e-5, rtol=0)
    gains = relit.amax(dim=(1, 2, 3)) - relit.amin(dim=(1, 2, 3))
    assert 0.79 < gains.min() < 0.85 and 1.15 < gains.max() < 1.21
    shifts = relit[:, 0, 0, 32] - (L[:, 0, 0, 32] + 1) * gains + 1
    assert shifts.abs().max() < 0.101 and shifts.std() > 0.04


@pytest.mark.parametrize(("progress", "side"), [(0.0, 48), (0.49, 48), (0.5, 64), (1.0, 64)])
def test_resunet_begins_with_smaller_photographs(progress, side):
    torch.manual_seed(0)
    L = torch.linspace(-0.5, 0.5, 64).view(1, 1, 1, 64).expand(3, 1, 64, 64)
    model = build("resunet", RESUNET | {"zoom": 0.0, "relight": 0.0})
    model.progress = progress
    painted = model.varied(L, torch.cat([L, -L], dim=1))
    assert [part.shape for part in painted] == [(3, 1, side, side), (3, 2, side, side)]
    assert painted[0].amin() < -0.49 and painted[0].amax() > 0.49  # the whole photograph is used
    assert model.loss((L, torch.cat([L, -L], dim=1)))["loss"].isfinite()


def test_attention_starts_as_identity_and_mixes_positions():
    torch.manual_seed(0)
    attention, x = Attention(8).eval(), torch.randn(2, 8, 3, 5)
    assert torch.equal(attention(x), x)
    torch.nn.init.normal_(attention.out.weight)
    order = torch.randperm(15)
    shuffled = attention(x.flatten(2)[..., order].view(x.shape)).flatten(2)
    torch.testing.assert_close(shuffled, attention(x).flatten(2)[..., order])


def test_zhang_parameters_as_zhang_et_al_describe():
    """Table 4: eight blocks with 64 to 512 channels, then a 1×1 convolution to the bins."""
    model = build("zhang", ZHANG | {"width": 64})
    c = [64, 128, 256, 512]
    expected = conv(1, 64, 3, True) + conv(64, 64, 3, True) + conv(64, 128, 3, True) + conv(128, 128, 3, True)
    expected += conv(128, 256, 3, True) + 2 * conv(256, 256, 3, True) + conv(256, 512, 3, True)
    expected += 11 * conv(512, 512, 3, True) + sum(map(norm, (*c, 512, 512, 512)))
    expected += conv(512, 256, 4, True) + 2 * conv(256, 256, 3, True) + conv(256, len(model.centres), 1, True)
    assert sum(p.numel() for p in model.parameters()) == expected
    dilated = [m.dilation for m in model.modules() if isinstance(m, torch.nn.Conv2d) and m.dilation != (1, 1)]
    assert dilated == 6 * [(2, 2)], "blocks 5 and 6"


def test_zhang_bins_hold_every_colour_of_srgb():
    centres = torch.from_numpy(zhang.gamut()) * 110
    assert len(centres) == 310 and (centres % 10 == 0).all()
    colours = rgb_to_lab(torch.rand(20_000, 3, 1, 1))[1].view(-1, 2) * 110
    assert torch.cdist(colours, centres).min(dim=1).values.max() <= 50**0.5 + 1e-4, "half a bin's diagonal"


def test_zhang_encodes_softly_and_decodes_by_temperature():
    model = build("zhang", ZHANG)
    _, ab = batch()
    bins, shares = model.encode(ab)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(2, 32, 32))
    distances = (model.centres[bins] - ab.permute(0, 2, 3, 1).unsqueeze(1)).norm(dim=-1)
    assert (distances.diff(dim=1) >= 0).all() and distances[:, 0].max() * 110 <= 50**0.5 + 1e-4
    ratio = torch.exp(-((110 * distances[:, 1]) ** 2 - (110 * distances[:, 0]) ** 2) / 50)
    torch.testing.assert_close(shares[:, 1] / shares[:, 0], ratio)
    logits = torch.randn(1, len(model.centres), 2, 2, generator=torch.Generator().manual_seed(0))
    model.temperature.fill_(1e-3)
    mode = model.centres[logits.argmax(dim=1)].permute(0, 3, 1, 2)
    torch.testing.assert_close(model.annealed_mean(logits), mode)
    model.temperature.fill_(1.0)
    mean = torch.einsum("bqhw,qc->bchw", logits.softmax(dim=1), model.centres)
    torch.testing.assert_close(model.annealed_mean(logits), mean)


def test_zhang_weights_rare_colours_more_and_ignores_gray_photographs():
    packed = np.zeros((10, 3, 16, 16), np.float16)
    packed[:9, 1], packed[9, 2] = 0.1, 0.5
    model = build("zhang", ZHANG).eval()
    model.prepare(packed)
    weight = [
        model.bin_weights[model.encode(torch.tensor(packed[i : i + 1, 1:]).float())[0][0, 0, 0, 0]] for i in (0, 9)
    ]
    assert weight[1] > 3 * weight[0] > 0
    assert 0.9 * weight[0] + 0.1 * weight[1] == pytest.approx(1, rel=1e-4), "of mean 1 over the training pixels"
    L = torch.rand(2, 1, 16, 16)
    gray, coloured = torch.zeros(1, 2, 16, 16), torch.tensor(packed[:1, 1:]).float()
    assert model.loss((L[:1], gray))["loss"] == 0
    alone, beside = model.loss((L[1:], coloured))["loss"], model.loss((L, torch.cat([gray, coloured])))["loss"]
    assert alone > 0 and beside.item() == pytest.approx(alone.item() / 2, rel=1e-5)


def test_vae_samples_differ_and_surround_the_mean():
    torch.manual_seed(0)
    model = build("vae", VAE).eval()
    L, _ = batch(size=20)
    samples = model.sample(L, 5)
    assert samples.shape == (5, 2, 2, 20, 20)
    assert samples.std(dim=0).mean() > 1e-4


def test_the_posterior_sees_the_colours_and_the_prior_does_not():
    torch.manual_seed(0)
    model, (L, ab) = build("vae", VAE).eval(), batch()
    terms, others = model.loss((L, ab)), model.loss((L, ab.flip(0)))
    assert terms["kl"] != others["kl"]
    features = model.encoder(L)
    assert not torch.equal(model.posterior(features, ab), model.posterior(features, ab.flip(0)))
    assert torch.equal(model(L), model.decode(model.prior(features)[0]))


def test_kl_divergence_equals_torch():
    q, p = torch.randn(2, 2, 2, 3, 4, 4)
    q_normal, p_normal = (torch.distributions.Normal(mu, (logvar / 2).exp()) for mu, logvar in (q, p))
    expected = torch.distributions.kl_divergence(q_normal, p_normal).mean()
    torch.testing.assert_close(vae.kl_divergence(q, p), expected)
    assert vae.kl_divergence(p, p) == 0


def test_a_failed_download_of_weights_is_reported_in_one_line(monkeypatch, tmp_path):
    def refuse(*args, **kwargs):
        raise URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.urlopen", refuse)
    with pytest.raises(InputError, match=r"models.vae.encoder_weights: imagenet: the download .* failed .*no network"):
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
    assert description["input"] == [1, 32, 32]


def test_the_gray_and_mean_colour_floors():
    packed = torch.zeros(4, 3, 8, 8).half().numpy()
    packed[:, 1], packed[:, 2] = 0.25, -0.5
    L = torch.rand(2, 1, 8, 8)
    assert not floors.fit("gray", packed).colorize(L).any()
    mean = floors.fit("mean", packed).colorize(L)
    torch.testing.assert_close(mean, torch.tensor([0.25, -0.5]).view(1, 2, 1, 1).expand(2, 2, 8, 8))
