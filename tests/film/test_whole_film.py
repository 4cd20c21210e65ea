"""A film of 1,000 pictures with two cuts, a variable frame rate and sound: what its streams hold before and after."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from films import TICKS, FlatNetwork, read, smooth, times, write_film

from colorization.film.coloring import Look, colorize_film
from colorization.film.scenes import EVERY
from colorization.photo.colorizer import PhotoColorizer

pytestmark = pytest.mark.slow

SIDE, SIZE = 80, (96, 128)  # what the network sees; height and width
CUTS = 400, 650  # the first pictures of the second and the third scene
COUNT = 1000
BACK = 30  # pictures after which a pan turns round


class Hues(FlatNetwork):
    """Red for a dark scene, green for a light one, and a little stronger in every second picture that it sees."""

    def colorize(self, L, known):
        self.asked += 1
        ab = np.zeros((2, *L.shape), np.float32)
        ab[0] = np.sign(np.median(L)) * -0.3 + 0.05 * (self.asked % 2)
        return ab


def pictures() -> list[np.ndarray]:
    """Three scenes, pans to and fro: over a dark ground, a light one and a dark one."""
    grounds = [
        (smooth(seed, (SIZE[0], SIZE[1] + 2 * BACK), 0.3) * 50 + mean).astype(np.uint8)
        for seed, mean in enumerate((70, 180, 70))
    ]
    to_and_fro = [*range(BACK), *reversed(range(BACK))]
    shots = [[ground[:, 2 * i : 2 * i + SIZE[1]] for i in to_and_fro] for ground in grounds]
    lengths = [end - start for start, end in pairwise((0, *CUTS, COUNT))]
    return [shot[i % (2 * BACK)] for shot, length in zip(shots, lengths) for i in range(length)]


def contents(path) -> dict:
    """What ffprobe shows of a film: each stream's kind, and its packets' times in seconds, sizes and bytes."""
    with av.open(str(path)) as film:
        streams = [(stream.type, stream.codec_context.name, stream.time_base) for stream in film.streams]
        packets = [packet for packet in film.demux() if packet.size]
        timed = [[(p.pts * p.time_base, p) for p in packets if p.stream.type == kind] for kind in ("video", "audio")]
        return {
            "streams": [(kind, codec) for kind, codec, _ in streams],
            "times": sorted(at for at, _ in timed[0]),
            "sound": [(at, packet.duration * packet.time_base, bytes(packet)) for at, packet in timed[1]],
            "length": Fraction(film.duration, 1_000_000),
        }


def test_a_whole_film(tmp_path):
    film, result, counted = tmp_path / "film.mp4", tmp_path / "out.mp4", []
    write_film(film, pictures(), stamps=times(COUNT))
    colorizer = PhotoColorizer(Hues(), image_size=SIDE, threads=1)
    assert colorize_film(film, result, colorizer, Look(prepare=False), lambda: counted.append(1)) == []
    before, after = contents(film), contents(result)
    assert after == before and len(counted) == COUNT
    assert before["times"] == [Fraction(at, TICKS) for at in times(COUNT)]
    assert len(before["sound"]) > 1000
    seen = [len({*range(0, end - start, EVERY), end - start - 1}) for start, end in pairwise((0, *CUTS, COUNT))]
    assert colorizer.network.asked == sum(seen)
    red = np.array([picture[2].mean() for picture in read(result)[1]])
    steps = np.abs(np.diff(red))
    assert [i + 1 for i in np.flatnonzero(steps > 20)] == list(CUTS)  # no colour crosses a cut
    assert np.delete(steps, np.array(CUTS) - 1).max() < 2  # and within a scene they stay
