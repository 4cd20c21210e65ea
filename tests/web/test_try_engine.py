"""The engine of the browser's page against the Python that it mirrors, in node, on arrays."""

import base64
import io
import json
import subprocess

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from colorization.imaging.jpeg_end import with_end
from colorization.page import palette
from colorization.page.album import SHOWN
from colorization.photo import cameo, guide, hints, light, mats, negative, preparation, recolor, sheet
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.mark import SOURCE, program
from colorization.vividness import OWN, Curve
from tools.try_page import bundled, engine

KINDS = {"float64": "Float64Array", "float32": "Float32Array", "uint16": "Uint16Array", "uint8": "Uint8ClampedArray"}
TYPES = {kind: name for name, kind in KINDS.items()} | {"Uint8Array": "uint8"}
SIDE = 32  # of the network's input
SHAPES = [(90, 120), (301, 217), (1, 1), (3, 2), (1, 400), (40, 700), (37, 33)]
RANDOM = np.random.default_rng(0)


class Engine:
    """A node that calls the engine's functions."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            ["node", ROOT / "tests/web/engine.mjs", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, module, name, *given):
        """Raises RuntimeError with the engine's message."""
        print(
            json.dumps({"module": module, "name": name, "given": encoded(given)}), file=self.process.stdin, flush=True
        )
        found = decoded(json.loads(self.process.stdout.readline()))
        if "error" in found:
            raise RuntimeError(found["error"])
        return found.get("answer")


@pytest.fixture(scope="module")
def js(node, tmp_path_factory):
    folder = tmp_path_factory.mktemp("engine")
    (folder / "package.json").write_text('{"type": "module"}')
    engine(folder / "engine", bundled(), {"wasm": {}, "model": {}})
    found = Engine(folder / "engine")
    yield found
    found.process.stdin.close()
    found.process.wait(30)


def encoded(value):
    if isinstance(value, np.ndarray):
        content = np.ascontiguousarray(value).tobytes()
        return {"kind": KINDS[value.dtype.name], "bytes": base64.b64encode(content).decode()}
    if isinstance(value, list | tuple):
        return [encoded(one) for one in value]
    return {key: encoded(one) for key, one in value.items()} if isinstance(value, dict) else value


def decoded(value):
    if isinstance(value, dict) and "kind" in value:
        return np.frombuffer(base64.b64decode(value["bytes"]), TYPES[value["kind"]])
    if isinstance(value, list):
        return [decoded(one) for one in value]
    return {key: decoded(one) for key, one in value.items()} if isinstance(value, dict) else value


def plane(array):
    return {"data": array.ravel(), "height": array.shape[0], "width": array.shape[1]}


def colours(array):
    return {"planes": [one.ravel() for one in array], "height": array.shape[1], "width": array.shape[2]}


def array_of(found):
    shape = found["height"], found["width"]
    return np.stack([p.reshape(shape) for p in found["planes"]]) if "planes" in found else found["data"].reshape(shape)


def levels_of(shape, *, low=0.0, high=1.0, border=0):
    """A photograph with structure at all sizes, as lightness levels; border: its lines of paper around it."""
    rows, columns = np.indices(shape) / 9
    waves = np.sin(rows + np.cos(columns)) + np.sin(columns * 0.37) + RANDOM.normal(0, 0.2, shape)
    unit = (waves - waves.min()) / max(np.ptp(waves), 1e-9)
    levels = ((low + (high - low) * unit) * recolor.L_LEVELS).astype(np.uint16)
    if border:
        framed = np.full(shape, 60000, np.uint16)
        framed[border:-border, border:-border] = levels[border:-border, border:-border]
        return framed
    return levels


def test_every_colour_has_its_lightness(js):
    rgb = RANDOM.integers(0, 256, (5000, 1, 3), np.uint8)
    rgb[:256] = np.arange(256, dtype=np.uint8)[:, None, None]
    rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    found = js(None, "lightnessOf", rgba.ravel())
    assert np.abs(found - recolor.lightness_of(rgb)[:, 0].astype(int)).max() <= 1, "of 65535"


