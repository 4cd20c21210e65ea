"""The long works on a film of the page: its scene, coloured to be played, and the whole film."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from colorization.core.errors import InputError
from colorization.film.excerpt import Scene, cut_out
from colorization.film.formats import own_suffix
from colorization.film.hints import FilmHint
from colorization.film.opening import opened
from colorization.film.reading import Film
from colorization.page.album import FOLDER, ROOM, called
from colorization.page.films import Films, Ready, Reel, Wish, check_place
from colorization.page.folders import held
from colorization.page.jobs import Cancelled, Job
from colorization.page.painting import jpeg
from colorization.photo.formats import ENDING
from colorization.photo.writing import assembled

if TYPE_CHECKING:
    from colorization.film.coloring import Look as FilmLook
    from colorization.photo.likeness import Reference


def play(films: Films, reel: Reel, number: int, wish: Wish) -> None:
    """Colour the scene around a picture as the whole film will be, small; the JPEGs come to `reel.played`."""
    check(reel, wish)
    ready = films.ready(wish)
    start(reel, lambda job: _scene(ready, reel, number, wish, job), whole=False)


def colour(films: Films, reel: Reel, wish: Wish) -> None:
    """Colour a whole film; the file comes to `reel.result`. Raises InputError while another one is being coloured."""
    check(reel, wish)
    name, folder = reel.entry.name, films.album.folder
    if films.busy():
        raise InputError(f"{name}: a film is being coloured already; wait for it, or cancel it")
    if reel.entry.file.stat().st_size + held(folder) > FOLDER:
        raise InputError(f"{name}: the page holds {FOLDER >> 30} GB; {ROOM}")
    ready = films.ready(wish)
    start(reel, lambda job: _whole(ready, reel, wish, job), whole=True)


def check(reel: Reel, wish: Wish) -> None:
    """Raises InputError for a hint outside the film."""
    for _, one in wish.hints:
        check_place(reel, one.x, one.y)


def start(reel: Reel, work: Callable[[Job], list[str]], *, whole: bool) -> None:
    """Begin a work in place of the film's last one."""
    with reel.lock:
        if reel.job:
            reel.job.cancel()
        reel.job = Job(work, whole=whole)


def _scene(ready: Ready, reel: Reel, number: int, wish: Wish, job: Job) -> list[str]:
    from colorization.film.coloring import coloured
    from colorization.film.negative import positive_tones
    from colorization.film.tracks import tracks

    (colorizer, like), reel.played = ready, []
    with called(reel.entry):
        scene = _cut(reel, number)
        job.check()
    hints = _hints_of_scene(reel, wish) if colorizer.network.takes_hints else []
    look = _look(wish, hints, like)
    job.total = (scene.last - scene.first + 1) * _readings(look)
    tones = positive_tones(reel.excerpt, job.step) if look.negative else None
    known, played = tracks(reel.excerpt, hints, colorizer.image_size, job.step, tones) if hints else {}, []
    with (
        opened(reel.excerpt) as container,
        closing(coloured(Film(container, reel.excerpt, tones), colorizer, look, known)) as pictures,
    ):
        for picture, maps in pictures:
            levels = picture.encoding.levels(picture.luma)
            played.append(jpeg(assembled(colorizer.bands(levels, maps, bits=8), levels.shape[::-1])))
            job.step()
    reel.played = played
    return [] if scene.whole else [f"{reel.entry.name}: the scene is longer; this is what lies around the picture"]


def _look(wish: Wish, hints: "list[FilmHint]", like: "list[Reference]") -> "FilmLook":
    from colorization.film.coloring import Look as FilmLook

    look = wish.look
    return FilmLook(saturation=look.vividness, hints=hints, like=like, detail=look.detail, negative=look.negative)


def _readings(look: "FilmLook") -> int:
    """How often a film is read to colour it so."""
    return 1 + bool(look.hints) + look.negative


def _cut(reel: Reel, number: int) -> Scene:
    """The scene of a picture, cut out; a whole one is kept for its other pictures."""
    known = reel.scene
    fits = known and known.first <= number <= known.last and (known.whole or reel.around == number)
    if known is None or not fits or not reel.excerpt.exists():
        reel.scene = None
        known = cut_out(reel.entry.file, reel.about, number, reel.excerpt)
        reel.scene, reel.around = known, number
    return known


def _hints_of_scene(reel: Reel, wish: Wish) -> list[FilmHint]:
    """The hints in the excerpt, in its pixels."""
    assert reel.scene
    with opened(reel.excerpt) as container:
        video = container.streams.video[0]
        across, down = video.width / reel.about.width, video.height / reel.about.height
    inside = [(number, one) for number, one in wish.hints if reel.scene.first <= number <= reel.scene.last]
    return [
        FilmHint(one._replace(x=one.x * across, y=one.y * down), number - reel.scene.first, None)
        for number, one in inside
    ]


def _whole(ready: Ready, reel: Reel, wish: Wish, job: Job) -> list[str]:
    from colorization.film.coloring import colorize_film

    entry, (colorizer, like) = reel.entry, ready
    hints = wish.hints if colorizer.network.takes_hints else []
    # by time: damage shifts the numbers of pictures
    given = [FilmHint(one, None, reel.about.middle(number)) for number, one in hints]
    look = _look(wish, given, like)
    job.total = len(reel.about.stamps) * _readings(look)

    def step() -> None:
        if not entry.file.exists():  # nobody asked for it any more
            raise Cancelled
        job.step()

    reel.result, target = None, entry.folder / f"{entry.stem}{ENDING}{own_suffix(Path(entry.name))}"
    with called(entry):
        notes = colorize_film(entry.file, target, colorizer, look, step, step)
    reel.result = target
    return [f"{entry.name}: {note}" for note in notes]
