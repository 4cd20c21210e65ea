"""Films that are damaged, change, or have odd names, and hints that do not fit: each is told in one line."""

import json
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from films import FlatNetwork, read, scene, write_film

from colorization.command.one import _failure
from colorization.core.errors import InputError
from colorization.film.coloring import colorize_film
from colorization.film.hints import FilmHint, read_film_hints
from colorization.film.opening import FilmHeader, opened, read_film_header
from colorization.film.reading import Film
from colorization.film.tracks import tracks
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.hints import Hint, hint, read_hints


@pytest.fixture
def colorizer():
    return PhotoColorizer(FlatNetwork(), image_size=32, threads=1)


class Proxy:
    """An object of PyAV with some attributes of our own."""

    def __init__(self, inside, **ours):
        self.inside = inside
        self.__dict__.update(ours)

    def __getattr__(self, name):
        return getattr(self.inside, name)


@pytest.mark.parametrize("kind", [av.error.PatchWelcomeError, av.error.ArgumentError, av.error.InvalidDataError])
def test_a_packet_that_a_decoder_refuses_is_left_out(kind, tmp_path):
    source = write_film(tmp_path / "film.avi", scene(6), codec="mpeg4", sound=None, stamps=[24 * i for i in range(6)])

    def fails():
        raise kind(1, "not yet implemented")

    def demux():
        for i, packet in enumerate(container.demux()):
            yield Proxy(packet, decode=fails) if i == 2 else packet

    with opened(source) as container:
        film = Film(Proxy(container, demux=demux), source)
        assert len(list(film.pictures())) == 5
    assert film.notes == ["1 of its packets are damaged; their pictures are left out"]


def test_an_error_of_ffmpeg_is_one_line():
    job = SimpleNamespace(
        source=Path("film.avi"),
        targets=[Path("out.mkv")],
        header=FilmHeader(width=64, height=48, frames=0, seconds=0.0),
    )
    told = _failure(av.error.PatchWelcomeError(1, "Not yet implemented"), job)
    assert told.startswith("film.avi: damaged (") and "\n" not in told
    assert "not enough memory" in _failure(av.error.MemoryError(12, "Cannot allocate memory"), job)


def test_a_film_whose_size_changes_keeps_its_first_size(tmp_path, colorizer):
    stamps = [24 * i for i in range(14)]
    parts = [write_film(tmp_path / f"{rows}.h264", scene(14, size=(rows, 64)), sound=None, stamps=stamps)
             for rows in (48, 36)]  # fmt: skip
    source = tmp_path / "film.h264"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    notes = colorize_film(source, tmp_path / "out.mkv", colorizer)
    assert notes == ["changes its size; the whole result has that of the first picture, 64×48"]
    pictures = read(tmp_path / "out.mkv")[1]
    assert len(pictures) > 20 and {picture.shape for picture in pictures} == {(3, 48, 64)}


def test_a_colon_in_a_name_is_no_protocol(tmp_path, monkeypatch):
    write_film(tmp_path / "film.mp4", scene(4)).rename(tmp_path / "Reel1:Holiday.mp4")
    monkeypatch.chdir(tmp_path)
    assert read_film_header(Path("Reel1:Holiday.mp4")).width == 64
    with pytest.raises(InputError, match=r"^Reel2:Holiday.mp4: file not found$"):
        read_film_header(Path("Reel2:Holiday.mp4"))


@pytest.mark.parametrize("sound", ["pcm_mulaw", "pcm_u8"])
def test_mkv_is_advised_only_if_it_takes_the_sound(sound, tmp_path, colorizer):
    source = write_film(tmp_path / "film.mov", scene(4), sound=sound)
    try:
        colorize_film(source, tmp_path / "out.mkv", colorizer)
        advice = "name a result that ends with .mkv"
    except InputError as error:
        assert "mkv cannot hold its audio" in str(error)
        advice = "take that stream out first"
    with pytest.raises(InputError, match=rf"mp4 cannot hold its audio \({sound}\); {advice}$"):
        colorize_film(source, tmp_path / "out.mp4", colorizer)


@pytest.mark.parametrize(("turn", "sides"), [(0, "64×48"), (90, "48×64"), (180, "64×48"), (-90, "48×64")])
def test_a_hint_outside_names_the_size_of_the_upright_film(turn, sides, tmp_path):
    source = write_film(tmp_path / "film.mp4", scene(3), sound=None, stamps=[0, 24, 48],
                        change=lambda out, video: video.set_display_rotation(turn))  # fmt: skip
    with pytest.raises(InputError, match=f"hint 65,65: outside the film of {sides} pixels"):
        tracks(source, [FilmHint(hint(65, 65, "red"), 0, None)], 32)


@pytest.mark.parametrize(
    "hints", [[3], ["a"], [None], [[]], "ab", [{"x": 1, "y": 1, "color": "red", "time": 10**400}],
              [{"x": 10**400, "y": 1, "color": "red", "frame": 1}]],
)  # fmt: skip
def test_rows_that_are_no_hints_are_one_line(hints, tmp_path):
    path = tmp_path / "hints.json"
    path.write_text(json.dumps({"hints": hints}))
    with pytest.raises(InputError) as told:
        read_film_hints(path)
    assert "\n" not in str(told.value) and len(str(told.value)) < 400


def test_files_of_hints_may_have_a_mark_of_the_order_of_bytes(tmp_path):
    path = tmp_path / "hints.json"
    path.write_text('\ufeff{"hints": [{"x": 1, "y": 2, "color": "keep", "frame": 0}]}', encoding="utf-8")
    assert read_hints(path) == [Hint(1, 2, 0, 0)]
    assert read_film_hints(path) == [FilmHint(Hint(1, 2, 0, 0), 0, None)]