@pytest.mark.parametrize("shape", [*SHAPES, (700, 900), (2000, 61)])
@pytest.mark.parametrize("side", [SIDE, 7])
def test_it_shrinks_as_pillow_does(js, shape, side):
    levels = levels_of(shape)
    found = array_of(js("preparation.js", "shrunk", plane(levels), side))
    expected = preparation.shrunk(levels, side)
    assert found.shape == expected.shape and np.abs(found - expected).max() < 1e-5


def test_the_copy_for_the_page_is_shrunk_alike(js):
    levels = levels_of((1500, 2100))
    found = array_of(js("preparation.js", "shrunk", plane(levels), SHOWN * 1500 / 2100))
    assert np.abs(found - preparation.shrunk(levels, SHOWN * 1500 / 2100)).max() < 1e-5


@pytest.mark.parametrize("value, expected", [(0.5, 0), (1.5, 2), (2.5, 2), (2.4999, 2), (2.6, 3), (7.0, 7), (-0.5, 0)])
def test_halves_are_rounded_to_the_even_number(js, value, expected):
    assert js("statistics.js", "rounded", value) == expected == round(value)


def test_percentiles_are_interpolated(js):
    values = RANDOM.normal(size=137).astype(np.float32)
    for share in (0.0, 0.01, 0.5, 0.65, 0.99, 1.0):
        assert js("statistics.js", "quantile", values, share) == pytest.approx(np.quantile(values, share), abs=1e-6)


@pytest.mark.parametrize("border", [0, 1, 4, 9])
@pytest.mark.parametrize("shape", [(60, 80), (83, 61)])
def test_a_border_is_found_alike(js, shape, border):
    L = (levels_of(shape, high=0.8, border=border) / np.float32(recolor.L_LEVELS / 2) - 1).astype(np.float32)
    expected = preparation.inside(L)
    assert js("preparation.js", "inside", plane(L)) == expected._asdict()
    assert (expected != preparation.Box.whole(L)) == (border > 0)


@pytest.mark.parametrize("low, high", [(0.0, 1.0), (0.3, 0.6), (0.5, 0.502), (0.0, 0.1)])
def test_faded_levels_are_stretched_alike(js, low, high):
    L = preparation.shrunk(levels_of((90, 120), low=low, high=high), SIDE)
    found = array_of(js("preparation.js", "stretched", plane(L)))
    assert np.abs(found - preparation.stretched(L)).max() < 1e-5


def vignetted(levels, corners):
    """Lightness levels whose light falls to a share at the corners."""
    rows, columns = np.indices(levels.shape)
    half = [(size - 1) / 2 for size in levels.shape]
    squared = ((rows - half[0]) ** 2 + (columns - half[1]) ** 2) / (half[0] ** 2 + half[1] ** 2)
    return (levels * (1 - (1 - corners) * squared)).astype(np.uint16)


def oval(levels, tone):
    """Lightness levels within an oval mat of a tone 0..65535."""
    rows, columns = (np.linspace(-1.1, 1.1, size) for size in levels.shape)
    return np.where(rows[:, None] ** 2 + columns**2 < 1, levels, np.uint16(tone))


def page(rows, columns, tone, *, tilt=0, margin=20):
    """Photographs of 120×150 on a page of a tone, tilted by up to `tilt` degrees."""
    sheet = Image.new("F", (columns * 165 - 15 + 2 * margin, rows * 135 - 15 + 2 * margin), tone)
    for row in range(rows):
        for column in range(columns):
            own = Image.fromarray(levels_of((120, 150), high=0.8).astype(np.float32))
            mask = Image.new("L", own.size, 255)
            turn = float(RANDOM.uniform(-tilt, tilt))
            own, mask = (each.rotate(turn, expand=True, fillcolor=0) for each in (own, mask))
            sheet.paste(own, (column * 165 + margin, row * 135 + margin), mask)
    return np.asarray(sheet).astype(np.uint16)


