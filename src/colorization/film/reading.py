"""A film's pictures in order, each with the packets of sound and subtitles that come before it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorization.core.errors import InputError
from colorization.film.interlacing import Progressive
from colorization.film.opening import clock, picture_of, seconds_of, still
from colorization.film.planes import Encoding, encoding_of

PLANAR = ("yuv4", "yuvj4", "gray", "nv12", "nv21")  # pixel formats whose first plane is 8-bit luma, with DEEP left out
DEEP = ("le", "be")  # the end of the names of deeper ones
CLIPPED = 1.0  # seconds: a film that ends earlier than it declares by more than this, and by CLIPPED_SHARE, broke off
CLIPPED_SHARE = 0.02


@dataclass(kw_only=True)
class Picture:
    """One picture of a film. Sides of luma are even: an odd film repeats its last row or column."""

    luma: NDArray[np.uint8]  # (H,W)
    encoding: Encoding
    pts: int  # in the film's time base
    duration: int  # in the film's time base; 0 if unknown
    number: int  # from 0
    packets: list = field(default_factory=list)  # of the other streams, that come before it in the file


class Film:
    """An open film; `pictures` reads it once.

    tones: a table (256,) for luma, of a negative.
    notes: what the reader must tell the user, in one line each; complete when `pictures` ends.
    """

    def __init__(self, container: Any, path: Path, tones: NDArray[np.uint8] | None = None):
        self.container, self.path, self.tones = container, path, tones
        self.video = picture_of(container, path)
        self.video.thread_type = "AUTO"
        self.time_base: Fraction = self.video.time_base
        self.turned: list[int] | None = None  # the display matrix (9,), known with the first picture
        self.size: tuple[int, int] | None = None  # width and height of the first picture as it is stored
        self.first = 0  # time stamp of the first picture, once it is read
        self.notes: list[str] = []
        self.rest: list = []  # packets behind the last picture
        self._last_time = 0.0
        self._resized = False

    @property
    def rate(self) -> Fraction:
        return self.video.average_rate or self.video.guessed_rate or Fraction(25)

    def seconds(self, pts: int) -> float:
        """A time stamp in seconds from the first picture on."""
        return float((pts - self.first) * self.time_base)

    def pictures(self) -> Iterator[Picture]:
        """The pictures in the order of their time stamps. Raises InputError for a film without one."""
        progressive, encoding, last, number = Progressive(self.time_base), None, None, 0
        for frame in progressive.of(self._frames()):
            encoding = encoding or encoding_of(frame)
            pts = self._pts(frame, last)
            if last is not None and pts <= last:  # a damaged film may repeat a time stamp; a result must not
                continue
            self.first = pts if last is None else self.first
            last, packets, self.rest = pts, self.rest, []
            self._last_time = max(self._last_time, self.seconds(pts + (frame.duration or 0)))
            luma = _luma(frame, encoding)
            yield Picture(
                luma=luma if self.tones is None else np.take(self.tones, luma),
                encoding=encoding,
                pts=pts,
                duration=frame.duration or 0,
                number=number,
                packets=packets,
            )
            number += 1
        if progressive.used:
            self.notes.append("is interlaced; the result is deinterlaced")
        if self.size and self._resized:
            sides = f"{self.size[0]}×{self.size[1]}"
            self.notes.append(f"changes its size; the whole result has that of the first picture, {sides}")
        if not number:
            raise InputError(f"{self.path}: none of its pictures can be decoded: broken off, damaged or encrypted")
        if number == 1:
            raise InputError(still(self.path))
        self._tell_end(number)

    def _frames(self) -> Iterator[Any]:
        """PyAV's frames; keeps the packets of other streams in `rest`."""
        import av

        damaged = 0
        try:
            for packet in self.container.demux():
                if packet.stream.index != self.video.index:
                    self.rest.append(packet)
                    continue
                if packet.has_sidedata("encryption_info"):
                    raise InputError(f"{self.path}: is encrypted; only its owner can open it")
                try:
                    frames = packet.decode()
                except (av.error.EOFError, av.error.MemoryError):
                    raise
                except av.error.FFmpegError:  # decoders tell damage by several kinds
                    damaged += 1
                    continue
                yield from map(self._alike, frames)
        except (av.error.InvalidDataError, av.error.EOFError):
            pass  # it breaks off here; `_tell_end` says where
        if damaged:
            self.notes.append(f"{damaged} of its packets are damaged; their pictures are left out")

    def _alike(self, frame: Any) -> Any:
        """A frame at the size of the first, which the result has."""
        size = frame.width, frame.height
        if self.turned is None:
            self.turned = display_matrix(frame)
        if self.size is None:
            self.size = size
        if size == self.size:
            return frame
        self._resized = True
        return frame.reformat(*self.size)

    def _pts(self, frame: Any, last: int | None) -> int:
        """The frame's time stamp, or for a film without time stamps the next at its rate."""
        if frame.pts is not None:
            return frame.pts
        if frame.dts is not None and (last is None or frame.dts > last):
            return frame.dts
        return 0 if last is None else last + max(1, round(1 / (self.rate * self.time_base)))

    def _tell_end(self, number: int) -> None:
        declared = seconds_of(self.container, self.video)
        if declared - self._last_time > max(CLIPPED, CLIPPED_SHARE * declared):
            where = f"{clock(self._last_time)} of {clock(declared)}"
            self.notes.append(f"breaks off at {where}; the result ends there, after {number} pictures")


def _luma(frame: Any, encoding: Encoding) -> NDArray[np.uint8]:
    """The luma plane (H,W) of a frame, its own bytes wherever it has 8-bit luma; even sides."""
    name = frame.format.name
    if not name.startswith(PLANAR) or name.endswith(DEEP):
        ranged = "JPEG" if encoding.full else "MPEG"
        frame = frame.reformat(format="yuv444p", dst_colorspace="itu601", dst_color_range=ranged)
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    odd = frame.height % 2, frame.width % 2
    return np.pad(luma, ((0, odd[0]), (0, odd[1])), mode="edge") if any(odd) else luma.copy()


def display_matrix(frame: Any) -> list[int] | None:
    """The matrix (9,) by which players turn a film."""
    for side in frame.side_data:
        if side.type.name == "DISPLAYMATRIX":
            return np.frombuffer(side, np.int32, 9).tolist()
    return None
