"""A hint in one picture colours that place in its whole scene, and in no other."""

import numpy as np
import pytest
from films import write_film
from test_steady import frames, smooth

from colorization.core.errors import InputError
from colorization.film.coloring import Look, colorize_film
from colorization.film.hints import FilmHint, film_hint
from colorization.film.tracks import at, stored, tracks
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.hints import Hint, hint


def panned(path, count=12):
    """Two pans to the right over two pictures: what is seen moves 2 pixels to the left per picture."""
    first, second = (frames((smooth(i) + smooth(i + 9, detail=0.4)) / 2, count) for i in (1, 2))
    return write_film(path, first + second, sound=None, stamps=[24 * i for i in range(2 * count)])


def test_a_hint_follows_its_place_both_ways_within_the_scene(tmp_path):
    source = panned(tmp_path / "film.mkv")
    found = tracks(source, [FilmHint(hint(80, 60, "red"), 5, None)], 80)
    assert sorted(number for number, hints in found.items() if hints) == list(range(12))
    for number in range(12):
        ((x, y, a, b),) = found[number]
        assert abs(x * 160 - (80 - 2 * (number - 5))) < 5 and abs(y * 160 - 60) < 4
        assert (a, b) == hint(0, 0, "red")[2:]


def test_a_time_is_that_of_the_picture_on_the_screen(tmp_path):
    source = panned(tmp_path / "film.mkv")
    for seconds, scenes in ((0.479, range(12)), (0.481, range(12, 24))):
        found = tracks(source, [FilmHint(hint(80, 60, "red"), None, seconds)], 80)
        assert sorted(number for number, hints in found.items() if hints)[0] == scenes[0]
    with pytest.raises(InputError, match="a hint at 70 seconds; the film ends at 0.96"):
        tracks(source, [FilmHint(hint(80, 60, "red"), None, 70.0)], 80)


def test_a_place_that_leaves_the_picture_is_lost(tmp_path):
    source = panned(tmp_path / "film.mkv")
    found = tracks(source, [FilmHint(hint(8, 60, "red"), 5, None)], 80)
    with_hint = [number for number, hints in found.items() if hints]
    assert 5 in with_hint and 11 not in with_hint


def test_the_network_gets_the_hints_of_its_scene(tmp_path):
    asked = []

    class Network:
        takes_hints = True

        def colorize(self, L, known):
            asked.append(None if known is None else int(known[0].sum()))
            return np.zeros((2, *L.shape), np.float32)

    colorizer = PhotoColorizer(Network(), image_size=80, threads=1)
    look = Look(hints=[FilmHint(hint(80, 60, "red"), 5, None)], prepare=False)
    colorize_film(panned(tmp_path / "film.mkv"), tmp_path / "out.mkv", colorizer, look)
    assert [each is not None for each in asked] == [False, True] * 3 + [False] * 3  # with hints it is asked twice


@pytest.mark.parametrize(("turn", "place"), [(0, (10, 20)), (90, (43, 10)), (180, (53, 27)), (-90, (20, 37))])
def test_places_are_those_of_the_upright_picture(tmp_path, turn, place):
    """A dot at (10, 20) of the stored picture of 64 × 48, and where players show it."""
    import av

    picture = np.zeros((48, 64), np.uint8)
    source = write_film(tmp_path / "film.mp4", [picture] * 3, sound=None, stamps=[0, 24, 48],
                        change=lambda out, video: video.set_display_rotation(turn))  # fmt: skip
    from colorization.film.reading import display_matrix

    with av.open(str(source)) as film:
        matrix = display_matrix(next(film.decode(video=0)))
    dot = np.zeros((48, 64))
    dot[20, 10] = 1
    upright = np.rot90(dot, turn // 90)
    assert stored(*np.argwhere(upright)[0][::-1].tolist(), (64, 48), matrix) == pytest.approx((10, 20), abs=0.01)
    assert np.argwhere(upright)[0][::-1].tolist() == list(place) or turn in (90, -90)


def test_two_hints_that_meet_are_one():
    found = at([Hint(0.5, 0.5, 0.1, 0.1), Hint(0.5001, 0.5, 0.3, 0.3), Hint(1.0, 0.2, 0, 0)], (48, 64))
    assert found == [Hint(32, 24, 0.1, 0.1), Hint(63, pytest.approx(9.6), 0, 0)]


def test_a_row_of_a_file():
    assert film_hint({"frame": 3, "x": 1, "y": 2, "color": "keep"}) == FilmHint(Hint(1, 2, 0, 0), 3, None)
    assert film_hint({"time": 3, "x": 1, "y": 2, "color": "keep"}) == FilmHint(Hint(1, 2, 0, 0), None, 3.0)


def test_the_first_reading_can_be_ended_too(tmp_path):
    """As by Ctrl-C, or the page's Cancel: the hinted film is read for its hints before anything is written."""

    class Stopped(Exception):
        pass

    def reading():
        raise Stopped

    colorizer = PhotoColorizer(None, image_size=80, threads=1)
    look = Look(hints=[FilmHint(hint(80, 60, "red"), 5, None)])
    with pytest.raises(Stopped):
        colorize_film(panned(tmp_path / "film.mkv"), tmp_path / "out.mkv", colorizer, look, reading=reading)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]
