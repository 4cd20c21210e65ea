"""Colours within a scene: steady along the motion, none across a cut, whatever the length of the film."""

import threading

import numpy as np
import pytest
from films import FlatNetwork, smooth

from colorization.film import steady, tones
from colorization.film.ahead import ahead
from colorization.film.coloring import Look, coloured
from colorization.film.motion import motion, pyramid
from colorization.film.planes import BT601, Encoding
from colorization.film.reading import Picture
from colorization.film.scenes import EVERY, moments
from colorization.film.warping import Link, Seen, Warp
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.guide import guide
from colorization.photo.recolor import colour_maps

LIMITED = Encoding(matrix=BT601, full=False)


class Moods(FlatNetwork):
    """Paints each picture evenly in a colour of its own: a of one is 0.1, of the next 0.3."""

    def colorize(self, L, known):
        self.asked += 1
        return np.full((2, *L.shape), 0.1 if self.asked % 2 else 0.3, np.float32)


class Shot:
    """Pictures without a file, in place of reading.Film."""

    def __init__(self, lumas):
        self.lumas = lumas

    def pictures(self):
        for i, luma in enumerate(self.lumas):
            yield Picture(luma=luma, encoding=LIMITED, pts=i, duration=1, number=i)


def test_the_motion_of_a_shifted_picture():
    whole = smooth(1, (200, 300), 0.5) + smooth(2, (200, 300))
    here, there = whole[20:180, 20:260].astype(np.float32), whole[14:174, 32:272].astype(np.float32)
    flow = motion(pyramid(here), pyramid(there))  # in pixels of half the sides
    inner = flow[:, 12:-12, 12:-12]
    assert np.median(np.abs(inner[0] - 3)) < 0.35 and np.median(np.abs(inner[1] + 6)) < 0.35
    link = Link(Seen(there), Seen(here))
    moved = link.back(there[None])[0]
    assert np.abs(moved - here)[20:-20, 20:-20].mean() < 0.3 * np.abs(there - here)[20:-20, 20:-20].mean()
    assert link.same_scene and link.trust_back[20:-20, 20:-20].mean() > 0.7


def test_a_warp_is_bilinear():
    planes = np.random.default_rng(0).random((2, 5, 7), np.float32)
    flow = np.zeros((2, 5, 7), np.float32)
    assert np.array_equal(Warp(flow)(planes), planes)
    flow[0], flow[1] = 0.5, -0.25
    found = Warp(flow)(planes)
    by_hand = 0.5 * (0.75 * planes[:, 2, 3] + 0.25 * planes[:, 2, 2]) + 0.5 * (
        0.75 * planes[:, 3, 3] + 0.25 * planes[:, 3, 2]
    )
    assert np.allclose(found[:, 2, 3], by_hand, atol=1e-6)


def test_colours_of_inverts_the_colour_maps():
    rng = np.random.default_rng(2)
    L, ab = rng.uniform(-1, 1, (20, 30)).astype(np.float32), rng.uniform(-40, 40, (2, 20, 30)).astype(np.float32)
    slope, offset = guide(L, ab)
    assert np.allclose(steady.colours_of(colour_maps(slope, offset), L), slope * L + offset, atol=0.05)


def frames(picture: np.ndarray, count: int) -> list[np.ndarray]:
    """A pan over a picture."""
    luma = (picture * 90 + 125).astype(np.uint8)
    return [luma[:, 2 * i : 2 * i + 160] for i in range(count)]


def test_cuts_are_found_and_jumps_of_brightness_are_none():
    first, second = frames(smooth(3), 12), frames(smooth(4), 12)
    first[6] = np.clip(first[6] * 0.8 + 40, 0, 255).astype(np.uint8)
    lumas = first + second
    found = [i for i, moment in enumerate(moments(Shot(lumas).pictures(), 80)) if moment.link is None]
    assert found == [0, 12]


def test_a_white_flash_and_a_black_gap_end_no_scene_and_get_no_colours():
    lumas = frames(smooth(3), 30)
    for i, blank in ((5, 250), (6, 250), (16, 16), (17, 18), (18, 16)):
        lumas[i] = np.full_like(lumas[i], blank)
    found = result_of(lumas, network := Moods())
    blanks = [5, 6, 16, 17, 18]
    assert np.abs(found[blanks]).max() < 0.5
    assert network.asked == len({*range(0, 30, EVERY), 29} - set(blanks))
    assert np.abs(np.diff(np.delete(found[:, 0], blanks))).max() < 2
    lumas[10:25] = [np.full_like(lumas[0], 16)] * 15
    assert [m.picture.number for m in moments(Shot(lumas).pictures(), 80) if m.link is None] == [0, 10, 25]


