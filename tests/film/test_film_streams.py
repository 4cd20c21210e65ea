"""A film in, coloured out: what its result keeps, and the films that are refused in one line."""

from fractions import Fraction

import av
import numpy as np
import pytest
from films import SIDES, FlatNetwork, add_sound, read, scene, times, write_film

from colorization.core.errors import InputError
from colorization.film.coloring import Look, colorize_film
from colorization.film.opening import read_film_header
from colorization.photo.colorizer import PhotoColorizer


@pytest.fixture
def colorizer():
    return PhotoColorizer(FlatNetwork(), image_size=32, threads=1)


def all_tags(out, video):
    video.set_display_rotation(90)
    video.codec_context.sample_aspect_ratio = Fraction(16, 15)
    out.set_chapters(
        [{"id": 1, "start": 0, "end": 300, "time_base": Fraction(1, 1000), "metadata": {"title": "the boat"}}]
    )


@pytest.mark.parametrize(("name", "sound", "suffix"), [("a.mp4", "aac", ".mp4"), ("b.mkv", "pcm_s16le", ".mkv"),
                                                        ("c.mov", "aac", ".mp4")])  # fmt: skip
def test_time_stamps_sound_and_tags_stay(tmp_path, colorizer, name, sound, suffix):
    source = write_film(tmp_path / name, scene(14), sound=sound, change=all_tags)
    result = tmp_path / f"result{suffix}"
    assert colorize_film(source, result, colorizer) == []
    before, after = read(source), read(result)
    assert after[0] == before[0] == times(14)
    assert len(after[1]) == 14 and after[1][0].shape == before[1][0].shape
    assert after[2] == before[2]
    with av.open(str(source)) as ours, av.open(str(result)) as theirs:
        for film in (ours, theirs):
            (video,) = film.streams.video
            assert (
                video.sample_aspect_ratio == Fraction(16, 15)
                and video.average_rate == ours.streams.video[0].average_rate
            )
            assert {k.lower(): v for k, v in film.metadata.items()}.items() >= {
                "title": "The Wharf",
                "comment": "on the pier",
            }.items()
            assert film.streams.audio[0].metadata["language"] == "fra"
            assert [chapter["metadata"]["title"] for chapter in film.chapters()] == ["the boat"]
            assert next(film.decode(video=0)).rotation == 90


def test_luma_stays_and_colour_is_added(tmp_path, colorizer):
    source = write_film(tmp_path / "film.mp4", scene(9))
    colorize_film(source, tmp_path / "out.mp4", colorizer)
    for before, after in zip(read(source)[1], read(tmp_path / "out.mp4")[1], strict=True):
        difference = np.abs(after[0].astype(int) - before[0])
        assert difference.mean() < 1.0 and difference.max() < 20  # the codec's loss
        assert np.abs(before[1:].astype(int) - 128).max() <= 2
        assert np.abs(after[2].astype(int) - 128).max() > 10


def test_the_colours_are_tagged_and_those_of_the_engine(tmp_path, colorizer):
    """Decoded by ffmpeg with the tags, an even picture has the colours of the photograph engine."""
    for height, matrix in ((SIDES[0], 6), (720, 1)):
        picture = np.full((height, 64), 130, np.uint8)
        source = write_film(tmp_path / "even.mp4", [picture] * 4, stamps=[0, 24, 48, 72])
        colorizer.network.colorize = lambda L, known: np.full((2, *L.shape), 0.2, np.float32)
        colorize_film(source, tmp_path / "out.mp4", colorizer, Look(prepare=False))
        with av.open(str(tmp_path / "out.mp4")) as film:
            codec = film.streams.video[0].codec_context
            assert (codec.colorspace, codec.color_range, codec.color_primaries, codec.color_trc) == (matrix, 1, 1, 1)
            found = next(film.decode(video=0)).to_ndarray(format="rgb24")
        wanted = colorizer.colorize(picture, prepare=False)
        assert np.abs(found.astype(int) - wanted)[8:-8, 8:-8].mean() < 6
        (tmp_path / "out.mp4").unlink()


def test_subtitles_and_a_cover_are_copied(tmp_path, colorizer):
    srt = tmp_path / "words.srt"
    srt.write_text("1\n00:00:00,100 --> 00:00:00,300\nAhoy\n")

    def change(out, video):
        with av.open(str(srt)) as words:
            copy = out.add_stream_from_template(words.streams.subtitles[0], opaque=True)
            copy.metadata["language"] = "deu"
            for packet in words.demux():
                if packet.size:
                    packet.stream = copy
                    out.mux(packet)

    source = write_film(tmp_path / "film.mkv", scene(6), sound="libmp3lame", change=change)
    assert colorize_film(source, tmp_path / "out.mkv", colorizer) == []
    assert read(tmp_path / "out.mkv")[2] == read(source)[2]
    with av.open(str(tmp_path / "out.mkv")) as film:
        assert film.streams.subtitles[0].metadata["language"] == "deu"
    with pytest.raises(InputError, match=r"mp4 cannot hold its subtitle \(.*\); name a result that ends with .mkv"):
        colorize_film(source, tmp_path / "out.mp4", colorizer)
    assert not list(tmp_path.glob("out.mp4*"))


