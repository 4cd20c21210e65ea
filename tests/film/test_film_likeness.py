"""A film with a coloured still: its scene takes the still's colours and stays steady; other scenes stay as they are."""

import av
import numpy as np
import pytest
from films import FlatNetwork, write_film
from PIL import Image
from skimage import data

from colorization.core.errors import InputError
from colorization.film.coloring import Look, colorize_film
from colorization.photo.catalog import BUNDLED
from colorization.photo.colorizer import PhotoColorizer, load

COUNT = 6  # pictures of a scene
MUCH = 0.7  # share of the error that may be left with a still of the same scene
HARM = 1.0  # mean difference of R, G and B that a still of something else may make
CUP, CAT = ([getattr(data, name)()[:240, 2 * i : 320 + 2 * i] for i in range(COUNT)] for name in ("coffee", "chelsea"))


def gray(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).convert("L"))


def result(path, colorizer, **look) -> np.ndarray:
    """The film of the cup, then of the cat, coloured: (T,H,W,3)."""
    source = path / "film.mkv"
    if not source.exists():
        stamps = [24 * i for i in range(2 * COUNT)]
        write_film(source, [gray(each) for each in (*CUP, *CAT)], sound=None, stamps=stamps)
    colorize_film(source, path / "out.mkv", colorizer, Look(**look))
    with av.open(str(path / "out.mkv")) as film:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]).astype(np.float32)


def test_a_still_colours_its_own_scene_alone_and_steadily(tmp_path):
    colorizer = load(BUNDLED / "ours.onnx", device="cpu", threads=1)
    without = result(tmp_path, colorizer)
    found = result(tmp_path, colorizer, like=[Image.fromarray(CUP[0])])
    true = np.stack(CUP)
    assert np.abs(found[:COUNT] - true).mean() < MUCH * np.abs(without[:COUNT] - true).mean()
    assert np.abs(found[COUNT:] - without[COUNT:]).mean() < HARM
    moved = [np.abs(film[1:COUNT, :, :-2] - film[: COUNT - 1, :, 2:]).mean() for film in (found, true)]
    assert moved[0] < moved[1] + 2  # along the pan of two pixels a picture; the rest is the codec's loss


def test_what_cannot_serve_as_a_still_is_one_line(tmp_path):
    network = FlatNetwork()
    network.takes_references = False
    colorizer = PhotoColorizer(network, image_size=32, threads=1)
    with pytest.raises(InputError, match="like: needs the .onnx file of ours"):
        result(tmp_path, colorizer, like=[CUP[0]])
    network.takes_references = True
    with pytest.raises(InputError, match="like: a reference is gray; name a photograph in colour"):
        result(tmp_path, colorizer, like=[gray(CUP[0])])
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]
