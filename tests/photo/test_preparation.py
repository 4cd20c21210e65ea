"""What the network sees of old photographs, and that borders stay neutral."""

import numpy as np
import pytest
from photos import gray_of, photo

from colorization.photo.colorizer import load
from colorization.photo.preparation import BLACK, FAINT, WHITE, Box, evidence, inside, stretched


def scene(height=90, width=120, seed=0):
    """Normalised lightness with structure in every line: smooth blobs and noise."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(-0.9, 0.9, (height // 15, width // 15)).repeat(15, 0).repeat(15, 1)
    return np.clip(coarse + random.normal(0, 0.05, coarse.shape), -1, 1).astype(np.float32)


def test_faded_levels_are_stretched_and_others_stay():
    L = scene()
    assert np.array_equal(stretched(L), L)
    faded = L * 0.3 + 0.1
    again = stretched(faded)
    low, high = np.percentile(again, (1, 99))
    assert low == pytest.approx(BLACK, abs=0.02) and high == pytest.approx(WHITE, abs=0.02)
    assert np.corrcoef(again.ravel(), L.ravel())[0, 1] > 0.999, "stretched, and nothing else"


@pytest.mark.parametrize("tone", [-1.0, -0.97, 0.0, 0.5, 1.0])
def test_what_is_uniform_stays_uniform(tone):
    L = np.full((40, 60), tone, np.float32)
    L[::2] += np.float32(0.004)
    seen = stretched(L)
    assert np.ptp(seen) < 0.02 and abs(float(seen.mean()) - tone) < 0.45 and seen.dtype == np.float32


@pytest.mark.parametrize("tone", [4, 60, 128, 200, 220])
def test_a_photograph_that_shows_nothing_stays_neutral(tone):
    model, plain = load("ours"), np.full((90, 120), tone, np.uint8)
    assert np.abs(model.colorize(plain).astype(int) - tone).max() <= 1
    alone = np.ptp(model.colorize(plain, prepare=False), axis=-1).max()
    assert alone > 2 or tone not in (128, 220), "the network alone gives light ones a tint"
    assert np.ptp(model.colorize(plain, hints=[(60, 45, "#2f5d3a")])[45, 60]) > 10 or tone == 4


def test_faint_tones_get_faint_colours():
    L = scene()
    assert evidence(L) == 1 and evidence(np.zeros_like(L)) == 0
    assert evidence(L * np.float32(FAINT / 2 / np.ptp(L))) == pytest.approx(0.5, abs=0.05)


def test_darkness_is_lifted_but_stays_dark():
    dark = -0.97 + 0.05 * (scene() + 1)
    seen = stretched(dark)
    assert np.ptp(seen) > 3 * np.ptp(dark) and seen.mean() < -0.3


@pytest.mark.parametrize("tone", [-0.95, 0.1, 0.9])
@pytest.mark.parametrize("widths", [(4, 4, 4, 4), (6, 3, 5, 2), (3, 3, 0, 0), (1, 1, 1, 1)])
def test_a_border_is_found(tone, widths):
    L = scene()
    top, bottom, left, right = widths
    framed = np.pad(L, ((top, bottom), (left, right)), constant_values=tone)
    framed += np.random.default_rng(1).normal(0, 0.01, framed.shape).astype(np.float32)
    box = inside(framed)
    assert box.top in (top, top + 1) or not top
    for cut, wanted in zip((box.top, len(framed) - box.bottom, box.left, framed.shape[1] - box.right), widths):
        assert wanted <= cut <= wanted + 1 if wanted else cut == 0


def test_a_sky_is_no_border_and_nor_is_a_photograph_without_one():
    L = scene()
    assert inside(L) == Box.whole(L)
    L[:30] = 0.8  # a clear sky, wider than any border
    assert inside(L) == Box.whole(L)
    L = scene()
    L[:8] = 0.8  # one edge alone
    assert inside(L) == Box.whole(L)
    L[-8:] = -0.8  # and a dark ground: two edges of different tones
    assert inside(L) == Box.whole(L)
    for tiny in [(1, 1), (2, 3), (5, 1)]:
        L = np.zeros(tiny, np.float32)
        assert inside(L) == Box.whole(L)


def test_the_border_of_the_result_is_neutral_and_the_inside_as_without_it(trained):
    model = load(trained / "models/vae.safetensors", device="cpu")
    plain = np.asarray(photo((160, 120)).convert("L"))
    framed = np.pad(plain, 10, constant_values=240)
    result, without = (model.colorize(pixels).astype(int) for pixels in (framed, plain))
    frame = np.ones(framed.shape, bool)
    frame[8:-8, 8:-8] = False
    assert np.ptp(result[frame], axis=-1).max() <= 2
    assert np.ptp(without, axis=-1).mean() > 5, "there is colour"
    middle = (slice(20, -20),) * 2
    assert np.abs(result[10:-10, 10:-10][middle] - without[middle]).mean() < 4
    assert np.abs(gray_of(result.astype(np.uint8)) - framed).max() <= 1
    bare = model.colorize(framed, prepare=False).astype(int)
    assert np.ptp(bare[frame], axis=-1).max() > 5, "without preparation the border is tinted"


def test_a_faded_photograph_gets_the_colours_of_the_unfaded_one(trained):
    model = load(trained / "models/vae.safetensors", device="cpu")
    plain = np.asarray(photo((160, 120)).convert("L"))
    faded = (60 + 0.5 * plain).astype(np.uint8)
    whole, prepared, bare = (
        model.predict(levels_of(pixels), prepare=prepare)[0]
        for pixels, prepare in ((plain, True), (faded, True), (faded, False))
    )
    middle = (slice(None), slice(10, -10), slice(10, -10))
    assert np.abs(colours(prepared, faded) - colours(whole, plain))[middle].mean() < 0.5 * (
        np.abs(colours(bare, faded) - colours(whole, plain))[middle].mean()
    )


def levels_of(pixels):
    from colorization.photo.pixels import levels_of_array

    return levels_of_array(pixels)[0]


def colours(maps, pixels):
    """ab-like planes of a colour map at its own size: f(X) and f(Z) minus those of gray."""
    from PIL import Image

    levels = np.asarray(Image.fromarray(levels_of(pixels).astype(np.float32)).resize(maps.shape[:0:-1]))
    gray = 16 / 116 + levels * (100 / 116 / 65535)
    return maps[2:] + maps[:2] * levels - gray
