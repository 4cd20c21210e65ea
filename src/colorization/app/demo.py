"""A local page: drop a photograph, choose models, compare with a slider, download the result at full resolution.

By default it listens on this machine only. It requests nothing from the network: no fonts, no telemetry. Uploads lie in
a temporary folder; they are deleted after KEPT seconds and when the server stops.
"""

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from colorization.app import catalog
from colorization.app.photo.plan import own_format
from colorization.app.photo.reading import read_header, read_photo, read_picture
from colorization.app.photo.writing import FORMATS, depth, write_photo
from colorization.core.errors import InputError
from colorization.imaging.heif import SUFFIXES

if TYPE_CHECKING:
    import gradio

PREFIX = "colorize-"  # of the temporary folder's name, before the number of its process
UPLOAD = 256 * 2**20  # bytes of the largest upload
KEPT = 600  # seconds until an upload is deleted
SHOWN = 1600  # longest side of the pictures on the page, in pixels
PHOTOGRAPH = "the photograph"
QUALITY = 95  # JPEG and WebP quality of the downloads
INTRODUCTION = """# Colorize a photograph
Drop a photograph, gray or coloured. Its light and dark stay as they are; the colours are a guess from what it shows.
Nobody can see in a gray photograph whether a coat was green: such things often stay pale or come out wrong."""


def serve(*, host: str = "127.0.0.1", port: int = 7860, device: str = "auto") -> None:
    """Serve the page until interrupted. Raises InputError if Gradio or a model is missing, or the port is in use."""
    sweep(Path(tempfile.gettempdir()))
    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: the blocks below then delete the uploads
        signal.signal(number, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
        app = page(Path(folder), device=device)
        try:
            launch(app, host=host, port=port)
        except OSError as error:
            raise InputError(f"{host}:{port}: cannot be served ({error}); name another port with --port") from None
        print(f"http://{host}:{port}  (Ctrl-C stops it)", flush=True)
        threading.Thread(target=forget, args=(Path(folder),), daemon=True).start()
        try:
            app.block_thread()
        finally:
            app.close()


def sweep(folder: Path) -> None:
    """Delete the uploads of servers that were killed: folders named after a process that has ended."""
    for left in folder.glob(f"{PREFIX}*"):
        number = left.name.removeprefix(PREFIX).split("-")[0]
        if number.isdecimal() and not Path(f"/proc/{number}").exists() and Path("/proc/self").exists():
            shutil.rmtree(left, ignore_errors=True)


def forget(folder: Path, *, kept: float = KEPT) -> None:
    """Delete files older than `kept` seconds, again and again until the folder is gone."""
    while folder.is_dir():
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):  # the server is stopping and deletes the folder
                if path.is_file() and time.time() - path.stat().st_mtime > kept:
                    path.unlink()
        time.sleep(kept / 10)


def launch(app: "gradio.Blocks", *, host: str, port: int) -> None:
    """Start the server in the background."""
    import gradio as gr

    app.launch(
        server_name=host,
        server_port=port,
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        footer_links=[],
        max_file_size=UPLOAD,
        theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["monospace"]),  # local fonts only
        css=".narrow { max-width: 60rem; margin: 0 auto }",
    )


def page(folder: Path, *, device: str) -> "gradio.Blocks":
    """The page; uploads and results go to `folder`. Raises InputError if Gradio or a model is missing."""
    os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(folder), "HF_HUB_OFFLINE": "1"}
    try:
        import gradio as gr
    except ImportError:
        raise InputError(
            "--serve: Gradio is not installed; install it with: pip install -r requirements-demo.txt"
        ) from None
    best = catalog.default()
    named = sorted(catalog.named().items(), key=lambda item: item[1].trial)
    default, labels = best.name, [(label(model), name) for name, model in named]

    def show(photo: str | None, model: str, other: str, saturation: float):
        if photo is None:
            return None, gr.DownloadButton(interactive=False)
        try:
            pictures, result = compare(Path(photo), model, other, saturation, device=device, folder=folder)
        except InputError as error:
            raise gr.Error(str(error).replace(photo, Path(photo).name), print_exception=False) from None
        return pictures, gr.DownloadButton(value=result, interactive=True)

    with gr.Blocks(title="Colorize a photograph", analytics_enabled=False) as app:
        with gr.Column(elem_classes="narrow"):
            gr.Markdown(INTRODUCTION)
            photo = gr.File(label="Photograph", file_types=["image", ".tif", ".tiff", ".avif", *SUFFIXES], height=140)
            slider = gr.ImageSlider(label="Before and after", max_height=700, buttons=["fullscreen"])
            saturation = gr.Slider(0, 3, value=catalog.vividness(best.path), step=0.1, label="Vividness")
            download = gr.DownloadButton("Download at full resolution", variant="primary", interactive=False)
            with gr.Accordion("Other models", open=False):
                model = gr.Radio(labels, value=default, label="Model", info="ΔE: mean colour error, lower is better")
                other = gr.Radio([(PHOTOGRAPH, PHOTOGRAPH), *labels], value=PHOTOGRAPH, label="Compare with")
        inputs = [photo, model, other, saturation]
        gr.on(
            [photo.change, model.change, other.change, saturation.change],
            show,
            inputs,
            [slider, download],
            show_progress_on=[slider],
            trigger_mode="always_last",
            api_visibility="private",
        )
    return app


def label(model: catalog.Model) -> str:
    """A model's name, with its ΔE if known, or that it learned from few photographs."""
    if model.trial and model.about:
        return f"{model.name} (a trial: {model.about.photographs} photographs)"
    return f"{model.name} (ΔE {model.scores[catalog.SCORE]:.1f})" if catalog.SCORE in model.scores else model.name


def compare(
    photo: Path, model: str, other: str, saturation: float, *, device: str, folder: Path
) -> tuple[tuple[Image.Image, Image.Image], Path]:
    """Two pictures for the slider (`other` and the model's result), and the model's result as a file in `folder`.

    other: PHOTOGRAPH or the name of a model.
    Raises InputError for a file that cannot be colorized.
    """
    header, content = read_header(photo), read_photo(photo)
    name = own_format(header)
    colorizer = load(model, device)
    colour = colorizer.predict(content.levels, saturation=saturation)[0]
    result = Path(tempfile.mkdtemp(dir=folder)) / f"{photo.stem}-{model}-{saturation:g}{FORMATS[name].suffixes[0]}"
    bands = colorizer.bands(content.levels, colour, bits=depth(content, name))
    write_photo(result, content, bands, name=name, quality=QUALITY)

    def picture(which: str) -> Image.Image:
        if which == PHOTOGRAPH:
            return read_picture(photo, SHOWN)
        painter = load(which, device)
        colour = painter.predict(content.levels, saturation=saturation)[0]
        return painter.preview(content.levels, colour, SHOWN, content.alpha)

    return (picture(other), picture(model)), result


@lru_cache
def load(model: str, device: str):
    """The trained model of a name; cached for the next photograph."""
    from colorization import load

    return load(model, device=device)
