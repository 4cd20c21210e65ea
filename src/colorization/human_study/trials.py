"""The human study "which one is the photograph?": its trials, the page that shows them and the key to the answers."""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment
from markupsafe import Markup
from PIL import Image

from colorization.color import lab_to_rgb, rgb_to_lab
from colorization.core.errors import InputError
from colorization.core.params import HumanStudy
from colorization.human_study.answer_files import CATCH

PRACTICE = 2  # pairs with feedback before the trials, not counted
STRENGTH = 2.0  # factor on the inverted colours of a catch trial
SHIFT = 0.02  # largest change of L in [-1, 1] by the inverted colours: one or two 8-bit levels
MAX_SIDE = 256  # pixels, as in Zhang et al. 2016; larger pictures are reduced to keep the page small
MINUTES = 2.5 / 60  # for the pause and the answer of a trial; the display comes on top


def build(
    originals: np.ndarray, results: Mapping[str, np.ndarray], photographs: pd.DataFrame, study: HumanStudy, seed: int
) -> tuple[str, dict]:
    """The page (HTML) and the key: {"study", "seconds", "trials": {id: {"photograph", "model", "row", "name"}}}.

    originals and each model's results: (N,S,S,3) uint8; photographs: N rows with name and category. A trial's
    "photograph" is the index, 0 or 1, of the original among its two images. The page holds only the practice key.
    Raises InputError if there are too few photographs for one pair per model.
    """
    _check(originals, results, photographs)
    rng = np.random.default_rng(seed)
    chosen = choose(photographs.category, green(originals), tuple(results), study, rng)
    trials, key = [], {}
    for model, rows in chosen.items():
        for row in rows:
            fake = results[model][row] if model in results else wrong_colours(originals[row])
            place = int(rng.integers(2))
            images = [png_uri(fake), png_uri(originals[row])]
            trial: dict[str, Any] = {"id": rng.bytes(8).hex(), "images": images if place else images[::-1]}
            trials.append((model, trial, {"photograph": place, "row": int(row), "name": photographs.name[row]}))
    shown = sorted((t for model, t, _ in trials if model != "practice"), key=lambda t: t["id"])
    practice = [{"images": t["images"], "photograph": k["photograph"]} for model, t, k in trials if model == "practice"]
    key = {t["id"]: {"model": model} | k for model, t, k in trials if model != "practice"}
    content = {"practice": practice, "seconds": study.seconds, "trials": shown}
    name = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    page = render(content | {"study": name})
    return page, {"study": name, "seconds": study.seconds, "trials": dict(sorted(key.items()))}


def _check(originals: np.ndarray, results: Mapping[str, np.ndarray], photographs: pd.DataFrame) -> None:
    for name, pictures in {"original": originals, **results}.items():
        if pictures.dtype != np.uint8 or pictures.shape != originals.shape or len(pictures) != len(photographs):
            raise InputError(
                f"{name}: pictures {pictures.dtype} {pictures.shape} do not fit the originals {originals.shape} or the "
                f"{len(photographs)} scored photographs; run: dvc repro"
            )


def choose(
    categories: pd.Series, suited: np.ndarray, models: tuple[str, ...], study: HumanStudy, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Rows for each model, catch trials and practice: each photograph once, each model's spread over the categories.

    suited (N,): how well a photograph suits a catch trial. A small split gives fewer rows of each kind.
    """
    count = len(categories)
    catch, practice = min(study.catch, count // 4), min(PRACTICE, count // 8)
    pairs = min(study.pairs, (count - catch - practice) // len(models))
    if pairs < 1:
        raise InputError(
            f"human_study: {count} scored photographs are too few for a pair per model; "
            "raise data.limit, or the fraction of their split: data.test_fraction, data.val_fraction"
        )
    candidates = np.argsort(-suited, kind="stable")[: max(catch + practice, count // 10)]
    special = rng.choice(candidates, catch + practice, replace=False)
    order = pd.Series(categories.to_numpy()).drop(special).sample(frac=1, random_state=rng)
    order = order.groupby(order).cumcount().sort_values(kind="stable").index.to_numpy()  # one of each category in turn
    rows = {model: order[i * pairs : (i + 1) * pairs] for i, model in enumerate(models)}
    return rows | {CATCH: special[:catch], "practice": special[catch:]}


def green(rgb: np.ndarray) -> np.ndarray:
    """How green photographs (N,S,S,3) uint8 are: (N,), mean of max(-a*, 0) / 110.

    Inverted green is magenta, which scenes never have. An inverted blue sky is a sunset, which people take for real.
    """
    return np.array([np.clip(-_lab(photo)[1][0], 0, None).mean() for photo in rgb])


def wrong_colours(rgb: np.ndarray) -> np.ndarray:
    """A photograph (S,S,3) uint8 with opposite hue and doubled chroma, as far as this keeps its lightness."""
    L, ab = _lab(rgb)
    wrong = lab_to_rgb(L, 0 * ab)
    for strength in np.linspace(0, STRENGTH, 17)[1:]:
        stronger = lab_to_rgb(L, -strength * ab)
        wrong = np.where(np.abs(rgb_to_lab(stronger)[0] - L) < SHIFT, stronger, wrong)
    return (wrong * 255).round().astype(np.uint8).transpose(1, 2, 0)


def png_uri(rgb: np.ndarray) -> str:
    """A picture (S,S,3) uint8 as PNG in a data URI; pictures of one size give texts of one length.

    Not compressed: the size of a compressed picture would reveal how smooth its colours are.
    """
    image = Image.fromarray(rgb)
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    image.save(buffer, "png", compress_level=0)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def render(content: dict) -> str:
    """The self-contained page, with its data, style and script."""
    folder = files("colorization.human_study")
    parts = {suffix: (folder / f"page.{suffix}").read_text(encoding="utf-8") for suffix in ("html.j2", "css", "js")}
    minutes = int(np.ceil(len(content["trials"]) * (content["seconds"] / 60 + MINUTES)))
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(parts["html.j2"])
    return template.render(content=content, css=Markup(parts["css"]), js=Markup(parts["js"]), minutes=minutes)


def _lab(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rgb_to_lab(np.asarray(rgb).transpose(2, 0, 1) / 255)
