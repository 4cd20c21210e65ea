"""Write a coloured film: H.264 in MP4 or Matroska, every other stream copied."""

import io
import os
from fractions import Fraction
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from colorization.core.errors import InputError
from colorization.film import marking
from colorization.film.formats import RESULTS
from colorization.film.planes import FULL, LIMITED
from colorization.film.reading import Film, Picture

QUALITY = 17  # x264's constant rate factor: looks like the original
PRESET = "veryfast"  # x264's: a quarter of the time of "medium" for about a tenth more bytes
BUFFER = 2**20  # bytes that are written at once
BT709 = 1  # primaries and transfer function of ITU-T H.273: sRGB's primaries, which the engine's colours have
OWN_DURATIONS = 1 << 8  # ffmpeg's AV_CODEC_FLAG_FRAME_DURATION: the last picture is shown as long as in the film
JUMPING = ("mpegts", "mpeg", "vob")  # containers whose clock starts anywhere


class FilmWriter:
    """Writes the result of `film` to an open file; suffix: a key of RESULTS; mark: it says that colours are invented.

    Raises InputError if the container cannot hold one of the film's streams. `close` writes the end.
    """

    def __init__(self, file: BinaryIO, film: Film, suffix: str, first: Picture, *, mark: bool = True):
        import av

        self._film, self._suffix, self._encoding = film, suffix, first.encoding
        self._file, self._mark = file, mark
        self._out = av.open(file, "w", format=RESULTS[suffix], buffer_size=BUFFER)
        self._out.metadata.update(marking.tags(film.container.metadata, mark=mark))
        self._start = self._shift()
        self._picture = self._add_picture(first)
        self._copies = {stream.index: self._add_copy(stream) for stream in film.container.streams if self._kept(stream)}
        self._last: dict[int, int] = {}  # decoding time stamps of the copied streams
        height, width = first.luma.shape
        if film.size and (width, height) != film.size:
            sides = f"{film.size[0]}×{film.size[1]} pixels; the result has {width}×{height}"
            film.notes.append(f"has {sides}, as H.264 needs even sides")
        if chapters := film.container.chapters():
            self._out.set_chapters(chapters)

    def write(self, picture: Picture, planes: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
        """Add a picture with its colour planes Cb and Cr (H/2,W/2), and the packets before it."""
        self._copy(picture.packets)
        self._out.mux(self._picture.encode(self._frame(picture, planes)))

    def close(self) -> None:
        self._out.mux(self._picture.encode(None))
        self._copy(self._film.rest)
        self._out.close()
        if RESULTS[self._suffix] == "mp4":
            self._file.seek(0, os.SEEK_END)
            self._file.write(marking.box(self._film.container.metadata, mark=self._mark))

    def _add_picture(self, first: Picture) -> Any:
        film, video = self._film, self._film.video
        height, width = first.luma.shape
        stream = self._out.add_stream("libx264", rate=film.rate, options={"crf": str(QUALITY), "preset": PRESET})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = film.time_base
        stream.codec_context.flags |= OWN_DURATIONS
        if video.sample_aspect_ratio:
            stream.codec_context.sample_aspect_ratio = video.sample_aspect_ratio
        self._tag(stream.codec_context)
        stream.metadata.update(video.metadata)
        stream.disposition = video.disposition
        if film.turned:
            stream.set_display_matrix(film.turned)
        return stream

    def _tag(self, target: Any) -> None:
        """Tag a codec or a frame with the colours' encoding."""
        target.color_range, target.colorspace = FULL if self._encoding.full else LIMITED, self._encoding.matrix
        target.color_primaries, target.color_trc = BT709, BT709

    def _frame(self, picture: Picture, planes: tuple[NDArray, NDArray]) -> Any:
        import av

        height, width = picture.luma.shape
        frame = av.VideoFrame(width, height, "yuv420p")
        for target, plane in zip(frame.planes, (picture.luma, *planes)):
            padded = np.frombuffer(memoryview(target), np.uint8).reshape(-1, target.line_size)
            padded[: plane.shape[0], : plane.shape[1]] = plane
        frame.pts, frame.time_base = picture.pts - round(self._start / self._film.time_base), self._film.time_base
        frame.duration = picture.duration
        self._tag(frame)
        return frame

    def _kept(self, stream: Any) -> bool:
        """Whether a stream is copied. Streams of data, such as time codes, belong to the container; they are left."""
        return stream.index != self._film.video.index and stream.type in ("audio", "subtitle", "attachment", "video")

    def _add_copy(self, stream: Any) -> Any:
        try:
            copy = self._out.add_stream_from_template(stream, opaque=True)
        except ValueError:
            name = stream.codec_context.codec.name if stream.codec_context else "unknown"
            other = self._suffix == ".mp4" and _holds(".mkv", stream)
            advice = "name a result that ends with .mkv" if other else "take that stream out first"
            told = f"{self._suffix[1:]} cannot hold its {stream.type} ({name})"
            raise InputError(f"{self._film.path}: {told}; {advice}") from None
        if stream.type != "attachment":
            copy.metadata.update(stream.metadata)
            copy.disposition = stream.disposition
        return copy

    def _copy(self, packets: list) -> None:
        for packet in packets:
            copy = self._copies.get(packet.stream.index)
            if copy is None or not packet.size:  # the demuxer ends each stream with an empty packet
                continue
            self._in_order(packet)
            packet.stream = copy
            self._out.mux(packet)

    def _in_order(self, packet: Any) -> None:
        """Time stamps as containers need them: both given, and that of decoding rising within a stream."""
        packet.dts = packet.pts if packet.dts is None else packet.dts
        if packet.dts is None:
            return
        start, index = round(self._start / packet.time_base), packet.stream.index
        packet.pts = (packet.dts if packet.pts is None else packet.pts) - start
        packet.dts = max(packet.dts - start, self._last.get(index, packet.dts - start - 1) + 1)
        packet.pts, self._last[index] = max(packet.pts, packet.dts), packet.dts

    def _shift(self) -> Fraction:
        """Seconds to take from all time stamps: the start of a container whose clock starts anywhere."""
        jumping = any(name in JUMPING for name in self._film.container.format.name.split(","))
        return Fraction(self._film.container.start_time or 0, 1_000_000) if jumping else Fraction(0)


def _holds(suffix: str, stream: Any) -> bool:
    """Whether a result with this suffix can hold a stream's codec."""
    import av

    with av.open(io.BytesIO(), "w", format=RESULTS[suffix]) as trial:
        try:
            trial.add_stream_from_template(stream, opaque=True)
        except ValueError:
            return False
        return True
