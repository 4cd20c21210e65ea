"""The page of the human study by keyboard and by touch, in headless Chromium, from disk, without a network."""

import json
import re
from itertools import pairwise

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import watched_page
from test_human_study import CATCH, MODELS, ORIGINALS, PHOTOGRAPHS, RESULTS

from colorization.core.params import HumanStudy
from colorization.human_study.answer_files import fooling_rates, read_answers
from colorization.human_study.trials import build

SECONDS = 0.3
LETTERS = {"left": "f", "right": "j"}
PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
HASTE = "const later = setTimeout; window.setTimeout = (f, ms) => later(f, ms > 1000 ? ms : 0)"  # no pause at the cross
LEFT = """new MutationObserver(() => {
    const image = document.querySelector("#left img");
    if (image) window.left = image.src;
}).observe(document, { subtree: true, childList: true })"""
LOG = """window.log = []; (function look(now) {
    const pair = document.getElementById("pair");
    if (pair) log.push([now, pair.dataset.state, pair.querySelectorAll("img").length]);
    requestAnimationFrame(look);
})(performance.now())"""

HIDE = """let hidden = false;
Object.defineProperty(document, "hidden", { get: () => hidden });
const timer = setInterval(() => {
    if (document.getElementById("pair")?.dataset.state !== "look") return;
    clearInterval(timer);
    for (hidden of [true, false]) document.dispatchEvent(new Event("visibilitychange"));
}, 20)"""
EARLY = """setInterval(() => {
    const pair = document.getElementById("pair");
    if (!pair || !["cross", "look"].includes(pair.dataset.state)) return;
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
    document.getElementById("left").click();
}, 20)"""


def page_of(folder, study):
    html, key = build(ORIGINALS, RESULTS, PHOTOGRAPHS, study, 1)
    (folder / "study.html").write_text(html)
    return (folder / "study.html").as_uri(), key


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """The address and the key of a study with 8 pairs."""
    return page_of(tmp_path_factory.mktemp("short"), HumanStudy(models=MODELS, pairs=2, catch=2, seconds=SECONDS))


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """The same with 32 pairs, each shown for a moment."""
    return page_of(tmp_path_factory.mktemp("long"), HumanStudy(models=MODELS, pairs=10, catch=2, seconds=0.02))


def opened(page, uri, *scripts):
    for script in (LEFT, *scripts):
        page.add_init_script(script)
    page.goto(uri)


def robot(page, key, press, fooled):
    """Answer all pairs, wrongly for models in `fooled`; returns which image was on the left, and the ids in order."""
    lefts, ids = [], []
    for number in range(1, len(key["trials"]) + 1):
        due(page, f"Pair {number} of {len(key['trials'])}")
        trial, left = page.evaluate("""() => {
            const trial = study.trials.find((t) => t.images.includes(left));
            return [trial.id, trial.images.indexOf(left)];
        }""")
        truth = key["trials"][trial]
        wanted = truth["photograph"] ^ (truth["model"] in fooled)
        press("left" if left == wanted else "right")
        lefts.append(left)
        ids.append(trial)
    page.wait_for_selector("#end", state="visible")
    return lefts, ids


def due(page, title):
    page.wait_for_function(
        "title => document.getElementById('pair').dataset.state === 'answer' && "
        "document.getElementById('trial-title').textContent === title",
        arg=title,
    )


def practise(page, press, go):
    for number in (1, 2):
        due(page, f"Practice {number} of 2")
        press("left")
        page.wait_for_selector("#next", state="visible")
        told = page.inner_text("#status")
        assert re.fullmatch("(Correct|Not this one): the photograph is on the (left|right).", told)
        assert ("Correct" in told) == told.endswith("left.") == (page.inner_text("#left-truth") == "the photograph")
        go("next")
    page.wait_for_selector("#ready", state="visible")


def downloaded(page, go, folder):
    with page.expect_download() as event:
        go("download")
    answers = folder / event.value.suggested_filename
    event.value.save_as(answers)
    assert page.inner_text("#saved").startswith("Downloaded")
    assert answers.read_text() == page.input_value("#text")
    return json.loads(answers.read_text())


def test_the_whole_study_by_keyboard(page, short, tmp_path):
    uri, key = short
    keys = iter(["ArrowLeft", "ArrowRight", "f", "j", "F", "J"] * 4)

    def press(side):
        page.keyboard.press(next(k for k in keys if (k.lower() in ("arrowleft", "f")) == (side == "left")))

    def go(name):
        if page.evaluate("document.activeElement.id") != name:
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == name
        page.keyboard.press("Enter")

    opened(page, uri)
    go("start")
    practise(page, press, go)
    go("begin")
    robot(page, key, press, fooled=["gan", "vae"])
    answers = downloaded(page, go, tmp_path)
    assert (answers["input"], answers["seconds"]) == ("keyboard", SECONDS)
    assert [p.name for p in tmp_path.iterdir()] == [f"answers-{answers['participant']}.json"]
    found = fooling_rates(read_answers(tmp_path, key), key)
    assert {m: r["rate"] for m, r in found["models"].items()} == {"gan": 1, "resnet": 0, "vae": 1}
    assert (found["participants"], found["excluded"], found["catch"]) == (1, 0, {"trials": 2, "failed": 0})


