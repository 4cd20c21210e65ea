"""pix2pix as Isola et al. test it: each photograph's own statistics, and dropout that a photograph's pixels decide."""

import copy

import numpy as np
import pytest
import torch
from parameters import every_model
from test_export import ABOUT, CLOSE, made, run
from test_models import GAN

from colorization.color import AB_SCALE
from colorization.core.errors import InputError
from colorization.core.params import from_tree
from colorization.export.network import export
from colorization.models.common.contract import Colorizer
from colorization.models.common.weights import build, load_model, save_model
from colorization.models.pix2pix.network import Each

NETWORK = GAN | {"depth": 4, "width": 4}
BATCH = NETWORK | {"test_statistics": "batch"}
QUIET = {"dropout": 0.0}


def photographs(count=3, size=32):
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(3)) * 2 - 1


def close(one, other):
    torch.testing.assert_close(one, other, atol=1e-4, rtol=0)


def test_without_dropout_it_is_the_training_network_on_one_photograph():
    model, L = made("pix2pix", BATCH | QUIET), photographs()
    before = copy.deepcopy(model.state_dict())
    found = model.colorize(L)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items()), "it learns nothing"
    model.train()
    close(found, torch.cat([model(one).detach() for one in L.split(1)]))


def test_the_default_is_the_network_of_the_trained_statistics():
    models, L = [made("pix2pix", network) for network in (NETWORK, BATCH)], photographs()
    for model in models:
        model.train()(L)
    default, alone = (model.eval().colorize(L) for model in models)
    assert torch.equal(default, models[0](L)) and not models[0].draws
    assert (alone - models[1](L)).abs().max() > 0.01


@pytest.mark.parametrize("sides", [(32, 32), (15, 12), (1, 1), (33, 47)])
def test_a_result_depends_on_its_photograph_alone(sides):
    model, L = made("pix2pix", BATCH), torch.rand(3, 1, *sides) * 2 - 1
    together, state = model.colorize(L), torch.get_rng_state()
    assert together.shape == (3, 2, *sides) and together.isfinite().all()
    for i in range(3):
        close(model.colorize(L[i : i + 1]), together[i : i + 1])
    assert torch.equal(model.colorize(L), together)
    assert torch.equal(torch.get_rng_state(), state), "nobody else's random numbers change"


def test_dropout_is_drawn_for_each_photograph_and_layer():
    L, h = photographs(2), torch.zeros(2, 16, 64, 64)
    each, again = Each(L), Each(L.flip(0))
    first, second = (each._mask(h, 0.7) for _ in range(2))
    assert first.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert first.mean().item() == pytest.approx(1, abs=0.02)
    assert torch.equal(again._mask(h, 0.7), first.flip(0))
    for one, other in ((first[0], first[1]), (first[0], second[0])):
        assert (one == other).float().mean().item() == pytest.approx(0.7**2 + 0.3**2, abs=0.02), "independent"
    model = made("pix2pix", BATCH)
    assert (model.colorize(L) - made("pix2pix", BATCH | QUIET).colorize(L)).abs().max() > 0.001


def test_an_export_has_the_statistics_and_refuses_dropout(tmp_path):
    for network in (BATCH | QUIET, BATCH):
        model = made("pix2pix", network)
        save_model(tmp_path / "m.safetensors", model.state_dict(), name="pix2pix", network=network, about=ABOUT)
        if not network["dropout"]:
            export(tmp_path / "m.safetensors", tmp_path / "m.onnx")
            for sides in ((64, 64), (33, 47), (1, 1)):
                L = torch.rand(1, 1, *sides) * 2 - 1
                worst = np.abs(run(tmp_path / "m.onnx", L) - model.colorize(L)[0].numpy()).max() * AB_SCALE
                assert worst < CLOSE, sides
            (tmp_path / "m.onnx").unlink()
    with pytest.raises(InputError, match=r"m\.safetensors: its colours depend on dropout .*, which ONNX cannot repeat"):
        export(tmp_path / "m.safetensors", tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


def test_older_files_load_and_unknown_statistics_are_refused(tmp_path):
    path, weights = tmp_path / "m.safetensors", build("pix2pix", NETWORK).state_dict()
    save_model(path, weights, name="pix2pix", network=NETWORK, about=ABOUT)
    assert not load_model(path, Colorizer).alone
    save_model(path, weights, name="pix2pix", network=NETWORK | {"test_statistics": "other"}, about=ABOUT)
    with pytest.raises(InputError, match="damaged, or not a model of this version"):
        load_model(path, Colorizer)
    tree = every_model()
    tree["models"]["pix2pix"]["test_statistics"] = "other"
    with pytest.raises(InputError, match=r"models\.pix2pix\.test_statistics: .*running, batch"):
        from_tree(tree)
