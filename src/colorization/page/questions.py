"""What a request may ask: its body as a photograph or as JSON, and the checked values in it. Bad ones: InputError."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

import anyio
from starlette.requests import ClientDisconnect, Request

from colorization.core.errors import InputError
from colorization.page.films import Wish
from colorization.page.guard import Refused, length_of
from colorization.page.painting import Look
from colorization.photo import catalog

if TYPE_CHECKING:
    from colorization.photo.hints import Hint

QUESTION = 2**20  # bytes of the largest JSON
MOST_DETAIL = 2  # more takes much memory, and did not help
REFERENCES = 8  # of one photograph, at most
PATIENCE = 60  # seconds without a byte of an upload


class Upload:
    """A request's body for a thread that reads it like a file; the event loop receives it part by part."""

    def __init__(self, request: Request):
        self.length = length_of(request.headers)
        self._parts: AsyncIterator[bytes] = request.stream()
        self._rest = b""

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end, or if no more come."""
        self._rest = self._rest or anyio.from_thread.run(self._next)
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    async def _next(self) -> bytes:
        try:
            with anyio.fail_after(PATIENCE):
                return await anext(self._parts, b"")
        except (ClientDisconnect, TimeoutError):
            return b""


async def question(request: Request) -> dict:
    """The request's JSON object."""
    if length_of(request.headers) > QUESTION:
        raise Refused(413, "a question this long is not answered")
    try:
        tree = json.loads(await request.body())
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict):
        raise InputError("expected a JSON object")
    return tree


def look(tree: Mapping) -> Look:
    """The `model`, `vividness`, `hints`, `detail`, `negative` and `like` of a question."""
    negative, like = tree.get("negative", False), tree.get("like", [])
    if not isinstance(negative, bool):
        raise InputError("negative: expected true or false")
    if not isinstance(like, list) or len(like) > REFERENCES:
        raise InputError(f"like: expected a list of at most {REFERENCES} photographs")
    return Look(
        model=_model(tree),
        vividness=_vividness(tree),
        hints=[one for _, one in _hints(tree)],
        detail=number(tree, "detail", 1, MOST_DETAIL) if "detail" in tree else 1,
        negative=negative,
        like=[str(one) for one in like],
    )


def others(tree: Mapping) -> list[str]:
    """The numbers of the photographs that come into the same zip."""
    found = tree.get("others", [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise InputError("others: expected a list of photographs")
    return found


def wish(tree: Mapping, pictures: int) -> Wish:
    """The same for a film of a number of pictures; each hint names its `frame`."""
    return Wish(look=look(tree), hints=[(frame(row, pictures), one) for row, one in _hints(tree)])


def frame(tree: Mapping, pictures: int) -> int:
    """The number of a picture of a film, `frame` of a question or a hint."""
    value = tree.get("frame")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < pictures:
        raise InputError(f"frame: expected the number of a picture, from 0 to {pictures - 1}")
    return value


def _model(tree: Mapping) -> str:
    model = tree.get("model")
    if model not in (known := list(catalog.named())):
        raise InputError(f"{str(model)[:80]}: unknown model; the trained models are: {', '.join(known)}")
    return model


def _vividness(tree: Mapping) -> float | None:
    return None if tree.get("vividness") is None else number(tree, "vividness", 0, catalog.MOST_VIVID)


def _hints(tree: Mapping) -> "list[tuple[dict, Hint]]":
    """The hints of a question, each with its row."""
    from colorization.photo.hints import MOST, hint

    rows = tree.get("hints", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError('hints: expected [{"x": 812, "y": 640, "color": "#2f5d3a"}]')
    if len(rows) > MOST:
        raise InputError(f"{len(rows)} hints; a photograph takes at most {MOST}")
    return [(row, hint(row.get("x"), row.get("y"), row.get("color"))) for row in rows]


def number(tree: Mapping, key: str, low: float, high: float) -> float:
    """A finite number of a question."""
    value = tree.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not (low <= value <= high):
        raise InputError(f"{key}: expected a number from {low:g} to {high:g}")
    return float(value)
