"""The page in the visitor's own browser: headless Chromium, files from a plain web server, no other host."""

import functools
import io
import os
import re
import shutil
import threading
import zipfile
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from photos import encoded, exif, gray_of
from PIL import Image
from serving import READY, browsing, downloaded, upload
from skimage import data

from colorization.models.common.onnx_file import read_model
from colorization.photo.catalog import BUNDLED
from colorization.photo.colorizer import load
from colorization.photo.hints import hint
from tools import try_page

DOWNLOAD, VIVIDNESS = "Download at full size", 1
CLOSE = 2  # of 255: the most that 99 of 100 values of a result may differ from the command's
LARGEST = (
    20  # the same of all; sums of 8-bit integers are rounded otherwise by WebAssembly than by a processor's own code
)
STORED = "navigator.serviceWorker.getRegistration().then((found) => found?.active?.state === 'activated')"


class Quiet(SimpleHTTPRequestHandler):
    """A plain server of files, as of `python -m http.server`."""

    def log_message(self, *arguments):
        pass


@contextmanager
def hosted(folder):
    """The address of a folder's server, and the server; it is stopped at the end, if it still runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/some/place/", server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A web root with today's page below some/place/. npm's packages must be there: `make try` installs them."""
    if not try_page.npm.up_to_date():
        assert "CI" not in os.environ or "NO_NPM" in os.environ, "CI needs npm's packages: make try"
        pytest.skip("npm's packages are not installed: make try")
    root = tmp_path_factory.mktemp("web")
    try_page.build(root / "some/place")
    return root


@pytest.fixture(scope="session")
def address(folder):
    with hosted(folder) as (found, _):
        yield found


@pytest.fixture(scope="module")
def command():
    return load(BUNDLED / "ours.onnx", device="cpu", threads=1)


def gray(size, name="astronaut", mode="L") -> Image.Image:
    return Image.fromarray(getattr(data, name)()).convert(mode).resize(size, Image.Resampling.BICUBIC)


def differs(path, expected: Image.Image) -> int:
    """The difference of a result from the command's that 99 of 100 values keep, where it shows; or one over LARGEST."""
    found, expected = np.asarray(Image.open(path)).astype(int), np.asarray(expected).astype(int)
    assert found.shape == expected.shape
    shown = expected[..., 3] > 0 if found.shape[2] == 4 else np.ones(found.shape[:2], bool)
    difference = np.abs(found - expected)[shown]
    return int(difference.max() if difference.max() > LARGEST else np.quantile(difference, 0.99))


def framed() -> Image.Image:
    """A faded photograph with a border of paper."""
    pixels = np.pad((70 + 0.5 * np.asarray(gray((400, 300), "coffee"))).astype(np.uint8), 18, constant_values=236)
    return Image.fromarray(pixels)


def clear() -> Image.Image:
    """A photograph that fades out to the right; what is fully transparent has no colour in a browser."""
    image = gray((300, 200), "chelsea", "RGB")
    image.putalpha(Image.fromarray(np.tile(np.linspace(255, 1, 300).astype(np.uint8), (200, 1))))
    return image


KINDS = {
    "colour": lambda: Image.fromarray(data.coffee()),
    "gray": lambda: gray((512, 512)),
    "old": framed,
    "clear": clear,
    "tiny": lambda: gray((3, 5)),
    "dot": lambda: gray((1, 1)),
    "panorama": lambda: gray((1900, 130), "rocket"),
    "turned": lambda: gray((300, 200), "rocket", "RGB"),
}


def test_results_equal_the_commands(chromium, address, command, tmp_path):
    """Photographs of many kinds, one after the other; PNG keeps every bit of the results."""
    with browsing(chromium, address) as page:
        for name, make in KINDS.items():
            image, options = make(), {"exif": exif(6)} if name == "turned" else {}
            image.save(tmp_path / f"{name}.png", **options)
            upload(page, tmp_path / f"{name}.png")
            assert downloaded(page, DOWNLOAD, tmp_path / "result.png") == f"{name}-ours-{VIVIDNESS}.png"
            expected = command.colorize(Image.open(tmp_path / f"{name}.png"))
            assert differs(tmp_path / "result.png", expected) <= CLOSE, name
            page.get_by_role("button", name="Remove this photograph").click()
            page.wait_for_selector(f"text={name}.png was removed and deleted")