def test_the_whole_study_by_touch_on_a_phone(chromium, short, tmp_path):
    uri, key = short
    with watched_page(chromium, **PHONE) as page:
        opened(page, uri)
        page.tap("#start")
        practise(page, lambda side: page.tap(f"#{side}"), lambda name: page.tap(f"#{name}"))
        page.tap("#begin")
        boxes = [page.locator(f"#{side}").bounding_box() for side in ("left", "right")]
        robot(page, key, lambda side: page.tap(f"#{side}"), fooled=["resnet", CATCH])
        answers = downloaded(page, lambda name: page.tap(f"#{name}"), tmp_path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert boxes[0]["x"] >= 0 and boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert boxes[1]["x"] + boxes[1]["width"] <= 360 and boxes[0]["width"] > 150
    assert answers["input"] == "touch"
    found = fooling_rates(read_answers(tmp_path, key), key)
    assert (found["excluded"], found["catch"]["failed"]) == (1, 2)
    assert found["models"]["resnet"]["rate"] is None


def test_pictures_are_shown_for_their_time_and_early_answers_are_ignored(page, short):
    opened(page, short[0], LOG, EARLY)
    page.click("#start")
    due(page, "Practice 1 of 2")
    page.wait_for_timeout(300)
    assert page.get_attribute("#pair", "data-state") == "answer" and page.is_hidden("#next")
    log = page.evaluate("log")
    shown = [now for now, state, images in log if images == 2]
    assert {state for _, state, images in log if images} == {"look"} and {n for *_, n in log} == {0, 2}
    gone = min(now for now, _, images in log if now > shown[-1])
    assert gone - shown[0] > 1000 * SECONDS - 20  # a frame is 17 ms
    late = [now for now in shown if now - shown[0] > 1000 * SECONDS]
    assert len(late) <= 2  # frames, however long a busy machine makes them


def test_a_pair_is_shown_again_if_the_page_was_hidden(page, short):
    opened(page, short[0], LOG, HIDE)
    page.click("#start")
    due(page, "Practice 1 of 2")
    states = [state for _, state, _ in page.evaluate("log")]
    changes = [state for before, state in pairwise(states) if state != before]
    assert changes == ["cross", "look", "cross", "look", "answer"]


def test_sides_and_order_are_random(page, long):
    uri, key = long
    orders, lefts = [], []
    page.on("dialog", lambda dialog: dialog.accept())
    for _ in range(2):
        opened(page, uri, HASTE)
        page.click("#start")
        practise(page, lambda side: page.keyboard.press(LETTERS[side]), lambda name: page.click(f"#{name}"))
        page.click("#begin")
        left, ids = robot(page, key, lambda side: page.keyboard.press(LETTERS[side]), fooled=[])
        orders.append(ids)
        lefts += left
    assert orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1]) == list(key["trials"])
    assert 12 <= sum(lefts) <= 52  # of 64: five standard deviations
    draws = np.array(page.evaluate("Array.from({ length: 3000 }, () => shuffled([0, 1, 2]))"))
    assert np.abs((draws[:, :, None] == np.arange(3)).mean(axis=0) - 1 / 3).max() < 5 * np.sqrt(2 / 9 / 3000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_every_screen_passes_the_accessibility_check(chromium, long, scheme, phone):
    uri, key = long
    with watched_page(chromium, color_scheme=scheme, **(PHONE if phone else {})) as page:

        def check(screen):
            found = Axe().run(page).response["violations"]
            serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
            assert not serious, screen

        opened(page, uri, HASTE)
        check("intro")
        page.click("#start")
        due(page, "Practice 1 of 2")
        check("answer")
        page.keyboard.press("f")
        page.wait_for_selector("#next", state="visible")
        check("feedback")
        page.click("#next")
        due(page, "Practice 2 of 2")
        page.keyboard.press("f")
        page.click("#next")
        check("ready")
        page.evaluate("study.seconds = 3")
        page.click("#begin")
        page.wait_for_selector("#pair[data-state=look]")
        check("trial")
        page.evaluate("study.seconds = 0.02")
        robot(page, key, lambda side: page.keyboard.press(LETTERS[side]), fooled=[])
        page.click("summary")
        check("end")


def test_leaving_warns_until_answers_are_saved_and_a_refused_copy_is_reported(page, long):
    uri, key = long
    warned = []
    page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    opened(page, uri, HASTE)
    page.reload()
    assert not warned
    page.click("#start")
    page.reload()
    assert warned == ["beforeunload"]
    page.click("#start")
    practise(page, lambda side: page.keyboard.press("f"), lambda name: page.click(f"#{name}"))
    page.click("#begin")
    robot(page, key, lambda side: page.click(f"#{side}"), fooled=[])
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    page.click("#copy")
    page.wait_for_function("document.getElementById('saved').textContent")
    assert "copy it yourself" in page.inner_text("#saved")
    answers = json.loads(page.evaluate("getSelection().toString()"))
    assert answers["input"] == "mouse" and len(answers["trials"]) == len(key["trials"])
    page.reload()
    assert warned == ["beforeunload"]


def test_the_page_cannot_send_anything(chromium, short):
    page, told, asked = chromium.new_page(), [], []
    page.on("console", lambda message: told.append(message.text))
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto(short[0])
    assert page.evaluate("fetch('https://example.org/?answers=1').then(() => 'sent', () => 'refused')") == "refused"
    page.close()
    assert any("Content Security Policy" in message for message in told)
    assert asked == [short[0]]
