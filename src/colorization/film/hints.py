"""Colours that a person knows, at a place and a moment of a film."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from colorization.core.errors import InputError, one_line
from colorization.photo.hints import LARGEST, Hint, hint

EXAMPLE = '{"hints": [{"time": 12.5, "x": 812, "y": 640, "color": "#2f5d3a"}]}'


class FilmHint(NamedTuple):
    """A hint in one picture of a film: by its number from 0, or by its time in seconds from the film's start."""

    hint: Hint  # x and y in pixels of the upright picture, as players turn it
    frame: int | None
    time: float | None


def film_hint(row: dict[str, Any]) -> FilmHint:
    """A hint of a file: x, y, color, and frame or time. Raises InputError, KeyError or TypeError for what is none."""
    if not isinstance(row, dict):
        raise TypeError("a hint is no object")
    frame, time = (row.get(key) for key in ("frame", "time"))
    if (frame is None) == (time is None) or not (_number(frame, int) if time is None else _number(time, int | float)):
        place = one_line(f"{row['x']},{row['y']}", 80)
        raise InputError(f"hint {place}: needs frame, a number from 0, or time, seconds from 0")
    return FilmHint(hint(row["x"], row["y"], row["color"]), frame, None if time is None else float(time))


def _number(value: object, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and 0 <= value <= LARGEST


def read_film_hints(path: Path) -> list[FilmHint]:
    """The hints of a JSON file such as EXAMPLE, with "frame": 300 in place of "time" if you prefer."""
    try:
        return [film_hint(row) for row in json.loads(path.read_text(encoding="utf-8-sig"))["hints"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path}: not a file of hints for a film ({one_line(error, 80)}); expected {EXAMPLE}"
        ) from None
