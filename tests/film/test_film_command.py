"""`colorize film.mp4`: found, planned and reported like photographs."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import hear_ctrl_c, in_process, jpeg
from films import FlatNetwork, read, scene, write_film

from colorization.photo import colorizer as engine


@pytest.fixture
def colorize(monkeypatch, capsys, tmp_path):
    """The command in this process, with a network that needs no time: exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine, "open_network", lambda *_, **__: FlatNetwork())

    return in_process(monkeypatch, capsys)


def test_a_film_beside_itself_twice_and_over(colorize, tmp_path):
    film = write_film(tmp_path / "film.mp4", scene(5))
    status, out, errors = colorize("film.mp4")
    assert (status, errors) == (0, "") and out == "1 photograph colorized with ours: film-colorized.mp4\n"
    result = tmp_path / "film-colorized.mp4"
    assert read(result)[0] == read(film)[0]
    first = result.stat().st_mtime_ns
    status, _, errors = colorize("film.mp4")
    assert status == 1 and errors.startswith("error: film-colorized.mp4 exists; --skip-existing keeps it")
    assert colorize("film.mp4", "--skip-existing")[0] == 0 and result.stat().st_mtime_ns == first
    assert colorize("film.mp4", "--overwrite")[0] == 0 and result.stat().st_mtime_ns != first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film-colorized.mp4", "film.mp4"]


def test_in_folders_a_text_is_no_film_by_its_suffix(colorize, tmp_path):
    (tmp_path / "program").mkdir()
    (tmp_path / "program/main.ts").write_text("export const größe: number = 3;\n" * 99, encoding="utf-8")
    write_film(tmp_path / "program/received.ts", scene(5))
    status, out, errors = colorize("program", "-o", "out/")
    assert status == 0 and "passed over 1 .ts" in errors and os.listdir("out") == ["received.mkv"]
    status, _, errors = colorize("program/main.ts", "-o", "out/")  # who names it is told
    assert status == 1 and "main.ts: not a film" in errors


def test_a_folder_of_films_and_photographs(colorize, tmp_path):
    albums = tmp_path / "albums"
    (albums / "summer").mkdir(parents=True)
    write_film(albums / "summer/film.avi", scene(4), codec="mpeg4", sound="libmp3lame", stamps=[0, 24, 48, 72])
    (albums / "photo.jpg").write_bytes(jpeg(1))
    (albums / "text.mov").write_text("no film")
    status, out, errors = colorize("albums", "-o", "out", "--dry-run")
    assert status == 1 and "error: albums/text.mov: not a film that ffmpeg reads" in errors
    assert out.splitlines() == ["albums/photo.jpg → out/photo.jpg (80×64)",
                                "albums/summer/film.avi → out/summer/film.mkv (64×48)"]  # fmt: skip
    assert not (tmp_path / "out").exists()
    (albums / "text.mov").unlink()
    status, out, _ = colorize("albums", "-o", "out")
    assert (status, out) == (0, "2 photographs colorized with ours: out\n")
    assert len(read(tmp_path / "out/summer/film.mkv")[0]) == 4 and (tmp_path / "out/photo.jpg").is_file()


def test_the_name_of_the_result_decides_its_kind(colorize, tmp_path):
    write_film(tmp_path / "film.mp4", scene(4))
    (tmp_path / "photo.jpg").write_bytes(jpeg(1))
    assert colorize("film.mp4", "-o", "out.mkv")[0] == 0 and len(read(tmp_path / "out.mkv")[0]) == 4
    for arguments, told in {
        ("film.mp4", "-o", "out.jpg"): "film.mp4: is a film; name a result with one of .mp4, .mkv",
        (
            "photo.jpg",
            "-o",
            "out.mp4",
        ): "photo.jpg: is a photograph, and out.mp4 a film; name a file with another suffix",
        ("film.mp4", "--compare"): "film.mp4: --compare is for photographs, and this is a film; leave it out",
    }.items():
        status, _, errors = colorize(*arguments)
        assert status == 1 and errors.splitlines()[0] == f"error: {told}"


def test_what_happened_to_a_film_is_told(colorize, tmp_path):
    whole = write_film(tmp_path / "whole.mkv", scene(30) * 3, stamps=[24 * i for i in range(90)])
    (tmp_path / "broken.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    status, out, errors = colorize("broken.mkv", "-o", "out/")
    assert status == 0 and out == "1 photograph colorized with ours: out\n"
    assert errors.startswith("warning: broken.mkv: breaks off at 0:00:0") and len(errors.splitlines()) == 1


def test_without_pyav_films_of_a_folder_are_counted(colorize, tmp_path, monkeypatch):
    monkeypatch.setattr("colorization.command.finding.reads_films", lambda: False)
    (tmp_path / "albums").mkdir()
    (tmp_path / "albums/photo.jpg").write_bytes(jpeg(1))
    (tmp_path / "albums/film.mp4").write_bytes(b"")
    status, _, errors = colorize("albums", "-o", "out")
    assert (status, errors) == (0, "passed over 1 .mp4: pip install '.[film]', and they are coloured, too\n")


@pytest.mark.parametrize(
    ("row", "told"),
    [({"x": 1, "y": 2}, "needs frame"),
     ({"x": 1, "y": 2, "frame": 1, "time": 1}, "needs frame"),
     ({"x": 1, "y": 2, "frame": -1}, "needs frame"),
     ({"x": 1, "frame": 0}, "not a file of hints"),
     ({"x": 100, "y": 2, "frame": 0}, "outside the film of 64×48 pixels"),
     ({"x": 1, "y": 2, "frame": 7}, "the film has 5 pictures, from 0 to 4"),
     ({"x": 1, "y": 2, "time": 70.0}, "the film ends at")],
)  # fmt: skip
def test_hints_that_do_not_fit_are_one_line(colorize, tmp_path, row, told):
    write_film(tmp_path / "film.mp4", scene(5))
    (tmp_path / "hints.json").write_text(json.dumps({"hints": [{"color": "red", **row}]}))
    status, _, errors = colorize("film.mp4", "--hints", "hints.json")
    assert status == 1 and told in errors and len(errors.splitlines()) == 1
    assert not (tmp_path / "film-colorized.mp4").exists()


def test_ctrl_c_leaves_no_half_film(tmp_path):
    write_film(tmp_path / "film.mp4", scene(40) * 25, stamps=[24 * i for i in range(1000)], sound=None)
    process = subprocess.Popen(
        [sys.executable, "-m", "colorization.command.main", "film.mp4"],
        cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ,
        preexec_fn=hear_ctrl_c,
    )  # fmt: skip
    deadline = time.monotonic() + 200
    while not (tmp_path / "film-colorized.mp4.part").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 1 and errors.splitlines()[-1] == "interrupted; run it again to continue"
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