@pytest.mark.parametrize("corners", [0.15, 0.4, 1.0])
@pytest.mark.parametrize("shape", [(90, 120), (33, 47), (6, 9)])
def test_a_vignette_is_evened_alike(js, shape, corners):
    L = (vignetted(levels_of(shape), corners) / np.float32(recolor.L_LEVELS / 2) - 1).astype(np.float32)
    found = array_of(js("light.js", "evened", plane(L)))
    assert np.abs(found - light.evened(L)).max() < 1e-4
    assert np.abs(found - L).max() > 0.2 or corners > 0.2 or min(shape) < 16


@pytest.mark.parametrize("tone", [2000, 30000, 63000])
@pytest.mark.parametrize("shape", [(160, 160), (130, 97)])
def test_a_mat_is_found_and_filled_alike(js, shape, tone):
    L = (oval(levels_of(shape, low=0.2, high=0.8), tone) / np.float32(recolor.L_LEVELS / 2) - 1).astype(np.float32)
    expected = mats.opening(L)
    found = js("mats.js", "opening", plane(L))
    assert expected and list(found.values()) == pytest.approx(list(expected))
    mask = js("mats.js", "maskOf", found, plane(L), 1.5)
    filled = array_of(js("mats.js", "filled", plane(L), mask))
    assert np.abs(filled - mats.filled(L, expected.mask(L.shape, 1.5))).max() < 1e-6


def feathered(levels, tone):
    """Lightness levels that fade into a tone 0..65535 around an oval."""
    rows, columns = (np.linspace(-1, 1, size) for size in levels.shape)
    share = 1 / (1 + np.exp(14 * (np.hypot(rows[:, None], columns) / 0.75 - 1)))
    return (levels * share + tone * (1 - share)).astype(np.uint16)


@pytest.mark.parametrize("tone", [1000, 63000])
@pytest.mark.parametrize("shape", [(160, 160), (130, 97)])
def test_a_feathered_cameo_is_cleared_alike(js, shape, tone):
    scan = feathered(levels_of(shape, low=0.2, high=0.8), tone)
    L = (scan / np.float32(recolor.L_LEVELS / 2) - 1).astype(np.float32)
    expected, found = cameo.found(L), js("cameo.js", "faded", plane(L))
    assert expected and list(found["shape"].values()) == pytest.approx(list(expected.shape))
    assert found["shares"] == pytest.approx(expected.shares, abs=1e-5)
    clear = array_of(js("cameo.js", "unfaded", plane(L), found))
    assert np.abs(clear - cameo.unfaded(L, expected)).max() < 1e-3


@pytest.mark.parametrize("tilt", [0, 3])
@pytest.mark.parametrize("tone", [1000, 62000])
@pytest.mark.parametrize("margin", [0, 20])
def test_the_photographs_of_a_page_are_found_alike(js, tone, tilt, margin):
    levels = page(2, 3, tone, tilt=tilt * (margin or 10) / 20, margin=margin)
    expected = sheet.photographs(levels)
    found = js("sheet.js", "photographs", plane(levels))
    assert len(expected) == len(found) == 6
    for one, other in zip(found, expected):
        assert one["box"] == other.box._asdict() and one["slope"] == pytest.approx(other.slope, abs=1e-6)


@pytest.mark.parametrize("high", [0.5, 0.508, 0.53, 1.0])
def test_what_is_nearly_uniform_gets_as_little_colour(js, high):
    L = preparation.shrunk(levels_of((90, 120), low=0.5, high=high), SIDE)
    assert js("preparation.js", "evidence", plane(L)) == pytest.approx(float(preparation.evidence(L)), abs=1e-4)


@pytest.mark.parametrize("shape", [(32, 41), (1, 1), (3, 50)])
def test_the_guide_fits_alike(js, shape):
    L = RANDOM.uniform(-1, 1, shape).astype(np.float32)
    ab = RANDOM.normal(0, 30, (2, *shape)).astype(np.float32)
    found = js("guide.js", "guide", plane(L), colours(ab))
    for part, expected in zip(("slope", "offset"), guide.guide(L, ab)):
        assert np.abs(array_of(found[part]) - expected).max() < 1e-3