def test_hints_and_vividness_equal_the_commands(chromium, address, command, tmp_path):
    image = gray((512, 512))
    image.save(tmp_path / "a.png")
    rows = [{"x": 150, "y": 300, "color": "orange"}, {"x": 400, "y": 20, "color": "keep"}]
    (tmp_path / "hints.json").write_text(str({"hints": rows}).replace("'", '"'))
    with browsing(chromium, address) as page:
        upload(page, tmp_path / "a.png")
        page.set_input_files("#load", tmp_path / "hints.json")
        page.wait_for_selector(".mark >> nth=1")
        page.get_by_label("Vividness as a number").fill("0.9")
        page.wait_for_selector(READY)
        assert downloaded(page, DOWNLOAD, tmp_path / "result.png") == "a-ours-0.9.png"
        known = [hint(row["x"], row["y"], row["color"]) for row in rows]
        expected = command.colorize(image, saturation=0.9, hints=known)
        assert differs(tmp_path / "result.png", expected) <= CLOSE
        plain = command.colorize(image, saturation=0.9)
        assert differs(tmp_path / "result.png", plain) > 20, "the hints count"
        page.locator("#list button").first.click()
        page.wait_for_selector("#likely button")
        assert page.locator("#others button").count() > 12
        for bad, told in (('{"x": 900, "y": 2, "color": "red"}', "outside the photograph"),
                          ('{"x": 9, "y": 2, "color": "rde"}', "rde is not a colour")):  # fmt: skip
            (tmp_path / "hints.json").write_text(f'{{"hints": [{bad}]}}')
            page.set_input_files("#load", tmp_path / "hints.json")
            page.wait_for_selector(f"[role=alert] >> text={told}")


def test_a_negative_and_more_detail_equal_the_commands(chromium, address, command, tmp_path):
    film = np.array([200, 120, 70]) * (0.35 + np.asarray(gray((420, 300), "coffee"))[..., None] * (0.65 / 255))
    image = Image.fromarray(film.astype(np.uint8))
    image.save(tmp_path / "a.png")
    with browsing(chromium, address) as page:
        upload(page, tmp_path / "a.png")
        page.wait_for_selector("text=a.png: looks like a colour negative; tick “Negative” to turn it")
        assert page.locator("#like").is_hidden(), "references are for the program"
        for choice in ("Negative", "Twice the detail"):
            page.get_by_label(choice).check()
            page.wait_for_selector(READY)
        downloaded(page, DOWNLOAD, tmp_path / "result.png")
        expected = command.colorize(image, negative=True, detail=2)
        assert differs(tmp_path / "result.png", expected) <= CLOSE
        assert differs(tmp_path / "result.png", command.colorize(image, negative=True)) > CLOSE


@pytest.mark.parametrize("width", [1280, 390])
def test_a_photograph_is_coloured_compared_and_accessible(chromium, address, tmp_path, width):
    options = {"viewport": {"width": width, "height": 844}, "has_touch": width < 500}
    with browsing(chromium, address, **options) as page:
        told = page.locator("#start").inner_text()
        learned = read_model(BUNDLED / "ours.onnx")[1]["about"]["photographs"]
        assert "nothing is uploaded" in told and "ten minutes" not in told and f"{learned:,} photographs" in told
        page.get_by_role("button", name="river").click()
        page.wait_for_selector(READY)
        page.wait_for_selector("#before[src]")
        assert page.get_by_text("Other models").is_hidden(), "there is one model"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_label("Compare", exact=True).press("End")
        assert downloaded(page, DOWNLOAD, tmp_path / "result.jpg") == f"river-ours-{VIVIDNESS}.jpg"
        found, source = (
            np.asarray(Image.open(path)) for path in (tmp_path / "result.jpg", try_page.PAGE / "examples/river.jpg")
        )
        assert np.ptp(found.astype(int), axis=-1).mean() > 10, "there is colour"
        assert np.abs(gray_of(found) - gray_of(source)).mean() < 1.5, "apart from two JPEGs' losses"
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            axe = Axe().run(page)
            assert axe.violations_count == 0, axe.generate_report()


def test_several_come_in_a_zip_and_broken_ones_are_told(chromium, address, tmp_path):
    (tmp_path / "other").mkdir()
    paths = [tmp_path / "pier.png", tmp_path / "Café am See.jpg", tmp_path / "notes.png", tmp_path / "other/pier.png",
             tmp_path / "cut.png", tmp_path / "lake.webp", tmp_path / "scan.tif", tmp_path / "phone.heic",
             tmp_path / "Reel.MP4"]  # fmt: skip
    for path, kind, size in ((0, "png", (64, 48)), (1, "jpeg", (80, 60)), (3, "png", (32, 24)), (5, "webp", (50, 40))):
        paths[path].write_bytes(encoded(gray(size), kind))
    paths[2].write_bytes(b"no image")
    paths[6].write_bytes(encoded(gray((64, 48)), "tiff"))
    paths[7].write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    paths[4].write_bytes(paths[0].read_bytes()[:60])
    paths[8].write_bytes(b"a film")
    with browsing(chromium, address) as page:
        upload(page, *paths)
        page.wait_for_selector("text=notes.png: not an image that this browser can read")
        page.wait_for_selector("text=scan.tif: this browser does not read TIFF; save it as PNG or JPEG")
        page.wait_for_selector("text=phone.heic: this browser does not read HEIC; save or send it as JPEG")
        accepted = page.locator("#files").get_attribute("accept")
        assert "image/jpeg" in accepted and "tif" not in accepted and "hei" not in accepted, "as Chromium reads"
        page.wait_for_selector("text=cut.png: not an image that this browser can read")
        page.wait_for_selector("text=Reel.MP4: films are for now only in the program: colorize --serve")
        assert page.locator("[role=alert] p").count() == 5 and page.locator("#thumbs button").count() == 4
        assert downloaded(page, "Download all as a zip", tmp_path / "all.zip") == "colorized.zip"
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        found = {name: (image.format, image.size) for name in archive.namelist()
                 if (image := Image.open(io.BytesIO(archive.read(name))))}  # fmt: skip
    assert found == {
        "pier-colorized.png": ("PNG", (64, 48)),
        "Café am See-colorized.jpg": ("JPEG", (80, 60)),
        "pier-colorized-2.png": ("PNG", (32, 24)),
        "lake-colorized.webp": ("WEBP", (50, 40)),
    }


