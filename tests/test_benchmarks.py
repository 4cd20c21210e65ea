"""The benchmarks still run; their results on an idle machine are in benchmarks/results."""

from dataclasses import replace

import pytest
import torch
from lightning_fabric import Fabric

from benchmarks import evaluate, measure, photographs, roofline, train
from colorization.core.params import load_config


@pytest.fixture(scope="module")
def program():
    with measure.other_program() as program:
        yield program


def test_a_training_is_measured_beside_the_plain_loop(program, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "SECONDS", 0.01)
    photos = photographs.folder_of(tmp_path / "photos", 20)
    rows = train.one("vae", 64, photos, Fabric(devices=1), program, 1)
    assert all(len(row.ratio) == 1 and row.ratio[0] > 0 for row in rows)
    measure.write(tmp_path / "out/train", {"processor": "one"}, {"Training": list(rows)})
    assert "| vae, 64 px |" in (tmp_path / "out/train.md").read_text()


def test_our_measures_equal_the_plain_loop(program):
    row = evaluate.compared(64, 6, program, 1)
    assert row.what == "64 px"
    assert float(row.note.split("within ")[1].split()[0]) < 1e-4


def test_a_step_is_counted_without_computing_it():
    """A linear layer by hand: its weights' gradient and update, and the traffic of known tensors."""
    with roofline.Traffic() as traffic:
        left, right = torch.ones(4, 3), torch.ones(3, 5)
        start = traffic.launches, traffic.moved
        (left @ right).t().add_(1.0)
    assert traffic.launches - start[0] == 2, "a product and an addition; the transposed view is free"
    assert traffic.moved - start[1] == 4 * (12 + 15 + 20) + 4 * (20 + 20)
    params = load_config(roofline.PRESET).model("vae")
    params = replace(params, encoder_weights="none", batch_size=2)
    small, large = (roofline.cost("vae", replace(params, batch_size=count), 128) for count in (2, 4))
    assert large.flops == 2 * small.flops > 0 and large.launches == small.launches
    assert small.moved < large.moved < 2 * small.moved
