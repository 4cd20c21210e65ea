"""The pictures that the network sees of a scene agree on colours, however far apart; those with hints keep theirs."""

import numpy as np

from colorization.film.agreement import APART, Scene, View
from colorization.photo.likeness import NOTHING, Carried, Cells, Compared
from colorization.photo.preparation import Box

SIZE = 64, 96


def features(picture: np.ndarray) -> list[np.ndarray]:
    """What an encoder might see of a picture (H,W): the pixels of its squares of 8 and of 16."""
    found = []
    for step in (8, 16):
        squares = [picture[i::step, j::step] for i in range(step) for j in range(step)]
        found.append(np.stack(squares).astype(np.float32))
    return found


def view(number: int, a: float, ground: int = 1, firm: bool = False, still: Carried = NOTHING) -> View:
    """A view of a ground, all of it in one colour."""
    picture = np.random.default_rng(ground).uniform(-1, 1, SIZE).astype(np.float32)
    ab, cells = np.full((2, *SIZE), a, np.float32), Cells.of(features(picture), picture)
    return View(number=number, ab=ab, compared=[Compared(Box.whole(picture), cells, still)], firm=firm)


def scene_of(*views: View) -> Scene:
    scene = Scene()
    for each in views:
        scene.add(each)
    return scene


def test_views_of_one_thing_agree_and_keep_to_their_mean():
    colours = [10.0, 30.0, 20.0, 30.0, 10.0, 20.0, 30.0]
    scene = scene_of(*(view(8 * i, a) for i, a in enumerate(colours)))
    found = [scene.sums(8 * i) for i in range(len(colours))]
    for i, sums in enumerate(found):
        others = [colours[i + apart] for apart in APART if 0 <= i + apart < len(colours)]
        assert np.allclose(sums[2], 1)
        assert abs(float(sums[0].mean()) - np.mean([colours[i], *others])) < 0.5
    assert np.ptp([sums[0].mean() for sums in found]) < 0.7 * np.ptp(colours)


def test_what_does_not_resemble_and_what_hints_and_stills_gave_stay():
    other = view(16, 40.0, ground=5)
    scene = scene_of(view(0, 10.0), view(8, 10.0), other)
    assert abs(float(scene.sums(16)[0].mean()) - 40) < 6 and abs(float(scene.sums(0)[0].mean()) - 10) < 6
    scene = scene_of(view(0, 10.0), view(8, 10.0), view(16, 40.0, firm=True))
    assert np.allclose(scene.sums(16)[0], 40)
    assert scene.sums(0)[0].mean() > 15  # but it gives its colours
    half = np.zeros((8, 12), np.float32)
    half[:, :6] = 1
    scene = scene_of(view(0, 10.0), view(8, 10.0), view(16, 40.0, still=Carried(np.stack([half, half]), half)))
    assert np.allclose(scene.sums(16)[0, :, :40], 40) and scene.sums(16)[0, :, 56:].mean() < 30


def test_views_that_are_far_back_are_forgotten():
    scene = scene_of(*(view(8 * i, 10.0) for i in range(12)))
    before = scene.sums(80)
    scene.forget(64)
    assert np.allclose(scene.sums(80), before) and len(scene) == 8


def test_a_network_that_cannot_compare_colours_as_before():
    plain = View(number=0, ab=np.full((2, *SIZE), 5, np.float32), compared=[], firm=False)
    assert np.allclose(scene_of(plain, view(8, 20.0), view(16, 20.0)).sums(0)[0], 5)
