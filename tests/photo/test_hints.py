"""Hints: the hinted place gets its colour, what is far away stays, and bad hints are one line."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage import color, data, transform

from colorization.color import AB_SCALE
from colorization.core.errors import InputError
from colorization.models.common import hints as of_network
from colorization.models.common.weights import build
from colorization.photo import hints as given
from colorization.photo.colorizer import PhotoColorizer, load
from colorization.photo.torch_network import TorchNetwork
from colorization.vividness import OWN, Curve

OURS = {"width": 8, "encoder_weights": "none", "enlarge": 1.0, "encoder_lr": 0.3, "weight_decay": 0.01, "huber": 20.0,
        "zoom": 0.3, "relight": 0.2, "aging": 0.0, "hinted": 0.5, "averaging": 0.0}  # fmt: skip


@pytest.fixture(scope="module")
def colorizer():
    torch.manual_seed(0)
    return PhotoColorizer(TorchNetwork(build("ours", OURS), device="cpu"), image_size=64)


@pytest.fixture(scope="module")
def photo():
    """A gray photograph, with light and dark."""
    return (color.rgb2gray(transform.resize(data.astronaut(), (256, 320))) * 255).astype(np.uint8)


def lab(pixels):
    return color.rgb2lab(pixels)


def far(shape, x, y, distance):
    rows, columns = np.indices(shape)
    return (rows - y) ** 2 + (columns - x) ** 2 > distance**2


@pytest.mark.parametrize("curve", [Curve(0.5), OWN, Curve(2.0), Curve(2.5, 10.0), Curve(1.0, 30.0)])
def test_the_hinted_place_has_its_colour(colorizer, photo, curve):
    painter = PhotoColorizer(colorizer.network, image_size=64, curve=curve)
    places = np.random.default_rng(0).integers(30, 220, (5, 2))
    for x, y in places.tolist():
        for a, b in ((12, -18), (-20, 14), (0, 0)):
            wanted = np.array([lab(np.repeat(photo[..., None], 3, 2))[y, x, 0], a, b])
            rgb = color.lab2rgb(wanted)
            if np.abs(color.rgb2lab(rgb) - wanted).max() > 1:
                continue  # this lightness does not allow the colour
            hint = given.Hint(x, y, a / AB_SCALE, b / AB_SCALE)
            result = painter.colorize(photo, hints=[hint])
            assert color.deltaE_ciede2000(lab(result)[y, x], wanted) < 5


def corrected(L, ab, hints):
    places = given.places_of(hints, L.shape)
    wanted = np.array([[one.a, one.b] for one in hints])
    return ab + given.correction(L, places, wanted - given.at_places(ab, places))


def test_places_and_maps_are_read_as_torch_reads_them():
    generator = torch.Generator().manual_seed(0)
    planes, places = torch.rand(4, 13, 17, generator=generator), torch.rand(50, 2, generator=generator) * 2 - 1
    expected = F.grid_sample(planes[None], places.view(1, 1, -1, 2), padding_mode="border", align_corners=False)
    assert np.abs(given.at_places(planes.numpy(), places.numpy()) - expected[0, :, 0].T.numpy()).max() < 1e-5
    known = given.map_of([given.Hint(3, 4, 0.5, -0.2), given.Hint(16, 12, 0.1, 0.4)], (1.0, 1.0), (13, 17), OWN, 5)
    for sides in ((13, 17), (20, 23), (5, 4), (1, 1), (14, 16)):
        shares = F.adaptive_avg_pool2d(torch.from_numpy(known)[None], sides)[0].numpy()
        found = given.fitted(known, sides)
        assert np.array_equal(found[0], shares[0] > 0) and found.dtype == np.float32
        assert np.abs(found[1:] - shares[1:] / np.maximum(shares[:1], 1e-6)).max() < 1e-5
        assert np.abs(found - of_network.at(torch.from_numpy(known)[None], *sides)[0].numpy()).max() < 1e-5


def test_a_correction_equals_torch():
    """Radial basis functions over place and lightness, solved in double precision."""
    generator = torch.Generator().manual_seed(0)
    L, error = torch.rand(1, 1, 24, 30, generator=generator) * 2 - 1, torch.rand(6, 2, generator=generator) - 0.5
    places = torch.tensor([[x, y] for x in (-0.8, 0.0, 0.8) for y in (-0.5, 0.5)])  # apart: a well-posed system

    def read(planes):
        grid = places.view(1, 1, -1, 2)
        return F.grid_sample(planes[None], grid, padding_mode="border", align_corners=False)[0, :, 0].T

    rows, columns = (torch.arange(side) + 0.5 for side in (24, 30))
    down, across = (rows - (places[:, 1:] + 1) * 12), (columns - (places[:, :1] + 1) * 15)
    unlike = L[0] - read(L[0]).view(-1, 1, 1)
    squared = down[:, :, None] ** 2 + across[:, None, :] ** 2
    weights = torch.exp(-squared / (2 * (0.08 * 24) ** 2) - unlike**2 / (2 * 0.15**2))
    factors = torch.linalg.solve(read(weights).double() + 1e-3 * torch.eye(6), error.double())
    expected = torch.einsum("khw,kc->chw", weights, factors.float())
    found = given.correction(L[0, 0].numpy(), places.numpy(), error.numpy())
    assert np.abs(found - expected.numpy()).max() < 1e-4


def test_far_and_unlike_places_are_corrected_by_nothing():
    """Beside the hint's spreading: this is about the correction after the guide alone."""
    L, ab = np.zeros((64, 64), np.float32), np.zeros((2, 64, 64), np.float32)
    L[:, 32:] = 0.8
    changed = corrected(L, ab, [given.Hint(20, 20, 0.5, -0.3)])
    assert np.abs(changed[:, 20, 20] - (0.5, -0.3)).max() < 2e-3
    outside = far((64, 64), 20, 20, 25)
    assert np.abs(changed[:, outside]).max() * AB_SCALE < 0.5
    assert np.abs(changed[:, 20, 33:]).max() * AB_SCALE < 0.1, "another lightness"


