"""What the network sees of vignettes, mats and pages of several photographs; negatives and one-bit scans."""

import numpy as np
import pytest
from PIL import Image

from colorization.core.errors import InputError
from colorization.photo import cameo, mats, sheet
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.light import evened
from colorization.photo.negative import NEGATIVE, TONELESS, one_bit, orange, positive
from colorization.photo.pixels import levels_of_array
from colorization.photo.reading import read_photo
from colorization.photo.seen import viewed

SIDE = 80


class Seen:
    """In place of a network: keeps what it is shown, and paints everything alike."""

    takes_hints = True

    def __init__(self):
        self.shown = []

    def colorize(self, L, known):
        self.shown.append(L)
        return np.full((2, *L.shape), 0.2, np.float32)

    def samples(self, L, count):
        return [self.colorize(L, None)] * count


def scene(height=160, width=200, seed=0):
    """A gray photograph, 8 bits: blocks of many tones with grain."""
    random = np.random.default_rng(seed)
    blocks = random.uniform(30, 220, (height // 10, width // 10)).repeat(10, 0).repeat(10, 1)
    return np.clip(blocks + random.normal(0, 4, blocks.shape), 0, 255).astype(np.uint8)


def normalised(gray):
    return levels_of_array(gray)[0].astype(np.float32) * np.float32(2 / 65535) - 1


def page(rows, columns, tone, *, tilt=0.0, gap=30, margin=30):
    """Photographs of 160×200 on a page, each turned by `tilt` degrees one way or the other; and their centres."""
    whole = Image.new("L", (columns * (200 + gap) - gap + 2 * margin, rows * (160 + gap) - gap + 2 * margin), tone)
    centres = []
    for number in range(rows * columns):
        own = Image.fromarray(scene(seed=number))
        turned, mask = (
            each.rotate(tilt * (-1) ** number, expand=True) for each in (own, Image.new("L", own.size, 255))
        )
        y, x = margin + number // columns * (160 + gap) + 80, margin + number % columns * (200 + gap) + 100
        whole.paste(turned, (x - turned.width // 2, y - turned.height // 2), mask)
        centres.append((y, x))
    noise = np.random.default_rng(9).normal(0, 1.5, (whole.height, whole.width))
    return np.clip(np.asarray(whole) + noise, 0, 255).astype(np.uint8), centres


def oval(gray, tone):
    rows, columns = (np.linspace(-1.05, 1.05, size) for size in gray.shape)
    inside = rows[:, None] ** 2 + columns**2 < 1
    return np.where(inside, gray, np.uint8(tone)), inside


def test_a_strong_vignette_is_evened_and_a_slight_one_stays():
    L = normalised(scene())
    rows, columns = (np.linspace(-1, 1, size) for size in L.shape)
    squared = (rows[:, None] ** 2 + columns**2) / 2
    strong, slight = ((L + 1) * (1 - loss * squared) - 1 for loss in (0.8, 0.15))
    again = evened(strong.astype(np.float32))
    assert np.abs(again - L).mean() < 0.25 * np.abs(strong - L).mean()
    assert np.array_equal(evened(slight), slight) and np.array_equal(evened(L), L)


@pytest.mark.parametrize("shape", [(1, 1), (5, 40), (17, 16)])
def test_what_is_tiny_or_uniform_has_no_vignette(shape):
    L = np.full(shape, -1, np.float32)
    assert np.array_equal(evened(L), L)


@pytest.mark.parametrize("tone", [5, 130, 245])
def test_the_network_sees_nothing_of_a_mat_and_it_stays_neutral(tone):
    matted, inside = oval(scene(), tone)
    network = Seen()
    result = PhotoColorizer(network, image_size=SIDE, threads=1).colorize(matted).astype(int)
    (shown,) = network.shown
    corners = [shown[:6, :6], shown[:6, -6:], shown[-6:, :6], shown[-6:, -6:]]
    assert min(np.ptp(corner) for corner in corners) > 0.1, "picture, not mat"
    rows, columns = (np.linspace(-1, 1, size) for size in matted.shape)
    outside = rows[:, None] ** 2 + columns**2 > 1.3  # the model's pixels are coarse here
    assert np.ptp(result[outside], axis=-1).max() <= 2
    assert np.ptp(result[60:100, 70:130], axis=-1).mean() > 10, "inside there is colour"


def feathered(gray, tone):
    """A gray photograph (h,w) that fades into a tone around an oval."""
    rows, columns = (np.linspace(-1, 1, size) for size in gray.shape)
    share = 1 / (1 + np.exp(14 * (np.hypot(rows[:, None], columns) / 0.75 - 1)))
    return (gray * share + tone * (1 - share)).astype(np.uint8)


@pytest.mark.parametrize("tone", [8, 245])
def test_the_network_sees_a_cameo_without_its_feathered_edge(tone):
    gray = scene()
    network = Seen()
    result = PhotoColorizer(network, image_size=SIDE, threads=1).colorize(feathered(gray, tone)).astype(int)
    (shown,) = network.shown
    corners = [shown[:9, :9], shown[:9, -9:], shown[-9:, :9], shown[-9:, -9:]]
    assert min(np.ptp(corner) for corner in corners) > 0.1, "picture, not paper"
    assert np.ptp(result[:6, :6], axis=-1).max() <= 2 and np.ptp(result[60:100, 70:130], axis=-1).mean() > 10


def test_a_sharp_mat_and_things_on_white_are_no_cameo():
    L = normalised(scene())
    assert cameo.found(normalised(feathered(scene(), 245)))
    assert cameo.found(L) is None and cameo.found(normalised(oval(scene(), 245)[0])) is None
    vase = np.full((160, 160), 245, np.uint8)
    vase[30:140, 60:100] = scene()[30:140, 60:100]
    assert cameo.found(normalised(vase)) is None


def test_what_is_not_a_mat_stays():
    L = normalised(scene())
    assert mats.opening(L) is None
    assert mats.opening(np.zeros((160, 160), np.float32)) is None, "nothing but mat"
    square = np.full((160, 160), 0.9, np.float32)
    square[20:140, 30:130] = L[20:140, 30:130]
    assert mats.opening(square) is None, "a rectangle is a border's work"
    for tiny in [(1, 1), (3, 9)]:
        assert mats.opening(np.zeros(tiny, np.float32)) is None


@pytest.mark.parametrize("tone", [4, 200, 244])
@pytest.mark.parametrize("rows, columns, tilt", [(1, 2, 0), (2, 2, 2), (3, 4, 1)])
def test_each_photograph_of_a_page_is_seen_by_itself(tone, rows, columns, tilt):
    scan, centres = page(rows, columns, tone, tilt=tilt)
    found = sheet.photographs(levels_of_array(scan)[0])
    assert len(found) == rows * columns
    for y, x in centres:
        (own,) = [one.box for one in found if one.box.top < y < one.box.bottom and one.box.left < x < one.box.right]
        assert abs((own.top + own.bottom) / 2 - y) < 6 and abs((own.left + own.right) / 2 - x) < 6
        assert 150 < own.bottom - own.top < 180 and 190 < own.right - own.left < 220
    network = Seen()
    result = PhotoColorizer(network, image_size=SIDE, threads=1).colorize(scan).astype(int)
    assert len(network.shown) == len(centres)
    assert np.ptp(result[:9], axis=-1).max() <= 3, "the page is neutral"
    y, x = centres[-1]
    assert np.ptp(result[y - 40 : y + 40, x - 40 : x + 40], axis=-1).mean() > 10
    assert sheet.photographs(levels_of_array(scan[:, : scan.shape[1] // columns])[0]) == [] or rows > 1


@pytest.mark.parametrize("tone", [4, 130, 244])
@pytest.mark.parametrize("rows, columns, tilt", [(1, 2, 0), (3, 1, 0.5), (2, 2, 1), (3, 4, 0.5)])
def test_a_page_without_a_margin_has_gutters(tone, rows, columns, tilt):
    scan, centres = page(rows, columns, tone, tilt=tilt, gap=12, margin=0)
    found = sheet.photographs(levels_of_array(scan)[0])
    assert len(found) == rows * columns
    for y, x in centres:
        (own,) = [one.box for one in found if one.box.top < y < one.box.bottom and one.box.left < x < one.box.right]
        assert abs(own.bottom - own.top - 160) < 14 and abs(own.right - own.left - 200) < 14


def test_a_page_may_have_rows_of_several_lengths():
    upper, lower = (page(1, columns, 244, gap=12, margin=0)[0] for columns in (3, 2))
    wide = np.asarray(Image.fromarray(lower).resize((upper.shape[1], 160)))
    scan = np.concatenate([upper, np.full((12, upper.shape[1]), 244, np.uint8), wide])
    assert len(sheet.photographs(levels_of_array(scan)[0])) == 5
    assert len(sheet.photographs(levels_of_array(scan.T)[0])) == 5


def test_one_photograph_is_never_cut():
    gray = scene(320, 400)
    window = np.sort(gray, axis=1)  # the scene goes on behind the bar of a window
    window[:, 198:202] = 20
    sea = gray.copy()  # an even band across, which ends gradually below
    sea[100:120] = 128
    sea[120:] = (128 + np.linspace(0, 1, 200)[:, None] * (gray[120:].astype(float) - 128)).astype(np.uint8)
    for single in (gray, np.pad(gray, 30, constant_values=245), window, sea, np.full((300, 300), 240, np.uint8)):
        assert sheet.photographs(levels_of_array(single)[0]) == []
    court = np.random.default_rng(1).normal(120, 3, (320, 400))  # a sports ground with a line
    court[156:164] = 250
    pole = gray.copy()  # near the edge
    pole[:, 60:66] = 250
    for single in (court.astype(np.uint8), pole):
        assert sheet.photographs(levels_of_array(single)[0]) == []
    bar = np.repeat(scene(160, 40, seed=3).mean(axis=1, keepdims=True), 400, axis=1)  # alike on both sides of a bar
    bar[:, 198:202] = 250
    assert sheet.photographs(levels_of_array(bar.astype(np.uint8))[0]) == []
    objects = np.full((400, 400), 245, np.uint8)  # two balls on white
    y, x = np.indices(objects.shape)
    for centre in (110, 290):
        objects[(y - 200) ** 2 + (x - centre) ** 2 < 80**2] = 60
    assert sheet.photographs(levels_of_array(objects)[0]) == []


def test_without_preparation_a_page_is_one_photograph():
    scan, _ = page(2, 2, 244)
    assert len(viewed(levels_of_array(scan)[0], SIDE, prepare=False).parts) == 1


def test_a_hint_belongs_to_its_photograph():
    scan, ((y, x), *_) = page(1, 2, 244)
    model = PhotoColorizer(Seen(), image_size=SIDE, threads=1)
    hinted = model.colorize(scan, hints=[(x, y, "#2050c0")]).astype(int)
    plain = model.colorize(scan).astype(int)
    assert hinted[y, x, 2] - hinted[y, x, 0] > 20
    assert np.abs(hinted - plain)[:, scan.shape[1] // 2 + 20 :].max() <= 1


def test_detail_shows_more():
    network = Seen()
    model = PhotoColorizer(network, image_size=SIDE, threads=1)
    model.colorize(scene(), detail=2)
    model.colorize(scene(), detail=4)
    assert [min(L.shape) for L in network.shown] == [2 * SIDE, 160], "not more than the photograph has"
    with pytest.raises(InputError, match="detail"):
        model.colorize(scene(), detail=0.5)


def test_a_negative_is_turned():
    levels = levels_of_array(scene())[0]
    levels[:2], levels[2:4] = 0, 65535
    turned = positive(levels_of_array(255 - scene())[0])
    assert np.abs(turned[4:].astype(int) - levels[4:]).max() < 40
    masked = (65535 * 0.15 + 0.5 * (65535 - levels.astype(float))).astype(np.uint16)
    again = positive(masked)
    assert np.corrcoef(again.ravel(), levels.ravel())[0, 1] > 0.99
    assert np.percentile(again, 1) < 6000 and np.percentile(again, 99) > 59000, "without the film's base"
    model = PhotoColorizer(Seen(), image_size=SIDE, threads=1)
    result = model.colorize(255 - scene(), negative=True, saturation=0)
    assert np.abs(result.astype(int) - scene()[..., None]).max() <= 1


def test_orange_film_and_one_bit_get_a_word(tmp_path):
    gray = scene()
    film = ((1 - 0.9 * gray[..., None] / 255) * np.array([235, 150, 95])).astype(np.uint8)
    Image.fromarray(film).save(tmp_path / "film.png")
    Image.fromarray(gray).convert("1").save(tmp_path / "bit.png")
    Image.fromarray(gray).save(tmp_path / "plain.png")
    told = {name: read_photo(tmp_path / f"{name}.png").warnings for name in ("film", "bit", "plain")}
    assert told == {"film": (NEGATIVE,), "bit": (TONELESS,), "plain": ()}


def test_sepia_and_dusk_are_not_negatives():
    gray = scene()[..., None] / 255
    assert not orange((255 * gray * np.array([1, 0.86, 0.66])).astype(np.uint8)), "sepia"
    dusk = scene()[..., None] * np.array([1, 0.5, 0.2])
    dusk[:80] = scene()[:80, :, None] * np.array([0.5, 0.6, 1])
    assert not orange(dusk.astype(np.uint8))
    assert not one_bit(levels_of_array(scene())[0]) and one_bit(np.zeros((4, 4), np.uint16))
