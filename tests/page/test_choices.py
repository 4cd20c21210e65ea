"""What one chooses for a photograph on the page beside hints: detail, negative, and the colours of a reference."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps
from serving import READY, browsing, serving, upload
from skimage import color

from colorization.core.errors import InputError
from colorization.page import app
from colorization.page.album import Album
from colorization.page.painting import Look, Painter, reference
from colorization.page.questions import look

EXAMPLES = app.HERE / "examples"


@pytest.fixture
def painter(tmp_path):
    return Painter(Album(tmp_path), device="cpu")


def added(painter, image: Image.Image, name="photo.png"):
    buffer = io.BytesIO()
    image.save(buffer, "png")
    return painter.album.add(name, io.BytesIO(buffer.getvalue()), buffer.tell())


def preview(painter, entry, **choices) -> np.ndarray:
    chosen = Look(model="ours", vividness=1, hints=[], **choices)
    return np.asarray(Image.open(io.BytesIO(painter.preview(entry, chosen)[0]))).astype(int)


def example(name: str, size=(360, 310)) -> Image.Image:
    return Image.open(EXAMPLES / f"{name}.jpg").resize(size)


def test_a_negative_becomes_its_positive(painter, tmp_path):
    plain = ImageOps.autocontrast(example("emir").convert("L"))
    photograph, negative = added(painter, plain), added(painter, ImageOps.invert(plain), "negative.png")
    wanted, found = preview(painter, photograph), preview(painter, negative, negative=True)
    assert np.abs(found - wanted).mean() < 3 < np.abs(preview(painter, negative) - wanted).mean()
    path, _ = painter.paint(negative, Look(model="ours", vividness=0, hints=[], negative=True))
    assert np.abs(np.asarray(Image.open(path).convert("L")).astype(int) - np.asarray(plain)).mean() < 2


def test_detail_reaches_the_network(painter):
    photograph = added(painter, example("family").convert("L"))
    assert np.abs(preview(painter, photograph, detail=2) - preview(painter, photograph)).max() > 5


def test_a_reference_gives_its_colours_and_a_gray_one_is_refused(painter):
    true = example("true/emir")
    photograph, colours = added(painter, true.convert("L")), added(painter, true, "colours.png")
    reference(colours)
    wanted = color.rgb2lab(np.asarray(true))
    error = {
        like: color.deltaE_cie76(wanted, color.rgb2lab(found.astype(np.uint8))).mean()
        for like in (True, False)
        for found in [preview(painter, photograph, like=[colours.number] if like else [])]
    }
    assert error[True] < 0.8 * error[False]
    with pytest.raises(InputError, match=r"photo.png: is gray; choose a photograph in colour"):
        reference(photograph)
    painter.album.remove(colours.number)
    with pytest.raises(InputError, match="was deleted"):
        preview(painter, photograph, like=[colours.number])


@pytest.mark.parametrize(
    "question, told",
    [
        ({"detail": 3}, "detail: expected a number from 1 to 2"),
        ({"detail": "2"}, "detail: expected a number"),
        ({"negative": 1}, "negative: expected true or false"),
        ({"like": "abc"}, "like: expected a list"),
        ({"like": ["a"] * 9}, "like: expected a list of at most 8"),
    ],
)
def test_bad_choices_are_one_line(question, told):
    with pytest.raises(InputError, match=told):
        look({"model": "ours"} | question)


def test_a_colour_negative_is_told_with_the_words_of_the_page(painter):
    from colorization.page.app import told_of
    from colorization.photo.negative import NEGATIVE

    assert told_of("a.jpg", (NEGATIVE, "cut")) == "a.jpg: looks like a colour negative; tick “Negative” to turn it; cut"
    assert told_of("a.jpg", ()) == ""


@pytest.mark.parametrize("width", [1280, 390])
def test_choices_belong_to_their_photograph(chromium, tmp_path_factory, width):
    folder = tmp_path_factory.mktemp("empty")
    with (
        serving(folder, tmp_path_factory.mktemp("served")) as address,
        browsing(chromium, address, viewport={"width": width, "height": 844}, has_touch=width == 390) as page,
    ):
        page.refused.add(400)
        upload(page, EXAMPLES / "emir.jpg")
        negative, reference = page.get_by_label("Negative"), page.locator("#reference")
        before = page.locator("#after").get_attribute("src")
        negative.check()
        page.wait_for_selector(READY)
        assert page.locator("#after").get_attribute("src") != before
        reference.set_input_files(EXAMPLES / "river.jpg")
        page.wait_for_selector("[role=alert] >> text=river.jpg: is gray; choose a photograph in colour")
        reference.set_input_files(EXAMPLES / "true/emir.jpg")
        page.wait_for_selector("#like-name >> text=emir.jpg")
        page.wait_for_selector(READY)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.set_input_files("#files", EXAMPLES / "family.jpg")
        page.wait_for_selector("#thumbs button[aria-pressed=true] >> text=family.jpg")
        assert not negative.is_checked() and page.locator("#like-chosen").is_hidden()
        page.locator("#thumbs button").first.click()
        assert negative.is_checked() and page.locator("#like-chosen").is_visible()
        page.locator("#like-chosen").get_by_role("button", name="Remove").click()
        page.wait_for_selector("#like-chosen", state="hidden")
