"""The row of the command itself on the card of a bundled model."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import ROOT

from colorization.color import lab_to_rgb
from colorization.core.params import load_config
from colorization.evaluation.scoring import to_uint8
from colorization.models.common.contract import Colorizer
from colorization.photo.torch_network import TorchNetwork
from colorization.vividness import OWN, Curve, vivid
from tools import as_painted
from tools.as_painted import AsPainted, AsStored

CONFIG = load_config(ROOT / "presets/sample.yaml")
CONFIG = replace(CONFIG, compare=replace(CONFIG.compare, resamples=200))


class Brown(Colorizer):
    """One colour everywhere."""

    def __init__(self):
        super().__init__(predicts="ab")

    def forward(self, L):
        return torch.tensor([0.05, 0.1]).view(1, 2, 1, 1).expand(len(L), 2, *L.shape[-2:])


def test_the_command_paints_more_vividly_and_keeps_the_lightness():
    L = torch.from_numpy(np.random.default_rng(0).uniform(-0.5, 0.5, (2, 1, 32, 32)).astype(np.float32))
    own = Brown().colorize(L)
    for curve in (OWN, Curve(1.5), Curve(2.0, 10.0)):
        command = AsPainted(TorchNetwork(Brown(), device="cpu"), image_size=32, curve=curve)
        ab = command.colorize(L)
        assert ab.shape == own.shape
        assert ab.mean(dim=(0, 2, 3)) == pytest.approx(vivid(own, curve).mean(dim=(0, 2, 3)), abs=0.01)
        gray = to_uint8(lab_to_rgb(L, ab * 0)).astype(int)
        assert np.abs(gray - to_uint8(lab_to_rgb(L, torch.zeros(2, 2, 32, 32)))).max() <= 1


def test_a_stored_network_is_scored_like_the_network_itself():
    L = torch.from_numpy(np.random.default_rng(0).uniform(-0.5, 0.5, (3, 1, 16, 24)).astype(np.float32))
    assert torch.equal(AsStored(TorchNetwork(Brown(), device="cpu")).colorize(L), Brown().colorize(L))


def rows(delta_e) -> pd.DataFrame:
    source = ["sea"] * 3 + ["rooms"] * 2
    return pd.DataFrame({"name": "x", "source": source, "category": source, "delta_e": delta_e, "mse": 0.01,
                         "mse_gray": 0.02, "ab_mse": 100.0, "psnr": 20.0, "colorfulness": 10.0,
                         "colorfulness_original": 20.0})  # fmt: skip


def test_the_table_has_each_source_and_all_together():
    found = {"gray": rows([9, 9, 9, 5, 5]), "own": rows([6, 6, 6, 4, 4]), "painted": rows([7, 7, 7, 6, 6])}
    lines = as_painted.scores(found, Curve(2.0, 10.0), CONFIG).splitlines()[2:]
    assert [line.split(" | ")[0] for line in lines] == [
        f"| {group}: {row}" for group in ("all (5)", "rooms (2)", "sea (3)")
        for row in ("gray", "the network's own", "`colorize`, vividness 2 · C² / (C + 10)")
    ]  # fmt: skip
    assert "| 7.40 <sub>" not in lines[2] and "| 6.60 <sub>" in lines[2] and "| 6.00 <sub>" in lines[5]
    alone = {row: table[:3].reset_index(drop=True) for row, table in found.items()}
    assert len(as_painted.scores(alone, Curve(2.0, 10.0), CONFIG).splitlines()) == 5, "one source is not told apart"