def test_colours_that_srgb_lacks_are_made_paler_alike(js):
    levels = RANDOM.integers(0, 65536, (40, 50)).astype(np.uint16)
    levels[0], levels[1] = 0, 65535
    maps = recolor.colour_maps(RANDOM.normal(0, 40, (2, 9, 7)), RANDOM.normal(0, 90, (2, 9, 7)))
    found = js("recolor.js", "painted", plane(levels), colours(maps), 0, 40).reshape(40, 50, 4)
    whole = slice(0, 40), slice(0, 50)
    expected = recolor.painted(levels, recolor.enlarged(maps, whole, levels.shape), bits=8)
    assert np.abs(found[..., :3].astype(int) - expected).max() <= 1 and (found[..., 3] == 255).all()
    part = js("recolor.js", "painted", plane(levels), colours(maps), 13, 29).reshape(16, 50, 4)
    assert np.array_equal(part, found[13:29]), "in bands as at once"


# hints


def test_a_colour_has_the_same_a_and_b(js):
    for rgb in RANDOM.integers(0, 256, (50, 3)).tolist():
        found = js(None, "hint", {"x": 1, "y": 2, "color": "any"}, rgb)
        assert list(found.values()) == pytest.approx(hints.hint(1, 2, "#{:02x}{:02x}{:02x}".format(*rgb)), abs=1e-5)
    assert list(js(None, "hint", {"x": 1, "y": 2, "color": "keep"}, None).values()) == [1, 2, 0, 0]


@pytest.mark.parametrize(
    "rows, told",
    [
        ([(64, 3, 0, 0)], "outside the photograph of 64×48 pixels"),
        ([(3, 48, 0, 0)], "outside the photograph of 64×48 pixels"),
        ([(3, 3, 0, 0), (3, 3, 0.1, 0)], "two colours for one place"),
        ([(3, 3, 0, 0)] * 1001, "takes at most 1000"),
    ],
)
def test_bad_hints_are_told(js, rows, told):
    with pytest.raises(RuntimeError, match=told):
        js("hints.js", "checked", known([hints.Hint(*row) for row in rows]), {"height": 48, "width": 64})


def known(some):
    return [one._asdict() for one in some]


def some_hints(shape, count):
    """Hints at random places, one of them neutral, in places that their number lets coincide on the small map."""
    height, width = shape
    places = {(int(x), int(y)) for x, y in RANDOM.integers(0, (width, height), (count, 2))}
    found = [hints.Hint(x, y, *RANDOM.uniform(-0.4, 0.4, 2).tolist()) for x, y in sorted(places)]
    return [found[0]._replace(a=0.0, b=0.0), *found[1:]]


@pytest.mark.parametrize("shape", [(32, 40), (20, 25), (45, 33)])
@pytest.mark.parametrize("curve", [Curve(1.3), Curve(2.5, 10.0), Curve(0.1, 10.0)])
def test_the_map_of_hints_is_the_same(js, shape, curve):
    some, size = some_hints((300, 400), 12), {"height": 32, "width": 40}
    expected = hints.map_of(some, (32 / 300, 40 / 400), (32, 40), curve, 5)
    found = js("hints.js", "mapOf", known(some), [32 / 300, 40 / 400], size, curve._asdict(), 5)
    assert np.abs(array_of(found) - expected).max() < 1e-6
    fitted = js("hints.js", "fitted", found, {"height": shape[0], "width": shape[1]})
    assert np.abs(array_of(fitted) - hints.fitted(expected, shape)).max() < 1e-5


# the whole


class Stub:
    """In place of the network: colours that follow from L and from the hints, as in engine.mjs."""

    takes_hints = True

    def colorize(self, L, known):
        factors = np.array([0.4, -0.3], np.float32).reshape(2, 1, 1)
        return factors * L + (0 if known is None else np.float32(0.5) * known[1:])

    def samples(self, L, count):
        raise NotImplementedError


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [0, 1, 20])
@pytest.mark.parametrize("vividness", [0.0, 1.3])
def test_a_photograph_is_painted_alike(js, shape, count, vividness):
    painted_alike(js, levels_of(shape), some_hints(shape, count) if count else [], vividness)


