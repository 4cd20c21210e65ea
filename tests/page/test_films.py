"""Films on the page of `colorize --serve`: the server, and the page in headless Chromium, with the bundled model."""

import io
import json
import time
from http.client import HTTPConnection

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from films import read, write_film
from PIL import Image
from serving import browsing, serving, upload

from colorization.core.errors import InputError
from colorization.film.excerpt import Scene, cut_out
from colorization.film.looking import gray, outline, picture_at, upright
from colorization.film.opening import opened
from colorization.film.reading import Film
from colorization.page import films as page_films
from colorization.page import screening
from colorization.page.album import Album
from colorization.page.films import Films, Wish
from colorization.page.painting import Look, Painter
from colorization.photo.hints import hint

PICTURES = 12  # of each of the film's two scenes
SIDES = 96, 128  # height and width


def pan(seed: int, count: int = PICTURES) -> list[np.ndarray]:
    """A scene: gray pictures (H,W) of a cloudy ground that moves 2 pixels to the left from picture to picture."""
    noise = np.random.default_rng(seed).integers(20, 236, (12, 20), dtype=np.uint8)
    ground = np.asarray(Image.fromarray(noise).resize((SIDES[1] + 2 * count, SIDES[0]), Image.Resampling.BICUBIC))
    return [np.ascontiguousarray(ground[:, 2 * i : 2 * i + SIDES[1]]) for i in range(count)]


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two scenes with a variable frame rate and sound."""
    return write_film(tmp_path_factory.mktemp("film") / "reel.mp4", pan(1) + pan(2))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("served")) as address:
        yield address


def ask(server, method, path, body=None):
    """Status and body of the answer."""
    connection = HTTPConnection(server.removeprefix("http://"), timeout=100)
    connection.request(method, path, json.dumps(body) if isinstance(body, dict) else body)
    answer = connection.getresponse()
    status, content = answer.status, answer.read()
    connection.close()
    return status, content


@pytest.fixture
def reel(server, film):
    """The address of an uploaded film."""
    status, content = ask(server, "POST", "/api/films?name=reel.mp4", film.read_bytes())
    told = json.loads(content)
    assert status == 200 and (told["width"], told["height"], told["ratio"]) == (128, 96, pytest.approx(4 / 3))
    assert told["times"] == pytest.approx([stamp / 600 for stamp in read(film)[0]], abs=0.001)
    return f"/api/films/{told['id']}"


def finished(server, reel) -> dict:
    while (told := json.loads(ask(server, "GET", f"{reel}/job")[1]))["state"] == "running":
        time.sleep(0.05)
    return told


def image(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content))).astype(int)


LOOK = {"model": "ours", "vividness": 1, "hints": []}
RED = {"x": 60, "y": 50, "color": "#c02020", "frame": 14}


def test_a_picture_is_shown_gray_and_coloured_and_colours_are_offered(server, film, reel):
    luma = read(film)[1][13][0].astype(float)
    before = image(ask(server, "GET", f"{reel}/before?frame=13")[1])
    assert np.abs(before - np.clip((luma - 16) * 255 / 219, 0, 255)).mean() < 3
    after = image(ask(server, "POST", f"{reel}/preview", LOOK | {"frame": 13})[1])
    assert np.abs(after.mean(axis=-1) - before).mean() < 20 and np.ptp(after, axis=-1).max() > 10
    plain = image(ask(server, "POST", f"{reel}/preview", LOOK | {"frame": 14})[1])
    hinted = image(ask(server, "POST", f"{reel}/preview", LOOK | {"frame": 14, "hints": [RED]})[1])
    redder = (hinted - plain)[45:55, 55:65]
    assert (redder[..., 0] - redder[..., 1]).mean() > 30
    palette = json.loads(ask(server, "POST", f"{reel}/palette", LOOK | {"frame": 14, "x": 60, "y": 50})[1])
    assert palette["likely"] and palette["others"]


def test_a_hint_colours_its_scene_when_it_is_played(server, reel):
    ask(server, "POST", f"{reel}/play", LOOK | {"frame": 20, "hints": [RED]})
    told = finished(server, reel)
    assert (told["state"], told["first"], told["done"]) == ("done", PICTURES, told["total"]) and not told["lines"]
    content, pictures = ask(server, "GET", f"{reel}/scene")[1], []
    while content:
        length = int.from_bytes(content[:4], "big")
        pictures.append(image(content[4 : 4 + length]))
        content = content[4 + length :]
    assert [picture.shape for picture in pictures] == [(*SIDES, 3)] * PICTURES
    for number in (0, 2, 7):  # what is hinted is at x = 60 in the third picture
        here = pictures[number][45:55, 60 - 2 * (number - 2) - 4 :][:, :8]
        assert (here[..., 0] - here[..., 1]).mean() > 30


def test_the_whole_film_is_coloured_with_its_sound_and_can_be_cancelled(server, film, reel, tmp_path):
    assert ask(server, "GET", f"{reel}/result")[0] == 400
    ask(server, "POST", f"{reel}/colour", LOOK)
    assert ask(server, "DELETE", f"{reel}/job")[0] == 200
    assert finished(server, reel)["state"] == "cancelled" and ask(server, "GET", f"{reel}/result")[0] == 400
    ask(server, "POST", f"{reel}/colour", LOOK | {"hints": [RED]})
    told = finished(server, reel)
    assert told["state"] == "done" and told["whole"] and told["done"] == told["total"] == 4 * PICTURES
    (tmp_path / "out.mp4").write_bytes(ask(server, "GET", f"{reel}/result")[1])
    before, after = read(film), read(tmp_path / "out.mp4")
    assert after[0] == before[0] and after[2] == before[2]
    assert np.abs(after[1][13][2].astype(int) - 128).max() > 10


def test_a_negative_film_and_a_reference_reach_the_picture_the_scene_and_the_film(server, film, reel, tmp_path):
    colours = Image.new("RGB", (160, 120), "#b03020")
    colours.paste("#2050c0", (0, 0, 80, 120))
    buffer = io.BytesIO()
    colours.save(buffer, "png")
    reference = json.loads(ask(server, "POST", "/api/photos?name=c.png", buffer.getvalue())[1])["id"]
    look = LOOK | {"negative": True, "detail": 2, "like": [reference], "frame": 3}
    before = image(ask(server, "GET", f"{reel}/before?frame=3")[1]).astype(float)
    still = image(ask(server, "POST", f"{reel}/preview", look)[1])
    assert np.corrcoef(still.mean(axis=-1).ravel(), before.ravel())[0, 1] < -0.9
    ask(server, "POST", f"{reel}/play", look)
    told = finished(server, reel)
    assert told["state"] == "done" and told["done"] == told["total"] == 2 * PICTURES
    ask(server, "POST", f"{reel}/colour", look)
    assert finished(server, reel)["state"] == "done"
    (tmp_path / "out.mp4").write_bytes(ask(server, "GET", f"{reel}/result")[1])
    luma = read(tmp_path / "out.mp4")[1][3][0].astype(float)
    assert np.corrcoef(luma.ravel(), before.ravel())[0, 1] < -0.9
    for act in ("preview", "play", "colour"):
        assert ask(server, "POST", f"{reel}/{act}", look | {"like": ["abc"]})[0] == 410, "so the page sends it again"


def test_bad_questions_about_films_are_one_line(server, reel, film):
    def told(answer):
        return json.loads(answer[1])["error"]

    for question, line in (
        ({"frame": 24}, "frame: expected the number of a picture, from 0 to 23"),
        ({"frame": "1"}, "frame: expected the number"),
        ({"frame": 1, "hints": [{"x": 1, "y": 1, "color": "red"}]}, "frame: expected the number"),
    ):
        answer = ask(server, "POST", f"{reel}/preview", LOOK | question)
        assert answer[0] == 400 and line in told(answer)
    outside = LOOK | {"hints": [RED | {"x": 128}]}
    assert "outside the film of 128×96 pixels" in told(ask(server, "POST", f"{reel}/colour", outside))
    for frame in ("", "24", "x"):
        assert ask(server, "GET", f"{reel}/before?frame={frame}")[0] == 400
    answer = ask(server, "POST", "/api/films?name=notes.mp4", b"no film")
    assert answer[0] == 400 and told(answer).startswith("notes.mp4: not a film")
    assert ask(server, "POST", f"{reel.replace('films', 'photos')}/preview", LOOK)[0] == 400
    assert ask(server, "DELETE", reel)[0] == 200 and ask(server, "GET", f"{reel}/job")[0] == 410


# without a server

LOOK_OURS = Look(model="ours", vividness=None, hints=[])
PLAIN = Wish(look=LOOK_OURS, hints=[])


def added(album: Album, film):
    return Films(Painter(album, device="cpu")).add("reel.mp4", io.BytesIO(film.read_bytes()), film.stat().st_size)


def test_films_have_a_limit_and_need_pyav(tmp_path, film, monkeypatch):
    monkeypatch.setattr(page_films, "LARGEST", 1000)
    with pytest.raises(InputError, match="reel.mp4: larger than 0 MB"):
        added(Album(tmp_path), film)
    monkeypatch.setattr(page_films, "reads_films", lambda: False)
    with pytest.raises(InputError, match=r"reel.mp4: is a film; films need PyAV: pip install '.\[film\]'"):
        added(Album(tmp_path), film)
    assert not list(tmp_path.iterdir())


def test_one_film_at_a_time_and_none_that_does_not_fit(tmp_path, film, monkeypatch):
    monkeypatch.setattr(Films, "ready", lambda *_: None)
    monkeypatch.setattr(screening, "_whole", lambda *_: time.sleep(1))
    films = Films(Painter(Album(tmp_path), device="cpu"))
    reels = [films.add("reel.mp4", io.BytesIO(film.read_bytes()), film.stat().st_size) for _ in range(2)]
    wish = PLAIN
    screening.colour(films, reels[0], wish)
    with pytest.raises(InputError, match="a film is being coloured already"):
        screening.colour(films, reels[1], wish)
    reels[0].job.cancel()
    monkeypatch.setattr(screening, "FOLDER", film.stat().st_size)
    with pytest.raises(InputError, match="the page holds"):
        screening.colour(films, reels[1], wish)


def test_the_work_on_a_film_that_was_forgotten_ends(tmp_path, film):
    films = Films(Painter(Album(tmp_path), device="cpu"))
    reel = films.add("reel.mp4", io.BytesIO(film.read_bytes()), film.stat().st_size)
    screening.colour(films, reel, Wish(look=LOOK_OURS, hints=[(14, hint(60, 50, "red"))]))
    films.album.remove(reel.entry.number)  # as `forget` does
    deadline = time.monotonic() + 60
    while reel.job.running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert reel.job.state in ("cancelled", "failed") and not list(tmp_path.iterdir())


@pytest.mark.parametrize("name, codec, sound", [("a.mp4", "libx264", "aac"), ("a.avi", "mpeg4", "libmp3lame")])
def test_pictures_by_number_are_those_of_the_film(tmp_path, name, codec, sound):
    stamps = [24 * i for i in range(2 * PICTURES)]
    path = write_film(tmp_path / name, pan(1) + pan(2), codec=codec, sound=sound, stamps=stamps)
    with opened(path) as container:
        pictures = list(Film(container, path).pictures())
    about = outline(path)
    assert about.stamps.tolist() == [picture.pts for picture in pictures]
    for number in (0, 5, 11, 12, 23):
        found = picture_at(path, about, number)
        assert found.number == number and (found.luma == pictures[number].luma).all()


def test_a_scene_ends_at_its_cuts_and_a_long_one_at_the_limit(tmp_path, film, monkeypatch):
    about = outline(film)
    assert cut_out(film, about, 3, tmp_path / "a.mkv") == Scene(0, 11, True)
    assert cut_out(film, about, 12, tmp_path / "a.mkv") == Scene(12, 23, True)
    monkeypatch.setattr("colorization.film.excerpt.NEAR", 4)
    assert cut_out(film, about, 18, tmp_path / "a.mkv") == Scene(14, 22, False)
    with opened(tmp_path / "a.mkv") as container:
        excerpt = list(Film(container, tmp_path / "a.mkv").pictures())
    assert len(excerpt) == 9
    whole = gray(picture_at(film, about, 14), about)
    assert np.abs(excerpt[0].luma.astype(int) - whole).max() <= 1


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turned_films_are_upright(tmp_path, turn):
    path = write_film(tmp_path / "film.mp4", pan(1), sound=None,
                      change=lambda out, video: video.set_display_rotation(turn))  # fmt: skip
    about = outline(path)
    picture = gray(picture_at(path, about, 2), about)
    assert upright(picture, about.turned).shape == (about.height, about.width)
    assert (about.width, about.height) == (SIDES if turn % 180 else SIDES[::-1])
    assert (upright(picture, about.turned) == np.rot90(picture, turn // 90)).all()
    assert about.ratio == pytest.approx(about.width / about.height)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_film_is_seen_hinted_played_and_coloured(chromium, server, film, tmp_path, width):
    touch = width == 390
    with browsing(chromium, server, viewport={"width": width, "height": 844}, has_touch=touch) as page:
        assert "films of up to 2 GB, too" in page.locator("#drop").inner_text()
        large = """() => {
            const file = new File([], "large.mp4");
            Object.defineProperty(file, "size", { value: 2 ** 31 + 1 });
            const drop = new Event("drop", { cancelable: true });
            document.dispatchEvent(Object.assign(drop, { dataTransfer: { files: [file] } }));
        }"""
        page.evaluate(large)
        page.wait_for_selector("[role=alert] >> text=large.mp4: larger than 2048 MB; scale it down")
        upload(page, film)
        assert page.locator("#clock").inner_text() == "0:00.0 of 0:01.1"
        page.get_by_label("Picture", exact=True).fill("14")
        page.wait_for_selector("#stage[aria-busy=false]")
        box = page.locator("#stage").bounding_box()
        (page.touchscreen.tap if touch else page.mouse.click)(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_selector("#likely button")
        page.locator("#others button").first.click()
        page.get_by_role("button", name="Done").click()
        page.get_by_role("button", name="One picture on").click()
        page.wait_for_selector("#stage[aria-busy=false]")
        assert page.locator(".mark").count() == 0, "it was given in another picture"
        page.get_by_role("button", name="Play this scene").click()
        page.get_by_role("button", name="Stop").click()
        page.locator("#list button").first.click()
        assert page.locator(".mark").count() == 1 and page.get_by_label("Picture", exact=True).input_value() == "14"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        with page.expect_download() as download:
            page.get_by_role("button", name="Colour the whole film").click()
        download.value.save_as(tmp_path / "out.mp4")
        assert download.value.suggested_filename == "reel-colorized.mp4"
        assert read(tmp_path / "out.mp4")[0] == read(film)[0]
        page.get_by_role("button", name="Remove this film").click()
        page.wait_for_selector("text=reel.mp4 was removed and deleted")