def test_a_blown_out_flash_passes_and_two_cuts_in_a_row_are_two():
    lumas = frames(smooth(3), 12)
    lumas[4] = np.clip(lumas[4].astype(int) * 4 - 60, 0, 255).astype(np.uint8)
    lumas[5] = frames(smooth(11), 1)[0]  # one picture of something else
    found = list(moments(Shot(lumas).pictures(), 80))
    assert [m.picture.number for m in found] == list(range(12))
    assert [i for i, m in enumerate(found) if m.link is None] == [0]
    result = result_of(lumas, Moods())
    assert np.abs(np.diff(result[:, 0])).max() < 2
    lumas[4:] = [lumas[3]] + frames(smooth(11), 1) + frames(smooth(12), 6)
    found = [m.picture.number for m in moments(Shot(lumas).pictures(), 80) if m.link is None]
    assert found == [0, 5, 6]


def result_of(lumas, network, **look) -> np.ndarray:
    """Mean ab (T,2) in Lab units of a film without a file."""
    colorizer = PhotoColorizer(network, image_size=80, threads=1)
    film = Shot(lumas)
    seen = [moment.seen.L for moment in moments(film.pictures(), 80)]
    maps = [each for _, each in coloured(film, colorizer, Look(prepare=False, **look))]
    return np.array([steady.colours_of(each, L).mean(axis=(1, 2)) for each, L in zip(maps, seen, strict=True)])


def test_a_scene_is_steadier_than_its_pictures_and_the_network_sees_few_of_them():
    network = Moods()
    alone = result_of(frames(smooth(5), 30), network, steady=False)
    assert np.ptp(alone[:, 0]) > 15 and network.asked == 30
    network = Moods()
    together = result_of(frames(smooth(5), 30), network)
    assert network.asked == len({*range(0, 30, EVERY), 29})
    assert np.abs(np.diff(together[:, 0])).max() < 0.1 * np.abs(np.diff(alone[:, 0])).max()


def test_no_colour_crosses_a_cut():
    class Scenes(FlatNetwork):
        def colorize(self, L, known):
            return np.full((2, *L.shape), 0.3 if L.mean() > 0 else -0.3, np.float32)

    dark, light = [f // 2 for f in frames(smooth(6), 20)], [f // 2 + 120 for f in frames(smooth(7), 20)]
    found = result_of(dark + light + dark, Scenes())[:, 0]
    assert np.all(found[:20] < -25) and np.all(found[20:40] > 25) and np.all(found[40:] < -25)


def test_a_moving_thing_takes_its_colour_along_and_leaves_none_behind():
    class Ball(FlatNetwork):
        def colorize(self, L, known):
            return np.stack([np.where(L > 0.55, 0.4, -0.2), np.zeros_like(L)]).astype(np.float32)

    ground, lumas = (smooth(8, (80, 120)) * 40 + 90).astype(np.uint8), []
    texture = np.random.default_rng(0).integers(225, 250, (24, 24), dtype=np.uint8)
    for i in range(24):
        picture = ground.copy()
        picture[28:52, 4 + 3 * i : 28 + 3 * i] = texture
        lumas.append(picture)
    colorizer = PhotoColorizer(Ball(), image_size=80, threads=1)
    film = Shot(lumas)
    for (picture, maps), moment in zip(
        coloured(film, colorizer, Look(prepare=False)), moments(film.pictures(), 80), strict=True
    ):
        a, left = steady.colours_of(maps, moment.seen.L)[0], 4 + 3 * picture.number
        assert a[34:46, left + 6 : left + 18].mean() > 30
        assert a[34:46, : max(0, left - 8)].mean() < -15 if left > 16 else True
        assert a[34:46, left + 36 :].mean() < -15 if left < 70 else True


def test_memory_does_not_grow_with_the_length(monkeypatch):
    """A film of pictures that are made when asked for: the engine holds a window of them."""
    held, most = set(), 0
    lumas = frames(smooth(9), 40)

    class Counted(Shot):
        def pictures(self):
            nonlocal most
            for i in range(400):
                held.add(i)
                most = max(most, len(held))
                yield Picture(
                    encoding=LIMITED, luma=lumas[i % 40 if i % 80 < 40 else 39 - i % 40], pts=i, duration=1, number=i
                )

    colorizer = PhotoColorizer(FlatNetwork(), image_size=32, threads=1)
    for picture, _ in coloured(Counted([]), colorizer, Look()):
        held.discard(picture.number)
    assert most < steady.STEP + steady.AHEAD + tones.REACH + 20


# the thread that reads ahead


def test_ahead_gives_all_items_and_passes_an_error_on():
    assert list(ahead((i for i in range(20)), 3)) == list(range(20))

    def breaks():
        yield 1
        raise ValueError("here")

    found = ahead(breaks(), 3)
    assert next(found) == 1
    with pytest.raises(ValueError, match="here"):
        next(found)


def test_ahead_ends_its_thread_when_its_reader_goes():
    before, ended = threading.active_count(), []

    def endless():
        try:
            while True:
                yield 1
        finally:
            ended.append(True)

    found = ahead(endless(), 2)
    next(found)
    found.close()
    assert threading.active_count() == before and ended == [True]