@pytest.mark.parametrize("count", [0, 5])
@pytest.mark.parametrize(
    "options",
    [{"border": 8}, {"low": 0.4, "high": 0.6}, {"low": 0.4, "high": 0.6, "border": 9}, {"low": 0.5, "high": 0.51}],
)
def test_an_old_photograph_is_painted_alike(js, options, count):
    shape = (120, 150)
    painted_alike(js, levels_of(shape, **options), some_hints(shape, count) if count else [], 1.3)


@pytest.mark.parametrize("count", [0, 9])
@pytest.mark.parametrize("tilt, margin", [(0, 20), (3, 20), (0, 0)])
def test_a_page_of_photographs_is_painted_alike(js, tilt, margin, count):
    levels = page(2, 2, 62000, tilt=tilt, margin=margin)
    painted_alike(js, levels, some_hints(levels.shape, count) if count else [], 1.3)


@pytest.mark.parametrize("count", [0, 9])
def test_a_photograph_in_a_mat_is_painted_alike(js, count):
    levels = vignetted(levels_of((200, 170)), 0.2)
    for scan in (
        levels,
        oval(levels, 1000),
        feathered(levels, 62000),
        np.pad(oval(levels, 62000), 20, constant_values=1000),
    ):
        painted_alike(js, scan, some_hints(scan.shape, count) if count else [], 1.3, side=60)


@pytest.mark.parametrize("shape", [(300, 420), (420, 310)])
def test_hints_are_joined_alike_on_a_smaller_map(js, shape):
    painted_alike(js, levels_of(shape), some_hints(shape, 30), 1.3, side=90)


@pytest.mark.parametrize("shape", [(90, 120), (1, 1)])
@pytest.mark.parametrize("count", [0, 20])
@pytest.mark.parametrize("vividness", [0.0, 0.1, 1.5])
def test_a_curve_is_painted_alike(js, shape, count, vividness):
    some = some_hints(shape, count) if count else []
    painted_alike(js, levels_of(shape), some, vividness, curve=Curve(2.5, 10.0))


@pytest.mark.parametrize("detail", [1.5, 2])
@pytest.mark.parametrize("shape", [(90, 120), (40, 33)])
def test_more_detail_is_painted_alike(js, shape, detail):
    painted_alike(js, levels_of(shape), [], 1.3, detail=detail)


def painted_alike(js, levels, some, vividness, side=SIDE, curve=OWN, detail=1):
    model = PhotoColorizer(Stub(), image_size=side, curve=curve, threads=1)
    (colour,) = model.predict(levels, saturation=vividness, hints=some, detail=detail)
    expected = np.concatenate(list(model.bands(levels, colour, bits=8)))
    found = js(None, "predicted", plane(levels), vividness, known(some), side, curve._asdict(), detail)
    assert array_of(found["colour"]).shape == colour.shape
    pixels = found["pixels"].reshape(*levels.shape, 4)[..., :3]
    assert np.abs(pixels.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("place", [(0.0, 0.0), (0.3, 0.62), (0.999, 0.5)])
def test_the_same_colours_are_offered(js, place):
    small = levels_of((150, 200))
    model = PhotoColorizer(Stub(), image_size=SIDE, threads=1)
    (colour,) = model.predict(small, saturation=1.5)
    found = js("palette.js", "offers", colours(colour), plane(small), *place)
    for kind, expected in zip(("likely", "others"), palette.offers(colour, small, *place)):
        assert np.abs(rgb_of(found[kind]) - rgb_of(expected)).max() <= 1


def rgb_of(texts):
    return np.array([[*bytes.fromhex(text[1:])] for text in texts], int)


# the file


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (64, 50)])
def test_a_png_holds_its_pixels(js, shape, channels):
    pixels = RANDOM.integers(0, 256, (*shape, 4), np.uint8)
    content = js(None, "png", pixels.ravel(), {"height": shape[0], "width": shape[1]}, channels == 4)
    image = Image.open(io.BytesIO(content.tobytes()))
    assert image.mode == {3: "RGB", 4: "RGBA"}[channels]
    assert np.array_equal(np.asarray(image), pixels[..., :channels])


