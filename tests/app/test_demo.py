"""The page of `colorize --serve` in headless Chromium, with a real upload."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, hear_ctrl_c
from photos import SIZE, deep, encoded, gray_of, photo, stored
from PIL import Image

from colorization.app.demo import forget, sweep

SECONDS = 60_000  # milliseconds; the first photograph takes long, because the server imports torch


def require_gradio():
    if "CI" not in os.environ:
        pytest.importorskip("gradio", reason="pip install -r requirements-demo.txt")


@pytest.fixture(scope="module")
def server(trained, tmp_path_factory):
    """The address of a running server, and the folder of its temporary files."""
    require_gradio()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("served")
    process = subprocess.Popen(
        [sys.executable, "-m", "colorization.app.command", "--serve", "--port", str(port)],
        cwd=trained,
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    )
    assert process.stdout.readline().startswith(f"http://127.0.0.1:{port} ")
    yield f"http://127.0.0.1:{port}", folder
    assert list(folder.glob("colorize-*"))
    process.send_signal(signal.SIGINT)
    process.wait(30)
    assert not list(folder.iterdir()), "an upload outlived the server"


@pytest.fixture
def local_page(chromium, server):
    """A page that fails its test on a console error or a request that leaves this machine."""
    context = chromium.new_context(accept_downloads=True)
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    local = (server[0], "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(local) else faults.append(request.url))
    page.goto(server[0])
    page.wait_for_selector("text=Colorize a photograph")
    yield page
    context.close()
    assert not faults


def upload(page, path: Path):
    page.set_input_files("input[type=file]", path)
    page.wait_for_selector(f"text={path.stem}")


def download(page, to: Path) -> str:
    button = page.get_by_role("button", name=re.compile("Download at full"))
    page.wait_for_selector("button:has-text('Download at full'):not([disabled])", timeout=SECONDS)
    with page.expect_download() as download:
        button.click()
    download.value.save_as(to)
    return download.value.suggested_filename


def wait_for_download(page, name: str) -> None:
    """Wait until the button gives a file of this name."""
    for _ in range(100):
        with page.expect_download() as found:
            page.get_by_role("button", name=re.compile("Download at full")).click()
        if found.value.suggested_filename == name:
            return
        page.wait_for_timeout(200)
    pytest.fail(f"the page offers {found.value.suggested_filename}, not {name}")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_photograph_goes_in_and_a_coloured_one_comes_out(local_page, tmp_path, width):
    local_page.set_viewport_size({"width": width, "height": 844})
    (tmp_path / "pier.png").write_bytes(encoded(photo((640, 480)).convert("L"), "png"))
    upload(local_page, tmp_path / "pier.png")
    assert download(local_page, tmp_path / "result.png") == "pier-vae-1.png"
    before, after = Image.open(tmp_path / "pier.png"), Image.open(tmp_path / "result.png")
    assert after.size == before.size
    assert np.abs(gray_of(np.asarray(after)) - np.asarray(before)).max() <= 1
    assert local_page.locator("[data-testid=imageslider] img, .slider-wrap img, .image-container img").count() >= 2
    assert local_page.evaluate("document.documentElement.scrollWidth") <= width


def test_another_model_and_16_bits(local_page, tmp_path):
    (tmp_path / "deep.png").write_bytes(deep(3, "png"))
    local_page.get_by_text("Other models").click()
    local_page.get_by_label("resnet").first.check()
    upload(local_page, tmp_path / "deep.png")
    assert download(local_page, tmp_path / "result.png") == "deep-resnet-1.png"
    assert stored(tmp_path / "result.png").dtype == np.uint16
    assert stored(tmp_path / "result.png").shape == (*SIZE[::-1], 3)


def test_the_vividness_can_be_typed_and_stepped(local_page, tmp_path):
    (tmp_path / "pier.png").write_bytes(encoded(photo((64, 48)).convert("L"), "png"))
    upload(local_page, tmp_path / "pier.png")
    assert download(local_page, tmp_path / "result.png") == "pier-vae-1.png"
    number = local_page.get_by_label("number input for Vividness")
    number.fill("0")
    number.press("Enter")
    wait_for_download(local_page, "pier-vae-0.png")
    download(local_page, tmp_path / "gray.png")
    pixels = np.asarray(Image.open(tmp_path / "gray.png")).astype(int)
    assert np.ptp(pixels, axis=-1).max() <= 1
    local_page.get_by_label("range slider for Vividness").press("ArrowRight")
    wait_for_download(local_page, "pier-vae-0.1.png")


def test_a_file_that_is_not_an_image_is_reported(local_page, tmp_path):
    (tmp_path / "notes.png").write_bytes(b"no image")
    upload(local_page, tmp_path / "notes.png")
    local_page.wait_for_selector("text=notes.png: not an image of a known format", timeout=SECONDS)


def test_it_listens_on_this_machine_only(server):
    port = int(server[0].rsplit(":", 1)[1])
    listening = {line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if " 0A " in line}
    assert {address for address in listening if address.endswith(f":{port:04X}")} == {f"0100007F:{port:04X}"}


def test_a_port_in_use_is_reported_in_one_line(server, trained):
    port = server[0].rsplit(":", 1)[1]
    command = [sys.executable, "-m", "colorization.app.command", "--serve", "--port", port]
    done = subprocess.run(command, cwd=trained, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "--port" in done.stderr and len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_upload_outlives_the_server(trained, tmp_path, number):
    """Not even a kill's, which the next server sweeps."""
    require_gradio()

    def serve(port):
        process = subprocess.Popen(
            [sys.executable, "-m", "colorization.app.command", "--serve", "--port", str(port)], cwd=trained,
            env=os.environ | {"TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, text=True, preexec_fn=hear_ctrl_c,
        )  # fmt: skip
        assert process.stdout.readline().startswith("http://")
        return process

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    first = serve(port)
    (folder,) = tmp_path.glob("colorize-*")
    (folder / "upload.jpg").write_bytes(b"private")
    first.send_signal(number)
    first.wait(30)
    assert folder.exists() == (number == signal.SIGKILL)
    if folder.exists():
        sweep(tmp_path)
    assert not folder.exists()


def test_a_running_server_is_not_swept(tmp_path):
    (tmp_path / f"colorize-{os.getpid()}-x").mkdir()
    (tmp_path / "colorize-mine").mkdir()
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_old_uploads_are_deleted(tmp_path, monkeypatch):
    old, new = tmp_path / "a/old.png", tmp_path / "new.png"
    old.parent.mkdir()
    old.write_bytes(b"")
    new.write_bytes(b"")
    os.utime(old, (time.time() - 100,) * 2)
    monkeypatch.setattr(time, "sleep", lambda seconds: 1 / 0)  # after the first round
    with pytest.raises(ZeroDivisionError):
        forget(tmp_path, kept=50)
    assert new.exists() and not old.exists()


def test_a_missing_gradio_is_reported_in_one_line(trained):
    code = "import sys; sys.modules['gradio'] = None; sys.argv = ['colorize', '--serve']; "
    code += "from colorization.app.command import main; main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=trained, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "requirements-demo.txt" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert (ROOT / "requirements-demo.txt").exists()
