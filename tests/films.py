"""Small films, made with PyAV: moving squares on a textured ground, with sound, subtitles, chapters and tags."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIDES = 48, 64  # height and width
TICKS = 600  # the pictures' time base is 1/TICKS seconds
STEPS = (24, 24, 36)  # ticks from picture to picture: 25 and 16.7 a second, in turn


class FlatNetwork:
    """Paints what is light red and what is dark blue; counts how often it was asked."""

    takes_hints, takes_references = True, False

    def __init__(self):
        self.asked = 0

    def colorize(self, L, known):
        self.asked += 1
        ab = np.stack([L, L]).astype(np.float32) * 0.3
        return ab if known is None else np.where(known[:1].any(), known[1:].max(axis=(1, 2), keepdims=True), ab)


def scene(count: int, seed: int = 0, size=SIDES) -> list[np.ndarray]:
    """Gray pictures (H,W) of a light square that moves over a ground of its own."""
    ground = np.random.default_rng(seed).integers(40, 120, (size[0] // 8 + 1, size[1] // 8 + 1))
    ground = np.kron(ground, np.ones((8, 8)))[: size[0], : size[1]].astype(np.uint8)
    pictures = []
    for i in range(count):
        picture = ground.copy()
        picture[16:32, 4 + i : 20 + i] = 210
        pictures.append(picture)
    return pictures


def smooth(seed: int, size=(160, 240), detail=0.15) -> np.ndarray:
    """A cloudy picture (H,W) with something to match everywhere; detail: radians per pixel, about."""
    rng = np.random.default_rng(seed)
    at = np.indices(size).astype(float)
    waves = [
        np.sin(rng.normal(0, detail) * at[0] + rng.normal(0, detail) * at[1] + rng.uniform(0, 6)) for _ in range(12)
    ]
    picture = np.sum(waves, axis=0)
    return picture / np.abs(picture).max()


def times(count: int) -> list[int]:
    """The time stamps of a film with a variable frame rate."""
    return np.cumsum([0, *(STEPS[i % len(STEPS)] for i in range(count - 1))]).tolist()


def write_film(
    path: Path, pictures: list[np.ndarray], *, codec="libx264", sound="aac", stamps=None, change=None
) -> Path:
    """A film of gray pictures; change: called with its picture's stream before the first picture."""
    stamps = stamps or times(len(pictures))
    with av.open(str(path), "w") as out:
        video = out.add_stream(codec, rate=25, options={"crf": "10"} if codec == "libx264" else {})
        video.height, video.width = pictures[0].shape
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = Fraction(1, TICKS)
        audio = out.add_stream(sound, rate=44100, layout="mono") if sound else None
        if audio:
            audio.metadata["language"] = "fra"
        out.metadata.update(title="The Wharf", comment="on the pier")
        if change:
            change(out, video)
        for picture, pts in zip(pictures, stamps):
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(
                format="yuv420p", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = pts, Fraction(1, TICKS)
            out.mux(video.encode(frame))
        if audio:
            add_sound(out, audio, stamps[-1] / TICKS)
        out.mux(video.encode(None))
    return path


def add_sound(out, audio, seconds: float) -> None:
    for start in range(0, int(seconds * 44100), 1024):
        wave = (np.sin(np.arange(start, start + 1024) / 20) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.rate, frame.pts = 44100, start
        out.mux(audio.encode(frame))
    out.mux(audio.encode(None))


def read(path: Path) -> tuple[list[int], list[np.ndarray], list[bytes]]:
    """Time stamps in TICKS, pictures (3,H,W) as Y, Cb and Cr, Cb and Cr repeated, and the packets of other streams."""
    stamps, pictures, packets = [], [], []
    with av.open(str(path)) as film:
        for packet in film.demux():
            if packet.stream.type != "video":
                packets += [bytes(packet)] * bool(packet.size)
                continue
            for frame in packet.decode():
                stamps.append(round(frame.pts * frame.time_base * TICKS))
                pictures.append(frame.reformat(format="yuv444p").to_ndarray())
    return stamps, pictures, packets
