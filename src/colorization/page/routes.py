"""What the page may ask of its server, and what answers it."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from colorization.core.errors import InputError
from colorization.page.album import SHOWN, UPLOAD, Entry
from colorization.page.painting import Look, models, pack
from colorization.photo import catalog

if TYPE_CHECKING:
    from colorization.page.handler import Handler

HERE = Path(__file__).parent
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".jpg": "image/jpeg"}
PAGE = [path for pattern in ("*.css", "*.js", "examples/*.jpg") for path in HERE.glob(pattern)]
STATIC = {"/": HERE / "page.html"} | {f"/{path.relative_to(HERE).as_posix()}": path for path in PAGE}
ZIP = "colorized.zip"


class Refused(Exception):
    """A request that is answered with a status and one line."""

    def __init__(self, status: int, told: str):
        super().__init__(told)
        self.status = status


def answer(ask: "Handler", method: str, path: str, query: dict[str, list[str]]) -> None:
    """Send the answer to a request. Raises Refused or InputError, with nothing sent."""
    if method == "GET" and path in STATIC:
        return ask.send(STATIC[path].read_bytes(), TYPES[STATIC[path].suffix], {})
    if (method, path) in ROUTES:
        return ROUTES[method, path](ask, query)
    found = re.fullmatch(r"/api/photos/([\w-]{1,40})((?:/[a-z]+)?)", path, re.ASCII)
    act = found and ON_PHOTO.get((method, found[2]))
    if not found or not act:
        raise Refused(404, "not found")
    return act(ask, ask.server.painter.album.find(found[1]), query)


def _models(ask: "Handler", query: dict) -> None:
    ask.tell(models() | {"upload": UPLOAD})


def _add(ask: "Handler", query: dict) -> None:
    """A new photograph: its bytes are the body, its name is in the query."""
    album = ask.server.painter.album
    entry = album.add(query.get("name", [""])[0], ask, ask.left)
    try:
        height, width = album.open(entry).photo.levels.shape
    except InputError:
        album.remove(entry.number)
        raise
    ask.tell({"id": entry.number, "name": entry.name, "width": width, "height": height})


def _zip(ask: "Handler", query: dict) -> None:
    """The finished results of the photographs whose numbers are asked for."""
    numbers = ask.question().get("photos")
    if not isinstance(numbers, list) or not numbers:
        raise InputError("photos: expected a list of photographs")
    album = ask.server.painter.album
    with tempfile.TemporaryDirectory(dir=album.folder) as folder:
        pack([album.find(str(number)) for number in numbers], Path(folder) / ZIP)
        ask.send_file(Path(folder) / ZIP, ZIP)


def _remove(ask: "Handler", entry: Entry, query: dict) -> None:
    ask.server.painter.album.remove(entry.number)
    ask.tell({})


def _before(ask: "Handler", entry: Entry, query: dict) -> None:
    size = query.get("size", [""])[0]
    longest = int(size) if re.fullmatch("[1-9][0-9]{1,3}", size) else SHOWN
    ask.send(ask.server.painter.before(entry, longest), "image/jpeg", {})


def _preview(ask: "Handler", entry: Entry, query: dict) -> None:
    picture, takes_hints = ask.server.painter.preview(entry, look(ask.question()))
    ask.send(picture, "image/jpeg", {"Takes-Hints": str(takes_hints).lower()})


def _palette(ask: "Handler", entry: Entry, query: dict) -> None:
    tree = ask.question()
    x, y = (number(tree, key, 0, 1e6) for key in ("x", "y"))
    ask.tell(ask.server.painter.palette(entry, look(tree), x, y))


def _result(ask: "Handler", entry: Entry, query: dict) -> None:
    ask.send_file(*ask.server.painter.paint(entry, look(ask.question())))


def _finish(ask: "Handler", entry: Entry, query: dict) -> None:
    """Colour at full size, and keep the result for the zip."""
    ask.server.painter.paint(entry, look(ask.question()))
    ask.tell({})


ROUTES: dict[tuple[str, str], Callable] = {
    ("GET", "/api/models"): _models,
    ("POST", "/api/photos"): _add,
    ("POST", "/api/zip"): _zip,
}
ON_PHOTO: dict[tuple[str, str], Callable] = {
    ("DELETE", ""): _remove,
    ("GET", "/before"): _before,
    ("POST", "/preview"): _preview,
    ("POST", "/palette"): _palette,
    ("POST", "/result"): _result,
    ("POST", "/finish"): _finish,
}


def look(tree: dict) -> Look:
    """The checked `model`, `vividness` and `hints` of a question. Raises InputError."""
    from colorization.photo.hints import MOST, hint

    model, rows = tree.get("model"), tree.get("hints", [])
    if model not in (known := list(catalog.named())):
        raise InputError(f"{str(model)[:80]}: unknown model; the trained models are: {', '.join(known)}")
    vividness = None if tree.get("vividness") is None else number(tree, "vividness", 0, catalog.MOST_VIVID)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError('hints: expected [{"x": 812, "y": 640, "color": "#2f5d3a"}]')
    if len(rows) > MOST:
        raise InputError(f"{len(rows)} hints; a photograph takes at most {MOST}")
    hints = [hint(row.get("x"), row.get("y"), row.get("color")) for row in rows]
    return Look(model=model, vividness=vividness, hints=hints)


def number(tree: dict, key: str, low: float, high: float) -> float:
    """A finite number of a question. Raises InputError for anything else."""
    value = tree.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not (low <= value <= high):
        raise InputError(f"{key}: expected a number from {low:g} to {high:g}")
    return float(value)
