"""The page of `colorize --serve` in headless Chromium: photographs in, coloured ones out."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from photos import SIZE, deep, encoded, gray_of, photo, stored
from PIL import Image
from serving import READY, browsing, downloaded, free_port, serving, start, upload

from colorization.page.folders import delete_old
from colorization.page.server import sweep, uploads

DOWNLOAD = "Download at full size"


@pytest.fixture(scope="module")
def server(trained, tmp_path_factory):
    """The address of a running server whose models take no hints."""
    with serving(trained, tmp_path_factory.mktemp("served")) as address:
        yield address


@pytest.fixture
def local_page(chromium, server):
    with browsing(chromium, server) as page:
        yield page


def pier(folder: Path, size=(64, 48), name="pier.png") -> Path:
    (folder / name).write_bytes(encoded(photo(size).convert("L"), "png"))
    return folder / name


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_photograph_goes_in_and_a_coloured_one_comes_out(chromium, server, tmp_path, width, scheme):
    with browsing(chromium, server, viewport={"width": width, "height": 844}, color_scheme=scheme) as page:
        told = page.locator("#start").inner_text()
        assert "learned from" in told and "often stay gray" in told and "ΔE" not in page.content()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        upload(page, pier(tmp_path, (640, 480)))
        assert downloaded(page, DOWNLOAD, tmp_path / "result.png") == "pier-vae-1.png"
        before, after = Image.open(tmp_path / "pier.png"), Image.open(tmp_path / "result.png")
        assert after.size == before.size
        assert np.abs(gray_of(np.asarray(after)) - np.asarray(before)).max() <= 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        stage, vividness = (
            page.locator("#stage").bounding_box(),
            page.get_by_label("Vividness", exact=True).bounding_box(),
        )
        assert stage["y"] < 100 and 0 <= vividness["y"] - (stage["y"] + stage["height"]) < 40
        assert page.get_by_text("Colours that you know").is_hidden(), "this model takes no hints"


def test_an_example_is_coloured_and_compared_with_its_true_colours(local_page):
    assert local_page.locator("#examples img").evaluate_all("all => all.every((one) => one.naturalWidth > 100)")
    local_page.get_by_role("button", name="Emir").click()
    local_page.wait_for_selector(READY)
    local_page.wait_for_selector("#before[src]")
    sizes = local_page.locator("#stage > img").evaluate_all(
        "all => all.map((one) => [one.naturalWidth, one.naturalHeight])"
    )
    assert sizes[0] == sizes[1] and max(sizes[0]) == 720
    compare = local_page.get_by_label("Compare", exact=True)
    compare.press("End")
    shown = local_page.locator("#before").evaluate("one => getComputedStyle(one).clipPath")
    assert shown in ("inset(0px)", "inset(0px 0% 0px 0px)")
    with_ = local_page.get_by_label("Compare with")
    with_.select_option("true colours")
    local_page.wait_for_selector("#before[alt='emir.jpg, true colours']")
    with_.select_option("resnet")
    local_page.wait_for_selector("#before[alt='emir.jpg, coloured by resnet']")


@pytest.mark.parametrize("width", [1280, 390])
def test_several_photographs_show_their_colours_and_more_can_be_added_on_the_first_screen(
    chromium, server, tmp_path, width
):
    size = {"width": width, "height": 800 if width > 390 else 844}
    with browsing(chromium, server, viewport=size, has_touch=width == 390, is_mobile=width == 390) as page:
        upload(page, *(pier(tmp_path, (60, 40 + number), f"{number}.png") for number in range(3)))
        add = page.get_by_role("button", name="Add photographs").bounding_box()
        assert 0 <= add["y"] < add["y"] + add["height"] < 120, "in the first window"
        page.wait_for_selector("#thumbs li[data-state=done] >> nth=2")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        colourful = """all => Promise.all(all.map(async (image) => {
            await image.decode();
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
            canvas.getContext("2d").drawImage(image, 0, 0);
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            return data.some((value, at) => at % 4 === 0 && Math.abs(value - data[at + 2]) > 3);
        }))"""
        assert page.locator("#thumbs img").evaluate_all(colourful) == [True] * 3
        with page.expect_file_chooser():
            page.get_by_role("button", name="Add photographs").click()


def test_thumbnails_say_how_far_their_photographs_are(local_page, tmp_path):
    local_page.refused.add(400)
    held = []
    local_page.route("**/preview", lambda route: held.append(route))
    local_page.set_input_files("#files", [pier(tmp_path, (60, 40 + n), f"{n}.png") for n in range(3)])
    states = lambda: local_page.locator("#thumbs i").all_inner_texts()  # noqa: E731
    while not held or len(states()) < 3:
        local_page.wait_for_timeout(50)
    assert states() == ["colouring…", "waiting", "waiting"]
    held.pop().continue_()
    while not held:
        local_page.wait_for_timeout(50)
    assert states() == ["coloured", "colouring…", "waiting"]
    held.pop().fulfill(status=400, body='{"error": "no"}')
    while not held:
        local_page.wait_for_timeout(50)
    assert states() == ["coloured", "failed", "colouring…"]
    held.pop().continue_()
    local_page.wait_for_selector("#thumbs i >> text=coloured >> nth=1")


def test_a_screen_to_touch_says_nothing_of_mice(chromium, server, tmp_path):
    with browsing(chromium, server, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as page:
        told = page.locator("main").inner_text()
        upload(page, pier(tmp_path))
        page.evaluate("document.getElementById('hints').hidden = false")
        told += page.locator("main").inner_text()
        assert "Tap the picture" in told and "Choose a photograph" in told
        assert not any(word in told.lower() for word in ("drop", "click", "keyboard"))


def test_another_model_and_16_bits(local_page, tmp_path):
    (tmp_path / "deep.png").write_bytes(deep(3, "png"))
    upload(local_page, tmp_path / "deep.png")
    assert local_page.get_by_label("resnet (").is_hidden(), "the models are closed away"
    local_page.get_by_text("Other models").click()
    local_page.get_by_label("resnet (").check()
    local_page.wait_for_selector(READY)
    assert downloaded(local_page, DOWNLOAD, tmp_path / "result.png") == "deep-resnet-1.png"
    assert stored(tmp_path / "result.png").dtype == np.uint16
    assert stored(tmp_path / "result.png").shape == (*SIZE[::-1], 3)


def test_the_vividness_can_be_typed_and_stepped(local_page, tmp_path):
    upload(local_page, pier(tmp_path))
    picture = local_page.locator("#after").get_attribute("src")
    local_page.get_by_label("Vividness as a number").fill("0")
    local_page.wait_for_selector(READY)
    assert local_page.locator("#after").get_attribute("src") != picture
    assert downloaded(local_page, DOWNLOAD, tmp_path / "gray.png") == "pier-vae-0.png"
    pixels = np.asarray(Image.open(tmp_path / "gray.png")).astype(int)
    assert np.ptp(pixels, axis=-1).max() <= 1
    local_page.get_by_label("Vividness", exact=True).press("ArrowRight")
    local_page.wait_for_selector(READY)
    assert downloaded(local_page, DOWNLOAD, tmp_path / "result.png") == "pier-vae-0.1.png"


def test_several_photographs_come_home_in_a_zip_with_the_names_of_the_command(local_page, tmp_path):
    local_page.refused.add(400)
    (tmp_path / "other").mkdir()
    (tmp_path / "notes.png").write_bytes(b"no image")
    jpeg = tmp_path / "Café am See.jpg"
    jpeg.write_bytes(encoded(photo((80, 60)), "jpeg"))
    paths = [pier(tmp_path), jpeg, tmp_path / "notes.png", pier(tmp_path / "other", (32, 24))]
    upload(local_page, *paths)
    local_page.wait_for_selector("text=notes.png: not an image of a known format")
    assert local_page.locator("#thumbs button").count() == 3
    assert downloaded(local_page, "Download all as a zip", tmp_path / "all.zip") == "colorized.zip"
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        sizes = {name: Image.open(archive.open(name)).size for name in archive.namelist()}
    expected = {"pier-colorized.png": (64, 48), "Café am See-colorized.jpg": (80, 60), "pier-colorized-2.png": (32, 24)}
    assert sizes == expected


def test_a_removed_photograph_is_deleted(local_page, tmp_path):
    upload(local_page, pier(tmp_path))
    local_page.get_by_role("button", name="Remove this photograph").click()
    local_page.wait_for_selector("text=pier.png was removed and deleted")
    assert local_page.locator("#work").is_hidden()


def test_a_photograph_that_the_server_forgot_is_sent_again(local_page, tmp_path):
    local_page.refused.add(410)
    upload(local_page, pier(tmp_path))
    with local_page.expect_response("**/api/photos?name=*") as again:
        local_page.evaluate(
            """async () => {
                const asked = performance.getEntriesByType("resource").map((one) => one.name);
                const preview = asked.find((name) => name.endsWith("/preview"));
                await fetch(preview.replace("/preview", ""), {method: "DELETE"});
            }"""
        )
        local_page.get_by_label("Vividness as a number").fill("2")
    assert again.value.ok
    local_page.wait_for_selector(READY)
    assert downloaded(local_page, DOWNLOAD, tmp_path / "result.png") == "pier-vae-2.png"


def test_a_file_that_is_not_an_image_is_reported(local_page, tmp_path):
    local_page.refused.add(400)
    (tmp_path / "notes.png").write_bytes(b"no image")
    local_page.set_input_files("#files", tmp_path / "notes.png")
    local_page.wait_for_selector("[role=alert] >> text=notes.png: not an image of a known format")


def test_a_jpeg_that_is_cut_off_is_coloured_with_a_line_that_says_so(local_page, tmp_path):
    content = encoded(photo((320, 240)), "jpeg")
    (tmp_path / "half.jpg").write_bytes(content[: len(content) * 2 // 3])
    upload(local_page, tmp_path / "half.jpg")
    local_page.wait_for_selector("[role=alert] >> text=half.jpg: ")


def test_it_is_accessible(local_page, tmp_path):
    """By axe-core's rules, among them labels, roles and contrast, in light and dark."""
    upload(local_page, pier(tmp_path))
    for scheme in ("light", "dark"):
        local_page.emulate_media(color_scheme=scheme)
        found = Axe().run(local_page)
        assert found.violations_count == 0, found.generate_report()


