"""Hints on the page of `colorize --serve`: by click, by keyboard and by touch, with the bundled model."""

import base64
import io
import json
import time

import numpy as np
import pytest
from PIL import Image
from serving import READY, browsing, downloaded, serving, upload
from skimage import color, data

from colorization.page.album import Album
from colorization.page.painting import Look, Painter
from colorization.photo.hints import hint, read_hints

SUIT = (0.3, 0.62)  # a place in the photograph, as shares of its sides
SCREENS = pytest.mark.parametrize("astronaut", ["desktop", "telephone"], indirect=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("served")) as address:
        yield address


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder with two gray photographs: astronaut.jpg, 512×512, and cat.jpg."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, pixels in (("astronaut", data.astronaut()), ("cat", data.chelsea())):
        Image.fromarray(pixels).convert("L").save(folder / f"{name}.jpg", quality=88)
    return folder


@pytest.fixture
def astronaut(chromium, server, pictures, request):
    """The page with a photograph of an astronaut, 512×512; a parameter "telephone": a small screen to touch."""
    width, touch = (390, True) if getattr(request, "param", "desktop") == "telephone" else (1280, False)
    with browsing(chromium, server, viewport={"width": width, "height": 844}, has_touch=touch) as page:
        upload(page, pictures / "astronaut.jpg")
        page.point = page.touchscreen.tap if touch else page.mouse.click
        yield page


