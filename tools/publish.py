"""Copy an up-to-date run to results/<name>/, so that readers can check and repeat it.

python -m tools.publish intel-cpu --time "58 minutes"
"""

import argparse
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from colorization.claims.trainings import trainings
from colorization.core import paths
from colorization.core.errors import InputError, one_line, run
from colorization.core.files import read_json, read_table, write_bytes, write_table
from colorization.core.params import Config, load_config
from colorization.core.process import processors
from colorization.report.labels import FIGURES, HINTS, Labels, figure_file, model_figures
from colorization.report.tables import joined
from tools import markdown

FILES = (paths.PARAMS, Path("dvc.lock"), paths.TABLE, paths.CATEGORIES, paths.DIFFERENCES, paths.SEEDS, paths.CLAIMS,
         paths.PEOPLE, paths.AUDIT, paths.DOWNLOAD)  # fmt: skip
CODE = ("src", ":!src/colorization/photo/weights", "stages", "dvc.yaml", "requirements.txt", "pyproject.toml")
PAGE = """# {name}

{desc}

{files} files; left out: {left_out}. Used: {used}. \
Each value has its 95 % bootstrap interval over the test photographs.

{scores}

![The same test photographs: gray, every model, originals; ΔE below each result](comparison.jpg)

Recognition and the scene Fréchet distance have one judge: the study's own classifier, trained from random \
weights on the original training photographs. No model contains it.

![Every measure with its interval](measures.png)

{claims}## Predictions

{predictions}

## By category, and between models

![ΔE by category](categories.png)

![Differences of all others to the model with the lowest ΔE, on the same photographs; right is better](differences.png)

The lines are plain 95 % intervals. Filled points are clear of zero after Holm's correction for all pairs within a \
measure.

## Vividness against error

![Error over vividness: each point is one setting, the ring is the default](tradeoff.png)

For each line, the setting with the colour nearest to the originals' ([tradeoff.csv](tradeoff.csv) has all settings):

{vivid}

{hints}## Training

![Colour error on the validation photographs](learning-curves.png)

[history.csv](history.csv) has every loss of every epoch, of other seeds, too.

## How to repeat it

```sh
git checkout {revision}
git show '@{{-1}}:results/{name}/params.yaml' > params.yaml  # from the branch that you came from
{bring}dvc repro
```

Machine: {machine}. Time: {time}. [dvc.lock](dvc.lock) has the hash of every input and output.
"""

TOLD = """## Hints

![Error over the number of hints](hints.png)

Random places reveal their true colour ([hints.csv](hints.csv) has all measures, by category).

"""


def output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"{' '.join(command)}: {one_line(done.stderr or done.stdout, 300)}")
    return done.stdout.strip()


def require_up_to_date() -> None:
    """Raise InputError if the metrics do not come from the committed code. We publish parameters and metrics anyway."""
    if changed := output("git", "status", "--porcelain", "--untracked-files=no", "--", *CODE):
        raise InputError(f"git: uncommitted changes ({one_line(changed)}); commit them first")
    if load_config().evaluate.split != "test":
        raise InputError("evaluate.split: val is for experiments; set it to test, run dvc repro, then publish")
    if stale := json.loads(output(sys.executable, "-m", "dvc", "status", "--json")):
        raise InputError(f"dvc status: {', '.join(stale)} not up to date; run: dvc repro")


def title() -> str:
    """The first line of params.yaml, which describes the run."""
    return Path("params.yaml").read_text(encoding="utf-8").splitlines()[0].lstrip("# ")


def bring(config: Config) -> str:
    """A comment line about each step that a person does before dvc repro, or an empty string."""
    folders = config.data.folder.path.values() if config.data.source == "folder" else ()
    needed = {"photographs": folders, "weights of an earlier training": config.train.start.values()}
    return "".join(
        f"# put the {kind} at {', '.join(places)}, where these parameters look for them\n"
        for kind, places in needed.items()
        if places
    )


def claims(rows: dict) -> str:
    """The section of the paper's claims, or an empty string if the run lacks a model of the paper."""
    return f"## The paper's claims\n\n{markdown.claims(rows)}\n\n" if rows else ""


def predictions(models: Iterable[str], labels: Labels) -> str:
    """The three-row figure of every model, those that the paper has with their numbers."""
    shown = [(labels.names[name], *model_figures(name)["predictions"]) for name in models]
    return "\n\n".join(
        f"![{start}{label}: gray input, results, originals]({figure_file(stem)})" for label, stem, start in shown
    )


def left_out(audit: dict) -> str:
    return ", ".join(f"{n} {why}" for why, n in audit["left_out"].items()) or "none"


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    processor = next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    return f"{processors()} cores of {processor}, {platform.system()}, Python {platform.python_version()}"


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.publish", description=__doc__.splitlines()[0])
    parser.add_argument("name", help="name of the folder in results/")
    parser.add_argument("--time", required=True, help="how long dvc repro took, in words")
    parser.add_argument("--machine", default=machine(), help="(default: %(default)s)")
    wanted = parser.parse_args()
    require_up_to_date()
    folder, config, audit = Path("results") / wanted.name, load_config(), read_json(paths.AUDIT)
    labels = Labels.of(read_json(paths.DESCRIPTIONS))
    told = {name: read_table(paths.hints(name)) for name in config.hints.models}
    train = config.train
    losses = {name: trainings(paths.histories(name, train.repeats), train.seed) for name in config.models}
    curves = joined({name: read_table(paths.tradeoff(name)) for name in config.models})
    of_models = [model_figures(name)[kind][0] for name in config.models for kind in ("predictions", "loss")]
    stems = *FIGURES, *of_models, *([HINTS] if told else [])
    sources = [*FILES, *(paths.figure(figure_file(stem)) for stem in stems)]
    page = PAGE.format(
        name=wanted.name, desc=title(),
        files=audit["files"], left_out=left_out(audit),
        used=", ".join(f"{n} for {split}" for split, n in audit["used"].items()),
        scores=markdown.scores(read_table(paths.TABLE), labels),
        vivid=markdown.vivid(curves, labels),
        claims=claims(read_json(paths.CLAIMS)), predictions=predictions(config.models, labels),
        hints=TOLD if told else "",
        bring=bring(config), revision=output("git", "rev-parse", "HEAD"),
        machine=wanted.machine, time=wanted.time,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in {*folder.glob("*.png"), *folder.glob("*.jpg")} - {folder / source.name for source in sources}:
        earlier.unlink()  # a figure of an earlier publication, which this run does not have
    for source in sources:
        shutil.copyfile(source, folder / source.name)
    write_table(folder / "tradeoff.csv", curves)
    write_table(folder / "history.csv", joined(losses))
    (folder / "hints.csv").unlink(missing_ok=True)
    if told:
        write_table(folder / "hints.csv", joined(told))
    write_bytes(folder / "README.md", page.encode())
    print(f"{folder}: {len(sources) + 3 + bool(told)} files; commit them")


if __name__ == "__main__":
    run(main)
