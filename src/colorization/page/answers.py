"""What answers of the page's server have in common: routes whose work runs in a thread, pictures and downloads."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from colorization.page.album import SHOWN
from colorization.page.questions import question


def route(method: str, path: str, answer: Callable[[State, Mapping], Response]) -> Route:
    """answer(state, JSON of the body or values of the query) runs in a thread: it may take seconds."""

    async def endpoint(request: Request) -> Response:
        asked = await question(request) if method == "POST" else request.query_params
        return await run_in_threadpool(answer, request.app.state, {**asked, **request.path_params})

    return Route(path, endpoint, methods=[method])


def longest(asked: Mapping) -> int:
    """The longest side in pixels that a question wants of a picture."""
    size = asked.get("size", "")
    return int(size) if re.fullmatch("[1-9][0-9]{1,3}", size) else SHOWN


def picture(content: bytes) -> Response:
    return Response(content, media_type="image/jpeg")


def preview(content: bytes, takes_hints: bool) -> Response:
    return Response(content, media_type="image/jpeg", headers={"Takes-Hints": str(takes_hints).lower()})


def download(path: Path, name: str, afterwards: BackgroundTask | None = None) -> Response:
    """A file; name: for the user's disk."""
    disposition = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return FileResponse(path, headers=disposition, media_type="application/octet-stream", background=afterwards)
