"""The cards of the bundled models, in markdown: their training photographs, scores and limits."""

from pathlib import Path

from colorization.core.params import Data
from colorization.photo import catalog

KAGGLE = "[{dataset}](https://www.kaggle.com/datasets/{dataset})"
INDEX = """# The models that come with `colorize`

`colorize` uses the first one until you train a model that learned from more photographs; `--model NAME` and the page
offer the others in a clone of the repository. `pip install .` brings *ours* alone, to stay small. ΔE is that of the
network's own colours on the test photographs of its own run, so rows of different runs do not compare: see
[results](../../../../results). Vividness is what `colorize` makes of the chroma C of these colours. `python -m
tools.bundle` wrote these files.

| model | learned from | at | ΔE ↓ | vividness | file |
| --- | --- | --- | --- | --- | --- |
{rows}
"""
HALF_PRECISION = "in half precision"
EIGHT_BITS = "as 8-bit integers in most convolutions, the rest in single precision"
CARD = """# {label}, as it comes with `colorize`

`{file}`: {parameters:,} parameters of the training {numbers}, {megabytes:.1f} MB without those that colorizing
does not need. `python -m tools.bundle` wrote it and this page.

## Training photographs

{title}

{photographs:,} training photographs at {side}×{side} px, from {origin}: {categories}. Left out of {files:,} files:
{left_out}. The weights come from epoch {epoch} of one training, the best epoch on the validation photographs.{started}

## Scores

Measured on {tested:,} test photographs {unseen}, with the weights as trained, beside two floors and
the other models of the same run. Each value has its 95 % bootstrap interval over the test photographs.

{scores}

## The command

`colorize` does more than the network: it prepares the photograph, fits the colours to its edges, makes them more vivid,
and brings them into sRGB without a change of lightness. The same photographs, gray and in 8 bits, as it paints them:

{painted}

## Vividness

A model that is unsure paints pale. So `colorize` makes colours more vivid: this model's chroma C, in units of a and b,
becomes {curve}. A curve with C² leaves pale colours pale. `--saturation` multiplies the result. The gain
is {rule}; without one, the colours stay
the model's own, 1 · C. The tables above have the model's own colours. The same test photographs at other factors and
gains:

{settings}

## Cost of the stored numbers

Scores of this file and of the weights as trained, on the same photographs; differences have paired 95 % intervals.
The a and b of every pixel change by at most {change:.2g}, of ±110.

{loss}

## Limits

- It was trained on {photographs:,} photographs of {kinds} categories only. Other subjects will stay mostly gray.
- It reduces a photograph to {side} px at its shorter side, and misses small details.
- It gives one colour even if several are likely: a gray photograph does not show the colour of a coat or a car.
  Its results have {ratio:.0%} of the originals' colorfulness.
- Worst results first. Where its ΔE is not below gray's, the gray photograph is at least as good by that measure:

{by_category}

## Licence of the photographs

{licence}

{sources}

## How to repeat it

```sh
{commands}
```
"""


def index() -> str:
    """The list of the bundled models with links to their cards, the default first."""
    rows = []
    for model in catalog.bundled():
        assert model.about, "`bundled` refuses a damaged file"
        cells = [f"[{model.name}]({model.name}.md)", f"{model.about.photographs:,} photographs",
                 f"{model.about.image_size} px", f"{model.scores['delta_e']:.2f}",
                 vivid(model.path), f"{model.path.stat().st_size / 1e6:.1f} MB"]  # fmt: skip
        rows.append(f"| {' | '.join(cells)} |")
    return INDEX.format(rows="\n".join(rows))


def vivid(path: Path) -> str:
    """What `colorize` makes of the chroma C of a model's colours by default."""
    curve, factor = catalog.vividness(path)
    return str(curve.times(factor))


def origin(data: Data, dataset: str | None) -> str:
    """The source of the photographs; `dataset`: the Kaggle data set, also for a folder that holds one."""
    if data.source == "sample":
        return "500 photographs that ship with this repository"
    kaggle = f"Kaggle's {KAGGLE.format(dataset=dataset)}"
    if data.source == "kaggle":
        return kaggle + (f", version {data.kaggle.version}" if data.kaggle.version else "")
    names = ", ".join(filter(None, data.folder.path)) or "a folder"
    return names + (f" with the photographs of {kaggle}" if dataset else "")


def licence(data: Data, dataset: str | None) -> str:
    """The licence of the photographs, as far as it is known."""
    if data.source == "sample":
        return "See the licence of each photograph in `src/colorization/sources/embedded/photographs.csv`."
    if dataset:
        return f"""Unknown: see Kaggle's page of {KAGGLE.format(dataset=dataset)}.
We could not check the licence of the photographs' authors. This repository contains the weights learned from the
photographs, not the photographs."""
    return "The photographs came from local folders. What the table below does not name is unknown."
