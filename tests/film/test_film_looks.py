"""A film as a photograph: the mark in its tags, more detail, negatives; what does not apply is refused."""

import json
import subprocess

import av
import numpy as np
import pytest
from conftest import in_process
from films import FlatNetwork, read, scene, write_film

from colorization.film.coloring import Look, colorize_film
from colorization.photo import colorizer as engine
from colorization.photo.colorizer import PhotoColorizer
from colorization.photo.mark import SOURCE, program

TITLE = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' \
        b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="reel 7"/>' \
        b"</rdf:RDF></x:xmpmeta>"  # fmt: skip


@pytest.fixture
def colorizer():
    return PhotoColorizer(FlatNetwork(), image_size=32, threads=1)


def tags(path) -> dict[str, str]:
    with av.open(str(path), options={"export_xmp": "1"}) as film:
        return {key.lower(): value for key, value in film.metadata.items()}


def described(out, _) -> None:
    out.metadata.update(description="Filmed in 1921\nby the harbour master", encoding_tool="HandBrake 1.6")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_mark_is_in_the_tags_once_and_the_films_own_words_stay(tmp_path, colorizer, suffix):
    source = write_film(tmp_path / f"film{suffix}", scene(4), change=described)
    once, twice = tmp_path / f"once{suffix}", tmp_path / f"twice{suffix}"
    colorize_film(source, once, colorizer)
    colorize_film(once, twice, colorizer)
    for path in (once, twice):
        found = tags(path)
        assert found["comment"] == "on the pier" and found["title"] == "The Wharf"
        assert found["description"].splitlines() == [
            "Filmed in 1921", "by the harbour master", f"Colours invented by {program()}: {SOURCE}",
        ]  # fmt: skip
        assert program() in path.read_bytes().decode("latin-1")
        assert suffix == ".mkv" or found["encoder"] == f"HandBrake 1.6; {program()}"
    colorize_film(source, tmp_path / f"plain{suffix}", colorizer, Look(mark=False))
    assert tags(tmp_path / f"plain{suffix}")["description"] == "Filmed in 1921\nby the harbour master"
    assert b"colorize" not in (tmp_path / f"plain{suffix}").read_bytes()


def test_xmp_of_an_mp4_stays_and_gets_the_mark(tmp_path, colorizer):
    source = write_film(tmp_path / "film.mp4", scene(4))
    uuid = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    with source.open("ab") as file:
        file.write((24 + len(TITLE)).to_bytes(4, "big") + b"uuid" + uuid + TITLE)
    for mark in (True, False):
        colorize_film(source, tmp_path / "out.mp4", colorizer, Look(mark=mark))
        xmp = tags(tmp_path / "out.mp4")["xmp"]
        assert 'dc:source="reel 7"' in xmp and (SOURCE in xmp) is mark and xmp.count("xmpmeta>") == 1
    assert read(tmp_path / "out.mp4")[2] == read(source)[2]


def test_the_network_sees_more_of_a_film_that_has_it(tmp_path, colorizer):
    seen = []
    colorizer.network.colorize = lambda L, known: (seen.append(L.shape), np.stack([L, L]) * np.float32(0.2))[1]
    source = write_film(tmp_path / "film.mkv", scene(4, size=(96, 128)), sound=None)
    found = []
    for detail in (1, 2, 4):
        colorize_film(source, tmp_path / "out.mkv", colorizer, Look(detail=detail))
        found.append(read(tmp_path / "out.mkv")[1])
    assert seen == [(32, 43), (32, 43), (64, 85), (64, 85), (96, 128), (96, 128)]  # the first and the last picture
    edges = [np.abs(np.diff(film[1][2].astype(int), axis=1)).max() for film in found]
    assert edges[0] <= edges[1] and np.abs(found[1][1][2].astype(int) - 128).max() > 10


def test_a_film_of_negatives_becomes_positive_and_does_not_flicker(tmp_path, colorizer):
    positives = [np.clip(picture.astype(int) - (80 if i == 4 else 0), 0, 255) for i, picture in enumerate(scene(9))]
    for base, span in ((255, 1.0), (150, 0.4)):  # clear film; film with a gray base
        negatives = [(base - span * picture).astype(np.uint8) for picture in positives]
        source = write_film(tmp_path / "film.mkv", negatives, sound=None)
        colorize_film(source, tmp_path / "out.mkv", colorizer, Look(negative=True))
        found = np.stack([picture[0] for picture in read(tmp_path / "out.mkv")[1]]).astype(float)
        for picture, wanted in zip(found, positives, strict=True):
            assert np.corrcoef(picture.ravel(), wanted.ravel())[0, 1] > 0.98
        ground = found[:, 40:, :].mean(axis=(1, 2))  # nothing moves there
        assert np.ptp(np.delete(ground, 4)) < 2 and ground[4] < ground.max() - 30
        (tmp_path / "out.mkv").unlink()


def test_the_command_hands_on_what_films_take(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine, "open_network", lambda *_, **__: FlatNetwork())
    colorize = in_process(monkeypatch, capsys)
    write_film(tmp_path / "film.mp4", [255 - picture for picture in scene(4)])
    assert colorize("film.mp4", "--negative", "--detail", 2, "--no-mark")[0] == 0
    assert "description" not in tags(tmp_path / "film-colorized.mp4")
    assert read(tmp_path / "film-colorized.mp4")[1][0][0].mean() < 128 < read(tmp_path / "film.mp4")[1][0][0].mean()
    for option, value in (("--format", "png"), ("--quality", 90)):
        status, _, errors = colorize("film.mp4", "--overwrite", option, value)
        assert (status, errors) == (1, f"error: {option}: is for photographs; leave it out for films\n")


def test_exiftool_reads_the_mark(tmp_path, colorizer):
    source = write_film(tmp_path / "film.mp4", scene(4))
    colorize_film(source, tmp_path / "out.mp4", colorizer)
    try:
        told = subprocess.run(["exiftool", "-j", "-n", tmp_path / "out.mp4"], capture_output=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip("exiftool is not installed")
    (found,) = json.loads(told)
    assert (found["DigitalSourceType"], found["CreatorTool"], found["Comment"]) == (SOURCE, program(), "on the pier")
