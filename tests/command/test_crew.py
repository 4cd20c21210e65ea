"""Many photographs in several processes: the files of one process, one line for what fails, and nobody left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from conftest import Stub, jpeg
from photos import encoded
from PIL import Image

from colorization.command import crew
from colorization.command.plan import Job
from colorization.core.errors import InputError
from colorization.film.opening import FilmHeader
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.loading import on_processors
from colorization.photo.reading import Header

MODEL, CONTEXT = Path("a.onnx"), crew._context
needs_fork = pytest.mark.skipif(
    multiprocessing.get_start_method() != "fork", reason="the processes must inherit what is patched"
)
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(autouse=True)
def two(monkeypatch):
    monkeypatch.setenv("COLORIZATION_WORKERS", "2")
    monkeypatch.setattr(crew, "_context", multiprocessing.get_context)  # libvips may be here from another test


def put(folder, count=crew.MANY):
    folder.mkdir(exist_ok=True)
    for i in range(count):
        (folder / f"{i}.jpg").write_bytes(jpeg(i, gray=True))


def made(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def loading(monkeypatch, network) -> None:
    """In place of the model's file: a network, made in the process that asks for it."""
    monkeypatch.setattr(
        "colorization.photo.colorizer.load", lambda *_, **__: PhotoColorizer(network(), image_size=32, threads=1)
    )


def job(name: str, header=None) -> Job:
    header = header or Header(format="jpeg", width=8, height=8, bits=8, alpha=False)
    return Job(source=Path(name), header=header, format="jpeg", targets=[Path("out") / name], comparison=None)


@needs_fork
def test_processes_write_what_one_writes(quick, tmp_path, monkeypatch):
    class Told(Stub):
        def __init__(self):
            Path(f"{os.getpid()}.pid").touch()

    loading(monkeypatch, Told)
    put(tmp_path / "in")
    noise = np.random.default_rng(0).integers(0, 255, (60, 60), dtype=np.uint8)
    (tmp_path / "in/cut.png").write_bytes(encoded(Image.fromarray(noise), "png")[:-900])
    status, output, errors = quick("in", "-o", "many/", "--compare")
    others = {int(path.stem) for path in tmp_path.glob("*.pid")} - {os.getpid()}
    assert status == 1 and others and not (tmp_path / f"{os.getpid()}.pid").exists()
    assert errors.splitlines()[0].startswith("error: in/cut.png: ") and len(errors.splitlines()) == 2
    assert f"{crew.MANY} of {crew.MANY + 1} photographs colorized" in errors
    monkeypatch.setenv("COLORIZATION_WORKERS", "1")
    assert quick("in", "-o", "one/", "--compare")[0] == 1
    assert (tmp_path / f"{os.getpid()}.pid").exists()
    assert made(tmp_path / "many") == made(tmp_path / "one") and len(made(tmp_path / "one")) == 2 * crew.MANY


@needs_fork
def test_a_killed_process_is_reported_in_one_line(quick, tmp_path, monkeypatch):
    class Dying(Stub):
        def colorize(self, L, known):
            os.kill(os.getpid(), signal.SIGKILL)

    loading(monkeypatch, Dying)
    put(tmp_path / "in")
    status, _, errors = quick("in", "-o", "out/")
    assert status == 1 and errors.splitlines() == [
        "error: a process that colorizes photographs was killed, probably because memory ran out; run it again with "
        "fewer processes: COLORIZATION_WORKERS=1 and with --skip-existing"
    ]
    assert not (tmp_path / "out").exists()


@needs_fork
def test_a_killed_process_leaves_no_half_results_of_the_others(quick, tmp_path, monkeypatch):
    class Dying(Stub):
        """The first of the two processes is ended by the pool, while its result is half written."""

        def colorize(self, L, known):
            Path(f"{os.getpid()}.pid").touch()
            (Path("out") / "0.jpg.part").parent.mkdir(exist_ok=True)
            (Path("out") / "0.jpg.part").touch()
            os.kill(os.getpid(), signal.SIGKILL)

    loading(monkeypatch, Dying)
    put(tmp_path / "in")
    assert quick("in", "-o", "out/")[0] == 1
    assert list(tmp_path.glob("*.pid")) and not made(tmp_path / "out")


def test_after_an_interrupt_no_photograph_starts(monkeypatch):
    ended = multiprocessing.Event()
    ended.set()
    monkeypatch.setattr(crew, "_member", (None, None, None, None, ended), raising=False)
    assert crew._colorized([job("a.jpg")]) == []


def test_processes_are_no_copies_of_one_with_libvips(monkeypatch):
    """Its threads would not exist in the copy, which waits for them."""
    monkeypatch.setitem(sys.modules, "pyvips", object())
    assert type(CONTEXT()).__name__ == "SpawnContext"
    monkeypatch.delitem(sys.modules, "pyvips")
    assert type(CONTEXT()) is type(multiprocessing.get_context())


@needs_fork
def test_a_model_that_does_not_load_is_one_line(quick, tmp_path, monkeypatch):
    def load(*_, **__):
        raise InputError("a.onnx: damaged")

    monkeypatch.setattr("colorization.photo.colorizer.load", load)
    put(tmp_path / "in")
    status, _, errors = quick("in", "-o", "out/")
    assert status == 1 and errors.splitlines() == ["error: a.onnx: damaged"]


