"""The bundled network keeps what was said: the hinted place has its colour, and what is far and unlike stays."""

import numpy as np
import pytest
from skimage import color, data, transform

from colorization.color import AB_SCALE
from colorization.photo.catalog import BUNDLED
from colorization.photo.colorizer import load
from colorization.photo.hints import Hint

PHOTOS = ("astronaut", "coffee", "chelsea", "rocket")
SIDE, HINTS = 256, 6  # pixels of the shorter side; hints of a random colour, one at a time
KEPT, CHANGED = 5.0, 1.0  # ΔE
FAR, UNLIKE = 0.35, 15.0  # share of the shorter side; difference in L of 0 to 100
GAMUT = 1.0  # Lab units by which a colour may change on its way to sRGB and back


@pytest.fixture(scope="module")
def colorizer():
    return load(BUNDLED / "ours.onnx", device="cpu", threads=1)


@pytest.fixture(scope="module", params=PHOTOS)
def photo(request):
    """A photograph's Lab, and the gray photograph."""
    pixels = getattr(data, request.param)()
    scale = SIDE / min(pixels.shape[:2])
    height, width = (round(scale * side) for side in pixels.shape[:2])
    pixels = transform.resize(pixels, (height, width), anti_aliasing=True)
    return color.rgb2lab(pixels), (255 * color.rgb2gray(pixels)).round().astype(np.uint8)


def lightness(gray):
    return color.rgb2lab(np.repeat(gray[..., None], 3, axis=2))[..., 0]


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")  # of colours outside the gamut, which are left out
def hints_in_gamut(L, count):
    """Random places (x, y) with random colours that their lightness allows: (x, y, Lab) each."""
    random, found = np.random.default_rng(0), []
    while len(found) < count:
        x, y, a, b = *random.integers(0, L.shape[::-1]), *random.uniform(-60, 60, 2)
        wanted = np.array([L[y, x], a, b])
        if np.abs(color.rgb2lab(color.lab2rgb(wanted)) - wanted).max() < GAMUT:
            found.append((int(x), int(y), wanted))
    return found


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")
def test_it_keeps_what_was_said(colorizer, photo):
    gray = photo[1]
    L, plain = lightness(gray), color.rgb2lab(colorizer.colorize(gray))
    rows, columns = np.indices(gray.shape)
    changes = []
    for x, y, wanted in hints_in_gamut(L, HINTS):
        hint = Hint(x, y, *(wanted[1:] / AB_SCALE))
        result = color.rgb2lab(colorizer.colorize(gray, hints=[hint]))
        assert color.deltaE_ciede2000(result[y, x], wanted) < KEPT, f"at {x},{y}"
        far = np.hypot(rows - y, columns - x) > FAR * min(gray.shape)
        elsewhere = far & (np.abs(L - L[y, x]) > UNLIKE)
        changes.append(color.deltaE_ciede2000(result[elsewhere], plain[elsewhere]))
    changes = np.concatenate(changes)
    assert changes.size > gray.size, "too few places to tell"
    median, most = np.percentile(changes, [50, 95])
    assert median < CHANGED and most < CHANGED, f"median {median:.2f}, 95th percentile {most:.2f}"


def test_true_hints_are_carried_on(colorizer, photo):
    """The mean error of the whole photograph falls with their number, on the mean of some draws of their places."""
    lab, gray = photo

    def error(count: int, seed: int) -> float:
        places = np.random.default_rng(seed).integers(3, SIDE - 3, (count, 2)).tolist()
        hints = [Hint(x, y, *(lab[y - 2 : y + 3, x - 2 : x + 3, 1:].mean(axis=(0, 1)) / AB_SCALE)) for x, y in places]
        return color.deltaE_ciede2000(color.rgb2lab(colorizer.colorize(gray, hints=hints)), lab).mean()

    some, many = (np.mean([error(count, seed) for seed in range(1, 5)]) for count in (5, 20))
    assert error(0, 0) > some > many, f"{error(0, 0):.2f}, {some:.2f}, {many:.2f}"
