"""Open a film, choose its picture, and refuse in one line those that cannot be coloured."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colorization.core.errors import InputError, one_line
from colorization.film.formats import INSTALL, reads_films
from colorization.photo.opening import missing

HDR = {16: "PQ", 18: "HLG"}  # transfer functions of ITU-T H.273 whose lightness is not that of sRGB
ENCRYPTED = ("encv", "drmi", "drmt")  # sample entries of encrypted pictures, ISO/IEC 23001-7
STILLS = ("image2", "gif", "apng", "ico", "_pipe")  # ffmpeg's containers of photographs
WITH_XMP = {"export_xmp": "1"}  # ffmpeg's demuxer of MP4: XMP is among the tags
LARGEST = 16_384  # pixels of a side; x264's limit


@dataclass(frozen=True, kw_only=True)
class FilmHeader:
    """What the plan needs of a film."""

    width: int
    height: int
    frames: int  # about; 0 if the file does not say
    seconds: float  # 0.0 if the file does not say


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The film as PyAV's container. Raises InputError for what ffmpeg cannot read, and without PyAV."""
    if not reads_films():
        raise InputError(f"{path}: is a film; films need PyAV: {INSTALL}")
    if not path.is_file():  # reading a pipe would wait for ever
        raise InputError(f"{path}: {missing(path)}")
    import av

    av.logging.set_level(None)  # we report damage ourselves, in one line
    try:
        container = av.open(f"file:{path}", metadata_errors="replace", options=WITH_XMP)
    except av.error.MemoryError:
        raise
    except (av.error.FFmpegError, ValueError) as error:
        if isinstance(error, OSError):
            raise InputError(f"{path}: cannot be read ({_told(error)})") from None
        raise InputError(f"{path}: not a film that ffmpeg reads, or broken off ({_told(error)})") from None
    with container:
        yield container


def read_film_header(path: Path) -> FilmHeader:
    """The header of a film. Raises InputError if it cannot be coloured."""
    with opened(path) as container:
        video = picture_of(container, path)
        seconds = seconds_of(container, video)
        rate = video.average_rate or video.guessed_rate or 0
        frames = video.frames or round(seconds * rate)
        return FilmHeader(width=video.width, height=video.height, frames=frames, seconds=seconds)


def picture_of(container: Any, path: Path) -> Any:
    """The film's picture: its first video stream that is no cover. Raises InputError if it cannot be coloured."""
    if any(kind in container.format.name for kind in STILLS):
        raise InputError(still(path))
    pictures = [stream for stream in container.streams.video if not is_cover(stream)]
    if not pictures:
        raise InputError(f"{path}: holds no picture, only {_kinds(container)}")
    video = pictures[0]
    if video.codec_context is None:
        raise InputError(f"{path}: its picture has a codec that ffmpeg does not know")
    if video.codec_context.codec_tag in ENCRYPTED:
        raise InputError(f"{path}: is encrypted; only its owner can open it")
    if name := HDR.get(video.codec_context.color_trc):
        raise InputError(f"{path}: is HDR ({name}), which is not supported; convert it to SDR first")
    if not (0 < video.width <= LARGEST and 0 < video.height <= LARGEST):
        raise InputError(f"{path}: broken off, or its picture has an impossible size ({video.width}×{video.height})")
    if video.frames == 1:
        raise InputError(still(path))
    return video


def still(path: Path) -> str:
    """A line about a film of one picture."""
    return f"{path}: is a still; colorize it as a photograph, such as {path.stem}.png"


def is_cover(stream: Any) -> bool:
    """Whether a stream is a picture on the cover, as music files have it."""
    import av

    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def seconds_of(container: Any, video: Any) -> float:
    """The length that the file declares, in seconds; 0.0 if it declares none."""
    if video.duration:
        return float(video.duration * video.time_base)
    return (container.duration or 0) / 1_000_000  # av.time_base


def clock(seconds: float) -> str:
    """A time as 1:02:03.4."""
    tenths = round(max(0.0, seconds) * 10)
    return f"{tenths // 36000}:{tenths // 600 % 60:02}:{tenths // 10 % 60:02}.{tenths % 10}"


def _kinds(container: Any) -> str:
    return " and ".join(sorted({stream.type for stream in container.streams if stream.type != "video"})) or "nothing"


def _told(error: Exception) -> str:
    return one_line(getattr(error, "strerror", None) or error, 80)
