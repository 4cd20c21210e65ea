"""The card of the model that travels with the package: what it is, learned from, scores, and cannot do, in markdown."""

from colorization.core.params import Data

KAGGLE = "[{dataset}](https://www.kaggle.com/datasets/{dataset})"
CARD = """# The bundled model

`{file}` is what `colorize` takes until you train more: the {label} of this study, \
{parameters:,} parameters in
half precision, {megabytes:.1f} MB. `python -m tools.bundle` made it, and this page with it.

## What it learned from

{title}

{photographs:,} training photographs at {side}×{side} px, from {origin}: {categories}. Of {files:,} files were left out:
{left_out}. The weights are those of epoch {epoch} of one training, the best on the validation photographs.

## How good it is

On {tested:,} test photographs that no model has learned from, as trained, beside two floors and the other models of the
same run. Every value with the 95 % interval that the choice of test photographs leaves.

{scores}

## What half precision costs

The same photographs, this file against the weights as trained; differences with their paired 95 % interval. No a or b
of any pixel changes by more than {change:.2g}, of ±110.

{loss}

## Limits

- It was trained on {photographs:,} photographs of {kinds} categories only. Other subjects will stay mostly gray.
- It sees a photograph at {side} px, at its shorter side: what is small in the picture it does not see.
- It answers with one colour where several are likely: the true colour of a coat or a car is not in a gray photograph.
  Its results have {ratio:.0%} of the originals' colorfulness.
- Worst results first. Where its ΔE is not below gray's, that measure prefers no colour:

{by_category}

## Licence of the photographs

{licence}

## How to repeat it

```sh
{commands}
```
"""


def origin(data: Data, dataset: str | None) -> str:
    """Where the photographs came from; `dataset` is Kaggle's, where a folder was filled with one."""
    if data.source == "sample":
        return "six photographs that ship inside scikit-image, cut into regions"
    kaggle = f"Kaggle's {KAGGLE.format(dataset=dataset)}"
    if data.source == "kaggle":
        return kaggle + (f", version {data.kaggle.version}" if data.kaggle.version else "")
    return "a folder" + (f" with the photographs of {kaggle}" if dataset else "")


def licence(data: Data, dataset: str | None) -> str:
    """What is known of the photographs' licence: nothing is guessed."""
    if data.source == "sample":
        return "As scikit-image says of each photograph in `skimage.data`."
    if dataset:
        return f"""Unknown: as on Kaggle's page of {KAGGLE.format(dataset=dataset)}.
No licence of the photographs' authors could be checked for this card. The photographs are not in this repository; the
weights learned from them are."""
    return "Unknown: they are those of somebody's folder."
