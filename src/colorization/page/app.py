"""What the page may ask of its server, and what answers it: files of the page, pictures, results, or JSON.

An error is {"error": one line}.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from colorization.core.errors import InputError, out_of_memory
from colorization.page.album import UPLOAD, Entry, Gone
from colorization.page.answers import download, longest, picture, preview, route
from colorization.page.film_app import film_routes
from colorization.page.films import Films, about_films
from colorization.page.guard import Guard, Hosts, Refused, told
from colorization.page.painting import ZIP, Painter, models, pack, reference
from colorization.page.questions import Upload, look, number, others
from colorization.photo.negative import NEGATIVE

HERE = Path(__file__).parent
TURN = "looks like a colour negative; tick “Negative” to turn it"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".jpg": "image/jpeg"}
PAGE = [path for pattern in ("*.css", "*.js", "examples/**/*.jpg") for path in HERE.glob(pattern)]
STATIC = {"": HERE / "page.html"} | {path.relative_to(HERE).as_posix(): path for path in PAGE}


def application(painter: Painter, hosts: Hosts) -> Guard:
    """The page's server, as an ASGI application."""
    routes = [
        route("GET", "/api/models", _models),
        Route("/api/photos", _add, methods=["POST"]),
        route("POST", "/api/zip", _zip),
        _photo("DELETE", "", _remove),
        _photo("GET", "/before", _before),
        _photo("POST", "/preview", _preview),
        _photo("POST", "/palette", _palette),
        _photo("POST", "/reference", _reference),
        _photo("POST", "/result", _result),
        _photo("POST", "/finish", _finish),
        *film_routes(),
        Route("/{path:path}", _static),
    ]
    app = Starlette(routes=routes, exception_handlers=FAILURES)
    app.router.redirect_slashes = False
    app.state.painter, app.state.films = painter, Films(painter)
    return Guard(app, hosts)


def _photo(method: str, what: str, answer: Callable[[Painter, Entry, Mapping], Response]) -> Route:
    """A question about a photograph of the album."""

    def found(state: State, asked: Mapping) -> Response:
        return answer(state.painter, state.painter.album.find(asked["id"]), asked)

    return route(method, f"/api/photos/{{id}}{what}", found)


async def _static(request: Request) -> Response:
    path = STATIC.get(request.path_params["path"])
    if path is None:
        raise HTTPException(404)
    return Response(path.read_bytes(), media_type=TYPES[path.suffix])


async def _add(request: Request) -> Response:
    """A new photograph: its bytes are the body, its name is in the query."""
    upload, name = Upload(request), request.query_params.get("name", "")
    return await run_in_threadpool(_take, request.app.state.painter, upload, name)


def _take(painter: Painter, upload: Upload, name: str) -> Response:
    album = painter.album
    entry = album.add(name, upload, upload.length)
    try:
        photo = album.open(entry).photo
    except BaseException:
        album.remove(entry.number)
        raise
    height, width = photo.levels.shape
    size = {"width": width, "height": height}
    return JSONResponse({"id": entry.number, "name": entry.name, "warning": told_of(entry.name, photo.warnings)} | size)


def told_of(name: str, warnings: Sequence[str]) -> str:
    """A photograph's warnings as a line in the words of the page; "" without any."""
    lines = [TURN if line == NEGATIVE else line for line in warnings]
    return f"{name}: {'; '.join(lines)}" if lines else ""


def _models(state: State, asked: Mapping) -> Response:
    return JSONResponse(models() | {"upload": UPLOAD, "films": about_films(), "references": True})


def _zip(state: State, asked: Mapping) -> Response:
    """The finished results of the photographs whose numbers are asked for."""
    numbers, album = asked.get("photos"), state.painter.album
    if not isinstance(numbers, list) or not numbers:
        raise InputError("photos: expected a list of photographs")
    folder = tempfile.TemporaryDirectory(dir=album.folder, ignore_cleanup_errors=True)
    try:
        pack([album.find(str(number)) for number in numbers], Path(folder.name) / ZIP)
    except BaseException:
        folder.cleanup()
        raise
    return download(Path(folder.name) / ZIP, ZIP, BackgroundTask(folder.cleanup))


def _remove(painter: Painter, entry: Entry, asked: Mapping) -> Response:
    painter.album.remove(entry.number)
    return JSONResponse({})


def _before(painter: Painter, entry: Entry, asked: Mapping) -> Response:
    return picture(painter.before(entry, longest(asked)))


def _preview(painter: Painter, entry: Entry, asked: Mapping) -> Response:
    return preview(*painter.preview(entry, look(asked)))


def _palette(painter: Painter, entry: Entry, asked: Mapping) -> Response:
    x, y = (number(asked, key, 0, 1e6) for key in ("x", "y"))
    return JSONResponse(painter.palette(entry, look(asked), x, y))


def _reference(painter: Painter, entry: Entry, asked: Mapping) -> Response:
    """An error if the photograph cannot be a reference."""
    reference(entry)
    return JSONResponse({})


def _result(painter: Painter, entry: Entry, asked: Mapping) -> Response:
    return download(*painter.paint(entry, look(asked)))


def _finish(painter: Painter, entry: Entry, asked: Mapping) -> Response:
    """Colour at full size, and keep the result for the zip; the zip's others are kept, too."""
    for other in others(asked):
        with suppress(Gone):
            painter.album.find(other)
    painter.paint(entry, look(asked))
    return JSONResponse({})


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return told(error.status, str(error))


async def _unknown(request: Request, error: Exception) -> Response:
    return told(404, "not found")  # a path, or a method of it


async def _bad(request: Request, error: Exception) -> Response:
    return told(410 if isinstance(error, Gone) else 400, str(error))


async def _memory(request: Request, error: Exception) -> Response:
    if not out_of_memory(error):
        raise error
    return told(500, "not enough memory for this photograph; scale it down")


async def _failed(request: Request, error: Exception) -> Response:
    return told(500, "this failed; the terminal of colorize says why")  # uvicorn logs the error


FAILURES = {
    Refused: _refused,
    HTTPException: _unknown,
    InputError: _bad,
    MemoryError: _memory,
    RuntimeError: _memory,  # PyTorch's lack of memory is one
    Exception: _failed,
}
