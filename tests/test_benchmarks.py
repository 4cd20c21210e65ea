"""The benchmarks still run; their results on an idle machine are in benchmarks/results."""

import pytest
from lightning_fabric import Fabric

from benchmarks import evaluate, measure, photographs, train


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