def place(page, x: float, y: float) -> None:
    """Click or tap the picture, and wait for the offered colours."""
    box = page.locator("#stage").bounding_box()
    page.point(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    page.wait_for_selector("#likely button")


def choose(page, group: str, number: int) -> str:
    """Choose an offered colour; returns it, once the picture has it."""
    swatch = page.locator(f"#{group} button").nth(number)
    colour = swatch.get_attribute("aria-label").split(", ")[1]
    swatch.click()
    page.wait_for_selector(READY)
    return colour


def pixels(page) -> np.ndarray:
    """The picture on the stage, in Lab."""
    url = page.locator("#after").evaluate(
        """(image) => {
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
            canvas.getContext("2d").drawImage(image, 0, 0);
            return canvas.toDataURL("image/png");
        }"""
    )
    png = io.BytesIO(base64.b64decode(url.split(",")[1]))
    return color.rgb2lab(np.asarray(Image.open(png).convert("RGB")))


def marks(page) -> list[str]:
    return page.locator(".mark").evaluate_all("all => all.map((mark) => mark.getAttribute('aria-label'))")


def saved(page, folder) -> list:
    downloaded(page, "Save hints", folder / "hints.json")
    return json.loads((folder / "hints.json").read_text())["hints"]


@SCREENS
def test_a_click_and_a_colour_change_the_picture(astronaut, tmp_path):
    before = pixels(astronaut)
    place(astronaut, *SUIT)
    assert pixels(astronaut) == pytest.approx(before), "a place without a colour changes nothing"
    colour = choose(astronaut, "others", 20)
    after = pixels(astronaut)
    row, column = int(512 * SUIT[1]), int(512 * SUIT[0])
    wanted = color.rgb2lab(np.array([[tuple(bytes.fromhex(colour[1:]))]], np.uint8))[0, 0]
    assert np.hypot(*(after[row, column] - wanted)[1:]) < 8, "its own colour, apart from JPEG's loss"
    change = color.deltaE_ciede2000(after, before)
    near, far = change[row - 20 : row + 20, column - 20 : column + 20].mean(), change[:60, -60:].mean()
    assert near > 5 and far < near / 4
    astronaut.get_by_role("button", name="Done").click()
    assert saved(astronaut, tmp_path) == [
        {"x": pytest.approx(column, abs=2), "y": pytest.approx(row, abs=2), "color": colour}
    ]
    assert read_hints(tmp_path / "hints.json")[0][2:] == hint(column, row, colour)[2:], "as the command reads them"


@SCREENS
def test_hints_are_moved_changed_removed_and_brought_back(astronaut, tmp_path):
    place(astronaut, *SUIT)
    first = choose(astronaut, "others", 20)
    second = choose(astronaut, "others", 3)
    astronaut.get_by_role("button", name="Done").click()
    assert [one["color"] for one in saved(astronaut, tmp_path)] == [second], "a change, not another hint"
    astronaut.locator(".mark").scroll_into_view_if_needed()
    box = astronaut.locator(".mark").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    astronaut.mouse.move(x, y)
    astronaut.mouse.down()
    astronaut.mouse.move(x + 30, y - 20, steps=4)
    astronaut.mouse.up()
    astronaut.wait_for_selector(READY)
    astronaut.get_by_role("button", name="Done").click()
    scale = 512 / astronaut.locator("#stage").bounding_box()["width"]
    (moved,) = saved(astronaut, tmp_path)
    assert (moved["x"], moved["y"]) == (
        pytest.approx(512 * SUIT[0] + 30 * scale, abs=3),
        pytest.approx(512 * SUIT[1] - 20 * scale, abs=3),
    )
    astronaut.locator("#list button").click()
    astronaut.get_by_role("button", name="Remove this hint").click()
    assert not marks(astronaut)
    undo = astronaut.get_by_role("button", name="Undo")
    for expected in (moved, {**moved, "x": int(512 * SUIT[0])}, {"color": first}):
        undo.click()
        astronaut.wait_for_selector(READY)
        (found,) = saved(astronaut, tmp_path)
        assert found["color"] == expected["color"] and found["x"] == pytest.approx(expected.get("x", found["x"]), abs=2)
    undo.click()
    assert not marks(astronaut) and undo.is_disabled()


def test_hints_stay_while_the_vividness_changes_and_go_into_the_result(astronaut, tmp_path):
    place(astronaut, *SUIT)
    colour = choose(astronaut, "others", 20)
    astronaut.get_by_role("button", name="Done").click()
    for vividness in ("0.6", "2"):
        astronaut.get_by_label("Vividness as a number").fill(vividness)
        astronaut.wait_for_selector(READY)
        assert len(marks(astronaut)) == 1
        assert (
            downloaded(astronaut, "Download at full size", tmp_path / "result.jpg") == f"astronaut-ours-{vividness}.jpg"
        )
        result = color.rgb2lab(np.asarray(Image.open(tmp_path / "result.jpg").convert("RGB")))
        wanted = color.rgb2lab(np.array([[tuple(bytes.fromhex(colour[1:]))]], np.uint8))[0, 0]
        assert np.hypot(*(result[int(512 * SUIT[1]), int(512 * SUIT[0])] - wanted)[1:]) < 8


def test_the_keyboard_does_it_all(chromium, server, pictures, tmp_path):
    with browsing(chromium, server) as page:
        upload(page, pictures / "astronaut.jpg")
        keys = page.keyboard.press
        page.get_by_role("button", name="Add in the middle").focus()
        keys("Enter")
        page.wait_for_selector("#likely button")
        keys("ArrowLeft")
        keys("Shift+ArrowDown")
        keys("Enter")
        page.wait_for_selector("#likely button:first-child:focus")
        keys("Tab")
        keys("Enter")
        page.wait_for_selector(READY)
        keys("Escape")
        assert page.locator(".mark:focus").count() == 1
        (one,) = saved(page, tmp_path)
        assert (one["x"], one["y"]) == (256 - 5, 256 + 51)
        page.locator(".mark").focus()
        keys("Delete")
        assert not marks(page)
        keys("Control+z")
        assert len(marks(page)) == 1 and "Hint 1: " in marks(page)[0]
        keys("Control+z")
        assert not marks(page)


@SCREENS
def test_likely_colours_look_different_and_have_names(astronaut):
    for at in (SUIT, (0.5, 0.2), (0.1, 0.1)):
        place(astronaut, *at)
        found = astronaut.locator("#likely button").evaluate_all("all => all.map((one) => one.title)")
        colours = [one.get_attribute("aria-label").split(", ")[1] for one in astronaut.locator("#likely button").all()]
        lab = color.rgb2lab(np.array([list(bytes.fromhex(one[1:])) for one in colours], np.uint8))
        apart = color.deltaE_ciede2000(lab[:, None], lab[None])
        assert all(found) and (apart[~np.eye(len(lab), dtype=bool)] > 5).all()
        astronaut.get_by_role("button", name="Done").click()


def test_a_late_answer_does_not_replace_the_colours_of_the_place(astronaut):
    """Each step of the keyboard asks again; the answers may come in another order."""
    held, answered = [], []
    astronaut.on("requestfinished", lambda request: answered.append(request) if "/palette" in request.url else None)
    astronaut.route("**/palette", lambda route: held.append(route))
    astronaut.get_by_role("button", name="Add in the middle").click()
    astronaut.locator(".mark").press("Shift+ArrowDown")
    while len(held) < 2:
        astronaut.wait_for_timeout(50)
    first, second = held
    second.continue_()
    astronaut.wait_for_selector("#likely button")
    astronaut.locator("#likely button").first.focus()
    first.continue_()
    while len(answered) < 2:
        astronaut.wait_for_timeout(50)
    astronaut.wait_for_timeout(100)
    assert astronaut.locator("#likely button:first-child:focus").count() == 1


def test_colours_used_before_gray_and_exact_ones_are_offered(astronaut, tmp_path):
    place(astronaut, *SUIT)
    colour = choose(astronaut, "others", 20)
    place(astronaut, 0.45, 0.55)
    assert choose(astronaut, "used", 0) == colour
    astronaut.locator("#exact").fill("#3366aa")
    astronaut.get_by_role("button", name="Done").click()
    astronaut.wait_for_selector(READY)
    assert [one["color"] for one in saved(astronaut, tmp_path)] == [colour, "#3366aa"]
    astronaut.locator("#list button").nth(1).click()
    astronaut.get_by_role("button", name="Neutral gray").click()
    astronaut.get_by_role("button", name="Done").click()
    assert [one["color"] for one in saved(astronaut, tmp_path)] == [colour, "keep"]
    astronaut.get_by_role("button", name="Remove all").click()
    assert not marks(astronaut)


def test_hints_of_a_file_are_read_and_bad_ones_told(astronaut, tmp_path):
    astronaut.refused.add(400)
    path = tmp_path / "coat.json"
    path.write_text(
        json.dumps({"hints": [{"x": 150, "y": 300, "color": "orange"}, {"x": 400, "y": 20, "color": "keep"}]})
    )
    astronaut.set_input_files("#load", path)
    astronaut.wait_for_selector(".mark >> nth=1")
    assert marks(astronaut) == ["Hint 1: orange", "Hint 2: neutral gray"]
    for content, told in (
        ('{"hints": [{"x": 900, "y": 20, "color": "red"}]}', "outside the photograph of 512×512"),
        ('{"hints": [{"x": 9, "y": 20, "color": "rde"}]}', "rde is not a colour"),
        ('{"hints": [{"x": 9, "y": 20}]}', "not a file of hints"),
        ("[]", "not a file of hints"),
        ("no JSON", "not a file of hints"),
    ):
        path.write_text(content)
        astronaut.set_input_files("#load", path)
        astronaut.wait_for_selector(f"[role=alert] >> text={told}")
        assert len(marks(astronaut)) == 2, "the others stay"


def test_each_photograph_has_its_own_hints(chromium, server, pictures):
    with browsing(chromium, server) as page:
        page.point = page.mouse.click
        upload(page, pictures / "astronaut.jpg")
        place(page, *SUIT)
        choose(page, "others", 20)
        upload(page, pictures / "cat.jpg")
        page.wait_for_selector("#after[alt^='cat.jpg']")
        assert not marks(page) and page.locator("#picker").is_hidden()
        page.locator("#thumbs button").first.click()
        page.wait_for_selector("#after[alt^='astronaut.jpg']")
        assert len(marks(page)) == 1


def test_a_hint_on_a_large_photograph_takes_well_under_a_second(tmp_path):
    """12 megapixels: 0.2 s of processor time, all threads together, however busy this machine is."""
    large = Image.fromarray(data.astronaut()).convert("L").resize((4000, 3000), Image.Resampling.BICUBIC)
    large.save(tmp_path / "large.jpg", quality=90)
    album = Album(tmp_path)
    content = (tmp_path / "large.jpg").read_bytes()
    entry, painter = album.add("large.jpg", io.BytesIO(content), len(content)), Painter(album, device="cpu")
    took = []
    for count in range(4):
        hints = [hint(1000 + 100 * number, 1500, "orange") for number in range(count)]
        began = time.process_time()
        picture, takes_hints = painter.preview(entry, Look(model="ours", vividness=1.3, hints=hints))
        took.append(time.process_time() - began)
        assert takes_hints and max(Image.open(io.BytesIO(picture)).size) == 1600
    assert max(took[1:]) < 0.7, "the first one also loads the model and decodes the photograph"