def test_interlaced_films_are_made_progressive(tmp_path, colorizer):
    smooth = [np.tile(np.sin((np.arange(128) + 7 * i) / 6) * 60 + 120, (96, 1)).astype(np.uint8) for i in range(41)]
    woven = []
    for top, bottom in zip(smooth[::2], smooth[1::2]):
        picture = top.copy()
        picture[1::2] = bottom[1::2]
        woven.append(picture)
    source = write_film(tmp_path / "woven.mkv", woven, sound=None)
    notes = colorize_film(source, tmp_path / "out.mkv", colorizer)
    assert notes == ["is interlaced; the result is deinterlaced"]
    stamps, pictures, _ = read(tmp_path / "out.mkv")
    assert stamps == times(20)
    combs = [np.abs(np.diff(p[0].astype(int), axis=0)).mean() for p in pictures[2:-2]]
    assert max(combs) < 0.3 * np.abs(np.diff(woven[5].astype(int), axis=0)).mean()


def test_a_film_that_breaks_off_gives_what_there_is(tmp_path, colorizer):
    stamps = [24 * i for i in range(100)]
    whole = write_film(tmp_path / "whole.mkv", scene(30) * 3 + scene(10), stamps=stamps)
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (note,) = colorize_film(broken, tmp_path / "out.mkv", colorizer)
    found = read(tmp_path / "out.mkv")[0]
    assert 10 < len(found) < 90 and found[:-4] == stamps[: len(found) - 4]  # the last ones may miss one between them
    assert note.startswith("breaks off at 0:00:0") and note.endswith(f"after {len(found)} pictures")


def test_odd_sides_are_made_even(tmp_path, colorizer):
    with av.open(str(tmp_path / "odd.mkv"), "w") as out:
        video = out.add_stream("ffv1", rate=25)
        video.width, video.height, video.pix_fmt = 63, 47, "gray"
        for i, picture in enumerate(scene(4)):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:47, :63]), format="gray")
            frame.pts = i
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    (note,) = colorize_film(tmp_path / "odd.mkv", tmp_path / "out.mkv", colorizer)
    assert note == "has 63×47 pixels; the result has 64×48, as H.264 needs even sides"
    _, pictures, _ = read(tmp_path / "out.mkv")
    assert np.abs(pictures[0][0, :47, :63].astype(int) - scene(1)[0][:47, :63]).mean() < 1


# films that are refused


def refused(path, colorizer) -> str:
    out = path.with_name("refused.mp4")
    with pytest.raises(InputError) as error:
        colorize_film(path, out, colorizer)
    assert not out.exists() and not list(path.parent.glob("*.part"))
    assert "\n" not in str(error.value) and str(error.value).startswith(str(path))
    return str(error.value)


def test_no_film_no_picture_a_still(tmp_path, colorizer):
    (tmp_path / "text.mp4").write_text("not a film" * 100)
    assert "not a film that ffmpeg reads" in refused(tmp_path / "text.mp4", colorizer)
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        add_sound(out, out.add_stream("aac", rate=44100, layout="mono"), 0.3)
    assert "holds no picture, only audio" in refused(tmp_path / "sound.mp4", colorizer)
    write_film(tmp_path / "still.mp4", scene(1), sound=None)
    assert "is a still" in refused(tmp_path / "still.mp4", colorizer)
    write_film(tmp_path / "still.mkv", scene(1), sound=None)
    assert "is a still" in refused(tmp_path / "still.mkv", colorizer)


def test_hdr_and_encrypted_films(tmp_path, colorizer):
    def hdr(out, video):
        video.codec_context.color_trc = 16

    write_film(tmp_path / "hdr.mp4", scene(3), sound=None, change=hdr)
    assert "is HDR (PQ)" in refused(tmp_path / "hdr.mp4", colorizer)
    options = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "00" * 16, "encryption_kid": "11" * 16}
    with av.open(str(tmp_path / "plain.mkv"), "w"):
        pass
    source = write_film(tmp_path / "plain.mp4", scene(8), sound=None)
    with av.open(str(source)) as film, av.open(str(tmp_path / "locked.mp4"), "w", container_options=options) as out:
        copy = out.add_stream_from_template(film.streams.video[0], opaque=True)
        for packet in film.demux():
            if packet.size:
                packet.stream = copy
                out.mux(packet)
    assert "is encrypted" in refused(tmp_path / "locked.mp4", colorizer)


def test_without_pyav_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("colorization.film.opening.reads_films", lambda: False)
    (tmp_path / "film.mp4").write_bytes(b"")
    with pytest.raises(InputError, match=r"film.mp4: is a film; films need PyAV: pip install '\.\[film\]'"):
        read_film_header(tmp_path / "film.mp4")


def test_an_interrupted_film_leaves_nothing(tmp_path, colorizer):
    source = write_film(tmp_path / "film.mp4", scene(20))

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        colorize_film(source, tmp_path / "out.mp4", colorizer, progress=stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4"]


def test_a_film_without_time_stamps_gets_those_of_its_rate(tmp_path, colorizer):
    """A bare stream of H.264 has none."""
    source = write_film(tmp_path / "film.h264", scene(12), sound=None, stamps=[24 * i for i in range(12)])
    colorize_film(source, tmp_path / "out.mkv", colorizer)
    stamps = read(tmp_path / "out.mkv")[0]
    assert len(stamps) == 12 and np.diff(stamps) == pytest.approx([24] * 11, abs=1)
