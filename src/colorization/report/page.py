"""Render report/index.html from a run's tables, results and figures: one self-contained file."""

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from colorization.core.params import PAPER
from colorization.evaluation.measures import SHOWN
from colorization.report import tables
from colorization.report.examples import ALIKE, CELLS, COLOURFUL, extremes, spread
from colorization.report.labels import INPUT, SPLITS, Labels, model_figures, shows_photographs

SLIDERS, FIRST, EXTREMES = 12, 8, 4  # photographs with a slider, unfolded ones, and of each kind for each model
PUBLISHED = "../results/paper-cpu/README.md"  # from report/index.html: a run of more photographs and wider networks
JPEG = b"\xff\xd8"  # first bytes of a file
METHOD = 3  # of WebP: 4, the default, takes three times as long for pictures of the same size
TITLE = "ResNet, conditional GAN and VAE"


@dataclass(frozen=True, kw_only=True)
class Run:
    """The content of the page. Tables as the stages write them; results (N,S,S,3) uint8 by row and "original"."""

    table: pd.DataFrame
    categories: pd.DataFrame
    differences: pd.DataFrame
    seeds: pd.DataFrame
    tradeoff: Mapping[str, pd.DataFrame]  # by model
    hints: Mapping[str, pd.DataFrame]  # by model; empty for one that takes none
    scores: Mapping[str, pd.DataFrame]
    results: Mapping[str, np.ndarray]
    audit: Mapping
    download: Mapping
    claims: Mapping[str, Mapping[str, str]]
    people: Mapping
    figures: Mapping[str, bytes]  # PNG or JPEG by name
    params: str
    versions: Mapping[str, str]
    revision: str
    models: tuple[str, ...]
    pretrained: tuple[str, ...]  # models with an encoder that was trained on ImageNet
    descriptions: Mapping[str, Mapping]  # label, colour and architecture of every model
    samples: int  # number of draws from a model that can draw several
    split: str  # the split that was scored

    @property
    def judges_claims(self) -> bool:
        """Whether the paper's claims are judged: not on the sample, which has few photographs and narrow networks."""
        return self.download["source"] != "sample"


def render(run: Run) -> str:
    """The page as HTML. It loads nothing from the internet, and all text from files is escaped."""
    loader = PackageLoader("colorization.report")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": tables.number, "figure": figure_uri}
    environment.tests["photographs"] = shows_photographs
    labels = Labels.of(run.descriptions)
    return environment.get_template("page.html.j2").render(
        run=run, names=labels.names, colors=labels.colors, rows=list(run.scores), input=INPUT, measures=SHOWN,
        scored=len(run.results["original"]), split=SPLITS[run.split],
        judges_claims=run.judges_claims, published=PUBLISHED,
        css=_inlined("page.css"), js=_inlined("page.js"), sliders=sliders(run), first=FIRST,
        extremes=of_models(run), colourful=COLOURFUL, alike=ALIKE, cells=CELLS,
        **headings(run, labels), **drawn(run, labels), **tabled(run, labels),
    )  # fmt: skip


def headings(run: Run, labels: Labels) -> dict:
    """The title, names of groups of models, and the contents (id and heading of the sections that the page has)."""
    paper = all(name in run.models for name in PAPER)
    contents = [("results", "Results"), ("categories", "Categories"), ("figures", "Figures"),
                ("extremes", "Best and worst"), ("tradeoff", "Vividness"), ("hints", "Hints"),
                ("claims", "The paper's claims"), ("people", "People"), ("data", "Data"),
                ("run", "This run")]  # fmt: skip
    lacking = {"claims": not run.claims, "people": not run.people["participants"], "hints": not run.hints}
    return {
        "paper": paper,
        "title": TITLE if paper else ", ".join(labels.names[name] for name in run.models),
        "others": [labels.names[name] for name in run.models if name not in PAPER],
        "pretrained": [labels.names[name] for name in run.pretrained],
        "contents": [(place, heading) for place, heading in contents if not lacking.get(place, False)],
    }