def cut_jpegs() -> list[bytes]:
    """Whole and cut JPEGs, baseline and progressive, and what is none."""
    found = [b"\xff\xd8", b""]
    for options in ({}, {"progressive": True}, {"restart_marker_rows": 1}):
        whole = saved(Image.fromarray(RANDOM.integers(0, 256, (60, 80), np.uint8)), "jpeg", **options)
        found += [whole, whole + bytes(30), *(whole[:length] for length in range(3, len(whole), 61)), whole[:-1]]
        found.append(whole[:-200] + bytes(200))
    return found


def saved(image: Image.Image, name: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def test_jpegs_without_an_end_get_the_same_one(js):
    for content in cut_jpegs():
        found = js("jpeg_end.js", "withEnd", np.frombuffer(content, np.uint8))
        assert (None if found is None else found.tobytes()) == with_end(content)


@pytest.mark.parametrize("name, mode", [("jpeg", "RGB"), ("webp", "RGB"), ("webp", "RGBA")])
def test_files_of_a_canvas_are_marked(js, name, mode):
    image = Image.fromarray(RANDOM.integers(0, 256, (31, 45, 4), np.uint8)).convert(mode)
    before = saved(image, name)
    options = () if name == "jpeg" else (45, 31, mode == "RGBA")
    parts = js("mark.js", f"in{name.title()}", np.frombuffer(before, np.uint8), *options)
    with Image.open(io.BytesIO(b"".join(part.tobytes() for part in parts))) as found:
        assert SOURCE.encode() in found.info["xmp"] and found.getexif()[0x0131] == program()
        assert np.array_equal(np.asarray(found), np.asarray(Image.open(io.BytesIO(before))))
        assert found.mode == mode


def test_an_error_while_a_png_is_written_is_told(js):
    assert js("", "brokenPng", "no memory") == "RangeError: no memory"


def test_png_is_marked(js):
    pixels = RANDOM.integers(0, 256, (6, 5, 4), np.uint8)
    with Image.open(io.BytesIO(js("", "png", pixels, {"width": 5, "height": 6}, True).tobytes())) as found:
        assert SOURCE.encode() in found.info["xmp"] and found.getexif()[0x0131] == program()


@pytest.mark.parametrize("low, high", [(0.0, 1.0), (0.2, 0.6), (0.5, 0.5)])
def test_a_negative_is_turned_alike(js, low, high):
    levels = levels_of((90, 1203), low=low, high=high)
    found = array_of(js("negative.js", "positive", plane(levels)))
    assert np.abs(found.astype(int) - negative.positive(levels)).max() <= 2, "of 65535"


@pytest.mark.parametrize("kind", ["film", "pale", "picture", "gray"])
def test_a_colour_negative_and_one_bit_are_told_alike(js, kind):
    tones = levels_of((40, 60))[..., None] / recolor.L_LEVELS
    rgb = {
        "film": np.array([200, 120, 70]) * (0.35 + 0.65 * tones),
        "pale": np.array([235, 225, 205]) * (0.35 + 0.65 * tones),
        "picture": RANDOM.integers(0, 256, (40, 60, 3)),
        "gray": np.repeat(255 * tones, 3, axis=2),
    }[kind].astype(np.uint8)
    expected = negative.orange(rgb)
    assert expected == (kind == "film")
    rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    assert js("negative.js", "orange", rgba.ravel()) == expected
    levels = levels_of((30, 40))
    bits = np.where(levels > recolor.L_LEVELS // 2, recolor.L_LEVELS, 0).astype(np.uint16)
    for scan in (levels, bits, np.where(levels == levels.max(), 7, bits).astype(np.uint16)):
        assert js("negative.js", "oneBit", plane(scan)) == negative.one_bit(scan)
