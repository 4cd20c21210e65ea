"""What the page may ask about films, and what answers it."""

from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from colorization.core.errors import InputError
from colorization.page.answers import download, longest, picture, preview, route
from colorization.page.films import Films, Reel
from colorization.page.questions import Upload, frame, number, wish
from colorization.page.screening import colour, play


def film_routes() -> list[Route]:
    return [
        Route("/api/films", _add, methods=["POST"]),
        _film("DELETE", "", _remove),
        _film("GET", "/before", _before),
        _film("POST", "/preview", _preview),
        _film("POST", "/palette", _palette),
        _film("POST", "/play", _play),
        _film("POST", "/colour", _colour),
        _film("GET", "/job", _job),
        _film("DELETE", "/job", _cancel),
        _film("GET", "/scene", _scene),
        _film("GET", "/result", _result),
    ]


def _film(method: str, what: str, answer: Callable[[Films, Reel, Mapping], Response]) -> Route:
    """A question about a film."""

    def found(state: State, asked: Mapping) -> Response:
        return answer(state.films, state.films.find(asked["id"]), asked)

    return route(method, f"/api/films/{{id}}{what}", found)


async def _add(request: Request) -> Response:
    """A new film: its bytes are the body, its name is in the query."""
    upload, name = Upload(request), request.query_params.get("name", "")
    return await run_in_threadpool(_take, request.app.state.films, upload, name)


def _take(films: Films, upload: Upload, name: str) -> Response:
    reel = films.add(name, upload, upload.length)
    times = [round(float(one), 3) for one in reel.about.times]
    sides = {"width": reel.about.width, "height": reel.about.height, "ratio": reel.about.ratio}
    return JSONResponse({"id": reel.entry.number, "name": reel.entry.name, "warning": "", "times": times} | sides)


def _remove(films: Films, reel: Reel, asked: Mapping) -> Response:
    films.remove(reel)
    return JSONResponse({})


def _before(films: Films, reel: Reel, asked: Mapping) -> Response:
    wanted = str(asked.get("frame", ""))
    here = frame({"frame": int(wanted) if wanted.isdecimal() and len(wanted) < 10 else None}, _pictures(reel))
    return picture(films.before(reel, here, longest(asked)))


def _preview(films: Films, reel: Reel, asked: Mapping) -> Response:
    return preview(*films.preview(reel, frame(asked, _pictures(reel)), wish(asked, _pictures(reel))))


def _palette(films: Films, reel: Reel, asked: Mapping) -> Response:
    x, y = (number(asked, key, 0, 1e6) for key in ("x", "y"))
    return JSONResponse(films.palette(reel, frame(asked, _pictures(reel)), wish(asked, _pictures(reel)), x, y))


def _play(films: Films, reel: Reel, asked: Mapping) -> Response:
    play(films, reel, frame(asked, _pictures(reel)), wish(asked, _pictures(reel)))
    return JSONResponse({})


def _colour(films: Films, reel: Reel, asked: Mapping) -> Response:
    colour(films, reel, wish(asked, _pictures(reel)))
    return JSONResponse({})


def _job(films: Films, reel: Reel, asked: Mapping) -> Response:
    """How far the film's work is. first: the number of the first picture of its coloured scene."""
    told = reel.job.told() if reel.job else {}
    return JSONResponse(told | {"first": reel.scene.first if reel.scene else 0})


def _cancel(films: Films, reel: Reel, asked: Mapping) -> Response:
    if reel.job:
        reel.job.cancel()
    return JSONResponse({})


def _scene(films: Films, reel: Reel, asked: Mapping) -> Response:
    """The coloured scene: of each picture the number of its bytes, 4 bytes with the highest first, and a JPEG."""
    parts = (len(one).to_bytes(4, "big") + one for one in reel.played)
    return Response(b"".join(parts), media_type="application/octet-stream")


def _result(films: Films, reel: Reel, asked: Mapping) -> Response:
    if reel.result is None or not reel.result.exists():
        raise InputError(f"{reel.entry.name}: is not coloured yet, or its result was deleted; colour it again")
    return download(reel.result, reel.result.name)


def _pictures(reel: Reel) -> int:
    return len(reel.about.stamps)
