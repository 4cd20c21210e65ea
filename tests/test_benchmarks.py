"""The benchmarks still run; their results on an idle machine are in benchmarks/results."""

from dataclasses import replace

import numpy
import pytest
import torch
from lightning_fabric import Fabric
from PIL import Image

from benchmarks import detail, evaluate, measure, old_kinds, old_photographs, photographs, roofline, train
from colorization.core.errors import InputError
from colorization.core.params import load_config
from colorization.imaging.curve import linear
from colorization.photo.colorizer import PhotoColorizer


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


class Gray:
    """In place of a network."""

    takes_hints = False

    def colorize(self, L, known):
        return torch.zeros(2, *L.shape).numpy()


@pytest.mark.parametrize("kind", old_kinds.KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_old_photograph_is_compared_with_the_original(kind):
    ramp = torch.linspace(20, 230, 40).repeat(32, 1)
    pixels = torch.stack([ramp, ramp * 0.8, ramp * 0.6], dim=-1).numpy().astype("uint8")
    photos = [Image.fromarray(turned) for turned in (pixels, pixels[::-1], pixels[:, ::-1])]
    small = kind._replace(side=min(kind.side, 64))
    model = PhotoColorizer(Gray(), image_size=24, threads=1)
    one, clean = (old_photographs.judged(model, photos, 0, each, prepare=True) for each in (small, old_kinds.KINDS[0]))
    assert one.delta_e.shape == (32, 40) and small.counts((32, 40)).mean() > 0.3
    part = small.counts((32, 40))
    assert one.delta_e[part].mean() == pytest.approx(clean.delta_e[part].mean(), abs=0.3), "gray is gray"


def test_a_negative_is_the_other_way_round_and_dots_keep_the_light():
    gray = torch.linspace(20, 230, 120).repeat(90, 1).double().numpy()
    kinds = {kind.name: kind for kind in old_kinds.KINDS}
    assert (kinds["negative, without"].scan(gray, []) == 255 - gray).all()
    dots = kinds["halftone dots, 3 px apart"].scan(gray, [])
    light, printed = linear(gray / 255).mean(), linear(dots.clip(0, 255) / 255).mean()
    assert printed == pytest.approx(
        light * linear(old_kinds.PAPER / 255) + (1 - light) * linear(old_kinds.INK / 255), abs=0.02
    )
    assert dots.std() > 1.3 * gray.std()


def test_detail_is_compared_on_photographs_that_have_it(tmp_path):
    random = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (60, 80, 3), generator=random, dtype=torch.uint8).numpy()
    Image.fromarray(pixels).save(tmp_path / "one.png")
    model = PhotoColorizer(Gray(), image_size=24, threads=1)
    (photo,) = detail.photographs(tmp_path, 24)
    rows = numpy.array([[detail.judged(model, photo, factor) for factor in detail.DETAILS]])
    name, count, once, twice, change, chroma, *_ = detail.line_of("groups", rows).strip("| ").split(" | ")
    assert (name, count, once, change, chroma) == ("groups", "1", twice, "0", "0.0"), "gray is gray at any detail"
    with pytest.raises(InputError, match="has 60 pixels; detail 2 needs 64"):
        detail.photographs(tmp_path, 32)