def drawn(run: Run, labels: Labels) -> dict[str, list[dict]]:
    """The models' figures with caption and description: those that the paper numbers, in its order, and the others."""
    whats = {
        "architecture": "architecture",
        "predictions": f"gray input, results and originals of {SPLITS[run.split]} photographs",
        "loss": "training and validation loss over the epochs",
    }
    numbered: list[dict] = []
    unnumbered: list[dict] = []
    for name in run.models:
        for kind, (stem, start) in model_figures(name).items():
            about = f"{labels.names[name]}: {whats[kind]}."
            (numbered if start else unnumbered).append({"stem": stem, "alt": about, "caption": start + about})
    return {"numbered": sorted(numbered, key=lambda shown: shown["stem"]), "unnumbered": unnumbered}


def tabled(run: Run, labels: Labels) -> dict:
    """The content of the tables and of the sentences about them."""
    best = tables.lead(run.table, run.differences, run.models)
    few, every = (tables.results_table(run.table, run.differences, measures) for measures in (tables.FEW, tuple(SHOWN)))
    return {
        "few": few, "all": every,
        "best": best, "rivals": [labels.names[name] for name in best["rivals"]],
        "pairs": math.comb(len(run.table), 2),
        "differences": tables.difference_table(run.differences),
        "categories": tables.category_table(run.categories), "sources": sorted(set(run.categories.source)),
        "verdicts": tables.count_verdicts(run.claims),
        "vivid": tables.vivid_rows(tables.joined(run.tradeoff)), "hints": tables.hint_rows(run.hints),
        "sampled": run.table[run.table.diversity.notna()].to_dict("records") if "diversity" in run.table else [],
        "seeds": tables.seed_table(run.seeds),
    }  # fmt: skip


def sliders(run: Run) -> list[dict]:
    """Scored photographs, a few from each category: their pictures by row, and their scores."""
    scores = next(iter(run.scores.values()))
    return [
        {
            "name": scores.name[row],
            "source": scores.source[row],
            "category": scores.category[row],
            "pictures": {name: picture_uri(pictures[row]) for name, pictures in run.results.items()},
            "scores": {name: _scores_of(table, row) for name, table in run.scores.items()},
        }
        for row in spread(scores.category, SLIDERS)
    ]


def _scores_of(table: pd.DataFrame, row: int) -> str:
    return f"ΔE\u00a0{table.delta_e[row]:.1f}, MSE\u00a0{table.mse[row]:.4f}, SSIM\u00a0{table.ssim[row]:.3f}"


def of_models(run: Run) -> dict[str, dict[str, list[dict]]]:
    """The best, typical and worst results of each model by ΔE, beside the originals."""
    found, gray = {}, run.scores["gray"].delta_e
    for model in run.models:
        table = run.scores[model]
        found[model] = {
            kind: [
                {"name": table.name[row], "source": table.source[row], "category": table.category[row],
                 "delta_e": table.delta_e[row], "result": picture_uri(run.results[model][row]),
                 "original": picture_uri(run.results["original"][row])}
                for row in rows
            ]
            for kind, rows in extremes(table.delta_e, gray, run.results["original"], EXTREMES).items()
        }  # fmt: skip
    return found


def picture_uri(pixels: np.ndarray) -> str:
    """(S,S,3) uint8 → a data URI, lossless, because lossy compression would blur the colours."""
    return _webp(Image.fromarray(pixels), lossless=True)


def figure_uri(data: bytes) -> str:
    """A figure as a data URI: JPEG as it is, PNG as lossless WebP, which is smaller."""
    if data.startswith(JPEG):
        return "data:image/jpeg;base64," + base64.b64encode(data).decode()
    with Image.open(BytesIO(data)) as image:
        return _webp(image.convert("RGB"), lossless=True)


def _webp(image: Image.Image, **options) -> str:
    buffer = BytesIO()
    image.save(buffer, "webp", method=METHOD, **options)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def _inlined(name: str) -> Markup:
    return Markup(files("colorization.report").joinpath(name).read_text("utf-8"))