def test_few_photographs_films_and_other_models_need_no_processes(monkeypatch):
    many, film = [job(f"{i}.jpg") for i in range(crew.MANY)], object.__new__(FilmHeader)
    assert crew.processes_for(many, MODEL, "auto") == crew.processes_for(many, MODEL, "cpu") == 2
    assert crew.processes_for(many[1:], MODEL, "auto") == 1
    assert crew.processes_for([*many, job("a.mp4", film)], MODEL, "auto") == 1
    assert crew.processes_for(many, MODEL.with_suffix(".safetensors"), "cpu") == 1
    assert crew.processes_for(many, MODEL, "cuda") == 1
    with monkeypatch.context() as here:
        here.setattr(crew, "Lock", lambda: os.open(os.devnull + "/no", os.O_RDONLY))
        assert crew.processes_for(many, MODEL, "auto") == 1
    monkeypatch.setenv("COLORIZATION_WORKERS", "200")
    assert crew.processes_for(many, MODEL, "auto") == crew.MANY
    monkeypatch.delenv("COLORIZATION_WORKERS")
    monkeypatch.setattr("colorization.core.process.processors", lambda: 64)
    assert crew.processes_for(many * 10, MODEL, "auto") == crew.MOST


def test_a_runtime_for_gpus_may_use_one(monkeypatch):
    assert on_processors(MODEL, "auto")
    monkeypatch.setattr("importlib.metadata.version", lambda package: "1.0")
    assert on_processors(MODEL, "cpu") and not on_processors(MODEL, "auto")


def test_results_that_some_disks_take_for_one_file_come_to_one_process():
    jobs = [job("a.jpg"), job("Käthe.jpg"), job("b.jpg"), job("KA\u0308THE.jpg"), job("A.JPG")]
    groups = {tuple(one.source.name for one in group) for group in crew._apart(jobs)}
    assert groups == {("a.jpg", "A.JPG"), ("Käthe.jpg", "KA\u0308THE.jpg"), ("b.jpg",)}
    beside = replace(job("c.jpg"), comparison=Path("out/c-compare.jpg"))
    both = replace(job("C-COMPARE.jpg"), comparison=Path("out/d.jpg"))
    groups = {tuple(one.source.name for one in group) for group in crew._apart([beside, job("D.jpg"), both])}
    assert len(groups) == 1, "the third one's results are those of the first and of the second"


def test_processes_that_start_anew_do_the_same(tmp_path):
    """As on macOS and Windows, where a process inherits nothing."""
    put(tmp_path / "in")
    (tmp_path / "like.jpg").write_bytes(jpeg(5, (300, 300)))
    code = (
        "import multiprocessing, sys; multiprocessing.set_start_method('spawn'); "
        "from colorization.command.main import main; main()"
    )
    for out, workers in (("many", "2"), ("one", "1")):
        done = subprocess.run(
            [sys.executable, "-c", code, "in", "-o", f"{out}/", "--like", "like.jpg"],
            cwd=tmp_path, env=os.environ | {"COLORIZATION_WORKERS": workers}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert made(tmp_path / "many") == made(tmp_path / "one") and len(made(tmp_path / "one")) == crew.MANY


def children(process: int) -> set[int]:
    found = Path(f"/proc/{process}/task/{process}/children")
    return {int(child) for child in found.read_text().split()} if found.exists() else set()


def test_a_tiff_whose_colours_are_wanted_stops_nothing(tmp_path):
    """libvips reads it before the processes start, and they read others with it."""
    (tmp_path / "in").mkdir()
    for i in range(crew.MANY):
        Image.open(BytesIO(jpeg(i, gray=True))).save(tmp_path / f"in/{i}.tif")
    Image.open(BytesIO(jpeg(5, (300, 300)))).save(tmp_path / "like.tif")
    subprocess.run(
        [sys.executable, "-m", "colorization.command.main", "in", "-o", "out/", "--like", "like.tif"],
        cwd=tmp_path, check=True, timeout=120,
    )  # fmt: skip
    assert len(made(tmp_path / "out")) == crew.MANY


@needs_proc
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_nobody_is_left_behind(by, tmp_path):
    """Ctrl-C reaches all processes of the terminal; a kill reaches the first alone."""
    put(tmp_path / "in", 3)
    large = np.random.default_rng(0).integers(0, 255, (1500, 2000), dtype=np.uint8)
    for i in range(60):
        Image.fromarray(large).save(tmp_path / f"in/large{i}.jpg")
    process = subprocess.Popen(
        [sys.executable, "-m", "colorization.command.main", "in", "-o", "out/"],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    deadline = time.monotonic() + 100
    while not (tmp_path / "out").exists() or not made(tmp_path / "out"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    workers = children(process.pid)
    assert len(workers) == 2
    (os.killpg if by == signal.SIGINT else os.kill)(process.pid, by)
    _, errors = process.communicate(timeout=100)
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    if by == signal.SIGINT:
        assert process.returncode == 1 and errors.splitlines()[-1] == "interrupted; run it again to continue"
        assert "Traceback" not in errors and not list((tmp_path / "out").glob("*.part"))
    assert 0 < len(made(tmp_path / "out")) < 63
