"""Batch norm's statistics: those of training photographs, seen by the weights that are saved."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from parameters import every_model
from torch import nn

from colorization.core.params import from_tree
from colorization.dataset.photos import Photos
from colorization.models.common.weights import build
from colorization.training import norms
from colorization.training.distributed import Processes

CONFIG = from_tree(every_model())
GAN = {"width": 4, "depth": 2, "discriminator_width": 4, "discriminator_layers": 1}


@pytest.fixture
def processes():
    return Processes(Fabric(accelerator="cpu", devices=1))


def photos(count, side=16):
    drawn = np.random.default_rng(0).uniform(-0.5, 0.5, (count, 3, side, side)).astype(np.float16)
    return Photos(torch.from_numpy(drawn), torch.device("cpu"))


def gan(processes):
    torch.manual_seed(1)
    params = replace(CONFIG.model("gan"), **GAN)
    return processes.join(build("gan", params.network())).train()


def test_the_statistics_are_the_means_of_the_batches(processes):
    model = gan(processes)
    expected, first = [], next(layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d))
    heard = first.register_forward_pre_hook(lambda _, inputs: expected.append(inputs[0].detach()))
    norms.settle(model, photos(40), 5, processes)
    heard.remove()
    assert [len(batch) for batch in expected] == [5, 5], "a quarter of the photographs, in full batches"
    means = torch.stack([batch.mean(dim=(0, 2, 3)) for batch in expected]).mean(dim=0)
    variances = torch.stack([batch.var(dim=(0, 2, 3)) for batch in expected]).mean(dim=0)
    torch.testing.assert_close(first.running_mean, means)
    torch.testing.assert_close(first.running_var, variances)
    assert first.momentum == 0.1


def test_weights_random_numbers_and_the_discriminator_stay(processes):
    model = gan(processes)
    before, state = copy.deepcopy(model.state_dict()), torch.random.get_rng_state()
    norms.settle(model, photos(20), 4, processes)
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed and all("running" in name or "num_batches" in name for name in changed)
    assert all(not name.startswith("discriminator") for name in changed)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_layers_in_evaluation_mode_keep_their_statistics(processes):
    model = gan(processes)
    fixed = next(layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)).eval()
    before = copy.deepcopy(fixed.state_dict())
    norms.settle(model, photos(20), 4, processes)
    assert all(torch.equal(value, before[name]) for name, value in fixed.state_dict().items()) and not fixed.training


@pytest.mark.parametrize("count, batch_size, expected", [(4000, 16, 512), (100, 16, 16), (8, 16, 8), (3, 4, 3)])
def test_how_many_photographs_settle_them(count, batch_size, expected):
    every_second = torch.arange(0, 2 * count, 2)
    rows = norms.evenly(replace(photos(2 * count, 1), rows=every_second), batch_size).rows
    assert len(rows) == expected == len(set(rows.tolist()))
    assert rows[0] == 0 and rows[-1] == 2 * count - 2 and (rows % 2 == 0).all()