def test_a_network_and_hints_are_joined_at_places_of_a_small_grid():
    random = np.random.default_rng(0)
    L, plain = np.zeros((96, 128), np.float32), random.uniform(-0.01, 0.01, (2, 96, 128)).astype(np.float32)
    L[:, 64:] = 0.8
    known = given.map_of([given.Hint(20, 20, 0.5, -0.3)], (1.0, 1.0), L.shape, OWN, 1)
    result = given.joined(L, plain, plain, known)
    assert result.shape == plain.shape and result.dtype == np.float32
    assert np.abs(result[:, 20, 20] - (0.5, -0.3)).max() < 0.03
    assert np.abs(result[0, :40, :40] - 0.5).max() < 0.05, "as light as at the hint"
    assert np.array_equal(result[:, :, 68:], plain[:, :, 68:]), "far and unlike"
    assert given.joined(L, plain, plain, np.zeros_like(known)) is plain, "the hints lie on a border"


def test_several_hints_are_all_kept():
    random = np.random.default_rng(0)
    L = random.uniform(-1, 1, (48, 64)).astype(np.float32)
    ab = random.uniform(-0.2, 0.2, (2, 48, 64)).astype(np.float32)
    places = sorted({(int(x), int(y)) for x, y in zip(random.integers(0, 64, 30), random.integers(0, 48, 30))})
    hints = [given.Hint(x, y, *random.uniform(-0.3, 0.3, 2)) for x, y in places]
    changed = corrected(L, ab, hints)
    for one in hints:
        found = changed[:, int(one.y), int(one.x)]
        assert np.abs(found - (one.a, one.b)).max() < 0.02


def test_colours_names_and_keep_are_understood(colorizer, photo):
    assert given.hint(1, 2, "#2f5d3a") == given.hint(1, 2, "rgb(47, 93, 58)") == given.parsed("1,2,#2f5d3a")
    assert given.parsed("1,2,keep")[2:] == (0.0, 0.0) and given.parsed("1, 2, rgb(47, 93, 58)").x == 1
    assert given.hint(0, 0, "red").a > 0.5
    twice = colorizer.colorize(photo, hints=[(100, 100, "keep"), (100, 100, "keep")])
    assert np.array_equal(twice, colorizer.colorize(photo, hints=[(100, 100, "keep")]))
    assert np.array_equal(colorizer.colorize(photo, hints=[]), colorizer.colorize(photo))


@pytest.mark.parametrize(
    "hints, told",
    [
        ([(400, 10, "red")], "hint 400,10: outside the photograph of 320×256 pixels"),
        ([(10, 10, "red"), (10.4, 10, "blue")], "two colours for one place"),
        ([(10, 10, "rde")], "rde is not a colour"),
        ([(10, 10, None)], "not a colour"),
        ([(True, 10, "red")], "must be pixels"),
        ([(float("nan"), 10, "red")], "must be pixels"),
        ([(i % 320, i // 320, "red") for i in range(1001)], "takes at most 1000"),
    ],
)
def test_bad_hints_are_one_line(colorizer, photo, hints, told):
    with pytest.raises(InputError, match=told) as caught:
        colorizer.colorize(photo, hints=hints)
    assert "\n" not in str(caught.value)


def test_hints_of_a_file(tmp_path):
    path = tmp_path / "coat.json"
    path.write_text(json.dumps({"hints": [{"x": 1, "y": 2, "color": "#2f5d3a"}, {"x": 3.5, "y": 4, "color": "keep"}]}))
    assert given.read_hints(path) == [given.hint(1, 2, "#2f5d3a"), given.hint(3.5, 4, "keep")]
    for content in ("", "[]", '{"hints": 1}', '{"hints": [{"x": 1}]}', '{"hints": [[]]}', "[" * 5000):
        path.write_text(content)
        with pytest.raises(InputError, match="coat.json: not a file of hints"):
            given.read_hints(path)


def test_a_model_without_hints_and_a_list_say_so(trained, colorizer, photo):
    with pytest.raises(InputError, match="takes none; use ours"):
        load(trained / "models/vae.safetensors", device="cpu").colorize(photo, hints=[(1, 1, "red")])
    with pytest.raises(InputError, match="one by one"):
        colorizer.colorize([photo], hints=[(1, 1, "red")])


def test_a_hint_inside_a_border_keeps_its_place(colorizer, photo):
    framed = np.pad(photo, 16, constant_values=245)
    x, y = 120, 90
    wanted = np.array([lab(np.repeat(framed[..., None], 3, 2))[y, x, 0], 15, 10])
    result = colorizer.colorize(framed, hints=[given.Hint(x, y, 15 / AB_SCALE, 10 / AB_SCALE)])
    assert color.deltaE_ciede2000(lab(result)[y, x], wanted) < 5
    assert np.ptp(result[:4].astype(int), axis=-1).max() <= 2