def test_it_works_without_a_network_and_with_threads_after_the_first_visit(chromium, folder, command, tmp_path):
    gray((512, 512)).save(tmp_path / "a.png")
    with hosted(folder) as (place, server), browsing(chromium, place) as page:
        assert not page.evaluate("self.crossOriginIsolated")
        while not page.evaluate(STORED):
            page.wait_for_timeout(100)
        page.reload()
        assert page.evaluate("self.crossOriginIsolated"), "the stored page may use threads"
        server.shutdown()
        server.server_close()
        page.reload()
        page.wait_for_selector("#learned:not(:empty)")
        upload(page, tmp_path / "a.png")
        downloaded(page, DOWNLOAD, tmp_path / "result.png")
        assert differs(tmp_path / "result.png", command.colorize(gray((512, 512)))) <= CLOSE
        page.get_by_role("button", name="river").click()
        page.wait_for_selector("#after[alt='river.jpg, coloured']")


# the build


def test_the_page_names_no_other_host_and_no_place_at_the_root(folder):
    for path in (folder / "some/place").rglob("*"):
        if path.suffix in (".html", ".css", ".js") and "vendor" not in path.parts:
            text = re.sub('"sha256-.*?"', "", path.read_text(encoding="utf-8"))
            text = re.sub(r'"[A-Za-z0-9+/=]{40,}"', '""', text)  # bytes of a picture
            text = re.sub(r"http://(?:www\.w3\.org|ns\.adobe\.com|(?:cv\.)?iptc\.org)/", "", text)  # names in XMP
            assert "//" not in re.sub(r"(?m)(^|\s)//.*$", "", text), path
            assert not re.search(r"""(?:src|href|from|fetch\()\s*=?\s*["'`]/""", text), path
    assert "sourceMappingURL" not in (folder / "some/place/vendor/ort.js").read_text(encoding="utf-8")


def test_every_file_is_stored_for_later_with_its_hash(folder, tmp_path):
    place = folder / "some/place"
    worker = (place / "service_worker.js").read_text(encoding="utf-8")
    stored = dict(re.findall(r'"([^"]+)",\s*"(sha256-[^"]+)"', worker))
    files = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert stored.keys() == files - {"service_worker.js"}
    shutil.copytree(place, tmp_path / "copy")
    (tmp_path / "copy/page.css").write_text("", encoding="utf-8")
    (tmp_path / "copy/service_worker.js").unlink()
    other = try_page.service_worker(tmp_path / "copy")
    versions = [re.search(r'VERSION = "(\w+)"', text)[1] for text in (worker, other)]
    assert versions[0] != versions[1], "a changed file makes another version"


def test_a_build_replaces_a_page_as_a_whole_or_not_at_all(folder, tmp_path, monkeypatch):
    target = tmp_path / "page"
    shutil.copytree(folder / "some/place", target)
    (target / "left.txt").write_text("of an earlier build")
    monkeypatch.setattr(try_page, "service_worker", lambda place: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        try_page.build(target)
    assert (target / "left.txt").exists() and [path.name for path in tmp_path.iterdir()] == ["page"]
    monkeypatch.undo()
    try_page.build(target)
    assert not (target / "left.txt").exists() and [path.name for path in tmp_path.iterdir()] == ["page"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("mine")
    with pytest.raises(try_page.InputError, match="holds something else"):
        try_page.build(tmp_path / "mine")


def test_a_page_without_its_marked_places_is_refused():
    text = (try_page.PAGE / "page.html").read_text(encoding="utf-8")
    assert "nothing is uploaded" in try_page.page_of(text) and "Content-Security-Policy" in try_page.page_of(text)
    with pytest.raises(try_page.InputError, match="<!-- where -->"):
        try_page.page_of(text.replace("<!-- /where -->", ""))


def test_without_npm_the_build_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(try_page.npm, "INSTALLED", tmp_path / "npm")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(try_page.InputError, match="npm is missing; install Node"):
        try_page.build(tmp_path / "page")
    (tmp_path / "npm.sh").write_text("#!/bin/sh\necho 'npm error network request failed' >&2\nexit 1\n")
    (tmp_path / "npm.sh").chmod(0o755)
    monkeypatch.setattr(try_page.npm.shutil, "which", lambda name: str(tmp_path / "npm.sh"))
    with pytest.raises(try_page.InputError, match="npm ci failed, is the network there.*request failed"):
        try_page.build(tmp_path / "page")
    assert not (tmp_path / "page").exists()