def test_it_listens_on_this_machine_only(server):
    port = int(server.rsplit(":", 1)[1])
    listening = {line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if " 0A " in line}
    assert {address for address in listening if address.endswith(f":{port:04X}")} == {f"0100007F:{port:04X}"}


def test_a_port_in_use_is_reported_in_one_line(server, trained):
    port = server.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "colorization.command.main", "--serve", "--port", port]
    done = subprocess.run(command, cwd=trained, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "--port" in done.stderr and len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_upload_outlives_the_server(trained, tmp_path, number):
    """Not even a kill's, which the next server sweeps."""
    first = start(trained, tmp_path, free_port())
    (folder,) = tmp_path.glob("colorize-*")
    (folder / "upload.jpg").write_bytes(b"private")
    first.send_signal(number)
    first.wait(30)
    assert folder.exists() == (number == signal.SIGKILL)
    if folder.exists():
        sweep(tmp_path)
    assert not folder.exists()


def test_a_stop_with_an_upload_on_its_way_is_quick_and_quiet(trained, tmp_path):
    port = free_port()
    server = start(trained, tmp_path, port, stderr=subprocess.PIPE)
    with socket.create_connection(("127.0.0.1", port)) as unfinished:
        unfinished.sendall(b"POST /api/photos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nabc")
        while not list(tmp_path.glob("colorize-*/*/photograph")):
            time.sleep(0.05)
        server.send_signal(signal.SIGINT)
        server.wait(30)
    assert server.stderr.read() == "" and not list(tmp_path.iterdir())


def test_a_running_server_is_not_swept(tmp_path):
    (tmp_path / f"colorize-{os.getpid()}-x").mkdir()
    (tmp_path / "colorize-mine").mkdir()
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_only_what_a_server_has_left_is_swept(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = 2**22 + 1  # over the largest number of a process
    with uploads() as mine:
        theirs = tmp_path / mine.name.replace(str(os.getpid()), str(ended))
        theirs.mkdir()
        others = ["colorize-2023-holiday", f"colorize-{ended}-abcdefgh", "colorize-serve-", f"colorize-serve-{ended}",
                  f"colorize-serve-{ended}-holiday", f"colorize-serve-{ended}-holidays-in-may"]  # fmt: skip
        for name in others:
            (tmp_path / name).mkdir()
        sweep(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {mine.name, *others}


def test_old_uploads_are_deleted(tmp_path):
    old, new = tmp_path / "a/old.png", tmp_path / "new.png"
    old.parent.mkdir()
    old.write_bytes(b"")
    new.write_bytes(b"")
    os.utime(old, (time.time() - 100,) * 2)
    delete_old(tmp_path, kept=50)
    assert new.exists() and not old.exists()
