"""Interlaced films, recognised and made progressive by ffmpeg's bwdif; the number of pictures and their times stay."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain, islice
from typing import Any

LOOKED_AT = 12  # first pictures that decide about a film that does not say what it is
KINDS = ("tff", "bff")  # of interlaced pictures by idet: the top or the bottom field is first


class Progressive:
    """Deinterlaces a film from its first interlaced picture on.

    used: whether it had any.
    """

    def __init__(self, time_base: Fraction):
        self.used = False
        self._time_base = time_base

    def of(self, frames: Iterator[Any]) -> Iterator[Any]:
        """PyAV's frames → progressive frames, with the same time stamps."""
        first = list(islice(frames, LOOKED_AT))
        every = not any(frame.interlaced_frame for frame in first) and looks_interlaced(first, self._time_base)
        deinterlaced = None
        for frame in chain(first, frames):
            if deinterlaced is None and (every or frame.interlaced_frame):
                which = "all" if every else "interlaced"
                deinterlaced = Filter(frame, self._time_base, "bwdif", f"mode=send_frame:deint={which}")
                self.used = True
            yield from deinterlaced.of([frame]) if deinterlaced else [frame]
        if deinterlaced:
            yield from deinterlaced.of([None])


def looks_interlaced(frames: list[Any], time_base: Fraction) -> bool:
    """Whether ffmpeg's idet takes most of these pictures for interlaced."""
    if len(frames) < LOOKED_AT or any(frame.pts is None for frame in frames):
        return False
    (*_, last) = Filter(frames[0], time_base, "idet", "").of([*frames, None])
    counted = {kind: float(last.metadata[f"lavfi.idet.multiple.{kind}"]) for kind in (*KINDS, "progressive")}
    return counted["tff"] + counted["bff"] > max(counted["progressive"], LOOKED_AT / 3)


class Filter:
    """One of ffmpeg's filters, for frames like `frame`."""

    def __init__(self, frame: Any, time_base: Fraction, name: str, options: str):
        from av.filter import Graph

        self._time_base, self._graph = time_base, Graph()
        source = self._graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format.name, time_base=time_base
        )
        sink = self._graph.add("buffersink")
        self._graph.link_nodes(source, self._graph.add(name, options), sink).configure()

    def of(self, frames: Iterable[Any]) -> Iterator[Any]:
        """Frames, None for the end → the frames that are ready, with time stamps in the time base of the input."""
        import av

        for frame in frames:
            self._graph.vpush(frame)
            while True:
                try:
                    ready = self._graph.vpull()
                except (av.BlockingIOError, av.EOFError):
                    break
                scale = Fraction(ready.time_base or self._time_base) / self._time_base
                if ready.pts is not None:
                    ready.pts = round(ready.pts * scale)
                ready.duration, ready.time_base = round(ready.duration * scale), self._time_base
                yield ready
