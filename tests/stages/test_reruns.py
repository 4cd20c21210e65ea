"""A change reruns only the stages that depend on it: a comment in a file of each layer, a new model, a label."""

import shutil
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest
import yaml
from conftest import ROOT, dvc, run, tiny_params
from dvc.repo import Repo

pytestmark = pytest.mark.slow
MODELS = list(tiny_params()["models"])
AGAIN, HINTED = ["gan"], ["vae"]  # as if these had been trained again, and took hints


def of_each(*names, models=MODELS) -> set[str]:
    return {f"{name}@{model}" for name in names for model in models}


TRAINING = of_each("train") | of_each("repeat", models=AGAIN) | {"classify"}
KNOWN, EXPORTS = of_each("hints", models=HINTED), of_each("export")
SCORING = of_each("evaluate", "tradeoff") | KNOWN | of_each("repeat", models=AGAIN) | {"floors"}
RERUNS = {  # a file → the stages that are out of date after a comment was added to it
    "core/errors.py": set(),
    "core/files.py": set(),
    "core/params.py": set(),
    "core/paths.py": set(),
    "core/process.py": set(),
    "core/schema.py": set(),
    "core/stage.py": set(),
    "color.py": {"preprocess", "human_study"} | TRAINING | SCORING | EXPORTS,
    "imaging/srgb.py": {"preprocess"},
    "sources/sample.py": {"download"},
    "sources/archive.py": {"download", "preprocess"},
    "preprocessing/audit.py": {"preprocess"},
    "dataset/photos.py": TRAINING | SCORING,
    "dataset/index.py": TRAINING | SCORING | {"human_study"},
    "models/gan/network.py": of_each("train", "export", "evaluate", "tradeoff", "repeat", models=["gan"])
    | {"describe"},
    "models/gan/params.py": {"describe"},
    "models/common/blocks.py": TRAINING | SCORING | EXPORTS | {"describe"},
    "models/classifier/network.py": SCORING | {"classify", "describe"},
    "models/floors/floors.py": {"floors", "describe"},
    "training/trainer.py": TRAINING,
    "evaluation/scoring.py": SCORING | {"compare"},
    "evaluation/measures.py": SCORING | {"compare", "human_study", "claims", "plot", "report"},
    "hinting/levin.py": KNOWN,
    "vividness.py": of_each("tradeoff") | KNOWN,
    "export/network.py": EXPORTS,
    "claims/losses.py": {"claims"},
    "human_study/answer_files.py": {"human_study"},
    "report/figures/curves.py": {"plot", "report"},
    "report/labels.py": {"plot", "report"},
    "report/page.py": {"report"},
    "report/page.css": {"report"},
    "evaluation/significance.py": SCORING | {"compare"},
    "command/main.py": set(),
    "photo/colorizer.py": set(),
    "film/coloring.py": set(),
    "page/server.py": set(),
    "web/colorizer.js": set(),
    "../../tools/publish.py": set(),
    "../../stages/__init__.py": set(),
    "../../stages/plot.py": {"plot"},
}


@pytest.fixture(scope="module")
def with_every_stage(repository, tmp_path_factory):
    """A copy of the study in which the stages `repeat` and `hints` have run, too, as far as dvc knows."""
    folder = shutil.copytree(repository, tmp_path_factory.mktemp("every") / "repository", symlinks=True)
    tree = yaml.safe_load((folder / "params.yaml").read_text())
    tree["train"]["repeats"], tree["hints"]["models"] = AGAIN, HINTED
    (folder / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    for path in ("metrics/seeds/gan.csv", "metrics/history/seeds/gan.tsv", "metrics/hints/vae.csv"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).touch()
    dvc(folder, "commit", "--force")
    return folder


@pytest.fixture(scope="module")
def outdated(with_every_stage):
    """A function: a file → the stages that are out of date after a comment was added; it restores the file."""

    def found(name: str) -> set[str]:
        path = with_every_stage / "src/colorization" / name
        before = path.read_bytes()
        path.write_bytes(before + b"\n/* a comment */\n" if path.suffix == ".css" else before + b"\n# a comment\n")
        try:
            with Repo(str(with_every_stage)) as repo:
                return {name.rpartition(":")[2] for name in repo.status()}
        finally:
            path.write_bytes(before)

    return found


@pytest.fixture(scope="module")
def inputs(with_every_stage):
    """A function: a file → the stages that name it, or a folder above it, as a dependency."""
    with Repo(str(with_every_stage)) as repo:
        named = [(stage.name, Path(dep.fs_path)) for stage in repo.index.stages for dep in stage.deps]

    def found(name: str) -> set[str]:
        path = (with_every_stage / "src/colorization" / name).resolve()
        assert path.exists()
        return {stage for stage, place in named if place == path or place in path.parents}

    return found


@pytest.mark.parametrize("name", RERUNS)
def test_a_change_makes_only_these_stages_run_again(inputs, name):
    assert inputs(name) == RERUNS[name]


@pytest.mark.parametrize("name", ["core/errors.py", "models/gan/network.py", "report/page.css", "../../stages/plot.py"])
def test_a_comment_is_a_change(outdated, name):
    """dvc's own word, which takes seconds for each file: for a file, one in a folder, and one of no stage."""
    assert outdated(name) == RERUNS[name]


def test_every_layer_is_in_the_table():
    folders = {path.name for path in (ROOT / "src/colorization").iterdir() if path.is_dir()} - {"__pycache__"}
    assert {name.split("/")[0] for name in RERUNS} >= folders


@pytest.mark.parametrize("model", MODELS)
def test_a_changed_model_reaches_only_these_stages(repository, model):
    """Whatever its training changes: its own stages, and those that compare."""
    with Repo(str(repository)) as repo:
        graph = repo.index.graph  # from a stage to those that it depends on
        found = {stage.name: stage for stage in graph}
        reached = {stage.name for stage in nx.ancestors(graph, found[f"train@{model}"])}
    told = {"compare", "human_study", "claims", "plot", "report"}
    assert reached == of_each("export", "evaluate", "tradeoff", models=[model]) | told


NETWORK = """
import torch.nn.functional as F
from torch import nn

from colorization.models.common.contract import Colorizer


class Toy(Colorizer):
    def __init__(self, *, width: int):
        super().__init__(predicts="ab")
        self.hidden, self.head = nn.Conv2d(1, width, 3, padding=1), nn.Conv2d(width, 2, 1)

    def forward(self, L):
        return self.head(F.relu(self.hidden(L)))

    def loss(self, batch):
        return {"loss": F.mse_loss(self(batch[0]), self.target(batch)), "extra": self(batch[0]).abs().mean()}

    def blocks(self):
        return [("3×3 conv", self.hidden), ("1×1 conv", self.head)]


MODEL = Toy
"""
PARAMS = """
from dataclasses import dataclass

from colorization.core.params import Fit
from colorization.core.schema import rule

LABEL, COLOR = "A toy", "#123456"


@dataclass(frozen=True, kw_only=True)
class Params(Fit):
    width: int = rule(low=1, high=64)
"""
BLOCK = {"epochs": 1, "batch_size": 8, "lr": 0.001, "lr_schedule": "constant", "beta1": 0.9, "width": 3}


def stages_run(output: str) -> set[str]:
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")}


@pytest.fixture(scope="module")
def with_a_toy(repository, tmp_path_factory):
    """A copy of the study with a new model (only its folder and its block of parameters), and the stages that ran."""
    folder = shutil.copytree(repository, tmp_path_factory.mktemp("toy") / "repository", symlinks=True)
    (folder / "src/colorization/models/toy").mkdir()
    (folder / "src/colorization/models/toy/network.py").write_text(NETWORK)
    (folder / "src/colorization/models/toy/params.py").write_text(PARAMS)
    for path in (folder / "params.yaml", *(folder / "presets").glob("*.yaml")):
        tree = yaml.safe_load(path.read_text())
        tree["models"]["toy"] = BLOCK
        path.write_text(yaml.safe_dump(tree, sort_keys=False))
    return folder, stages_run(dvc(folder, "repro").stdout)


def test_a_new_model_is_a_folder_and_a_block(with_a_toy):
    folder, ran = with_a_toy
    own = of_each("train", "export", "evaluate", "tradeoff", models=["toy"])
    assert ran == own | {"describe", "compare", "human_study", "claims", "plot", "report"}
    assert list(pd.read_csv(folder / "metrics/table.csv").model) == ["gray", "mean", *MODELS, "toy"]
    for file in ("toy-architecture.png", "toy-predictions.jpg", "toy-loss.png"):
        assert (folder / "figures" / file).stat().st_size > 1000
    page = (folder / "report/index.html").read_text()
    assert "A toy" in page and "#123456" in page
    run(["git", "add", "-A"], folder)
    changed = run(["git", "diff", "--cached", "--name-only"], folder).stdout.split()
    code = {name for name in changed if name.startswith(("src", "stages", "tools", "dvc.yaml", "tests"))}
    assert code == {"src/colorization/models/toy/network.py", "src/colorization/models/toy/params.py"}


def test_a_removed_model_and_a_changed_label_reach_tables_and_page_without_training(with_a_toy):
    folder, _ = with_a_toy
    params, label = folder / "params.yaml", folder / "src/colorization/models/vae/params.py"
    tree = yaml.safe_load(params.read_text())
    del tree["models"]["toy"]
    params.write_text(yaml.safe_dump(tree, sort_keys=False))
    label.write_text(label.read_text().replace('"VAE"', '"A plaything"'))
    ran = stages_run(dvc(folder, "repro").stdout)  # dvc may know the claims of such a table from before
    assert {"describe", "compare", "plot", "report"} <= ran <= {"describe", "compare", "claims", "plot", "report"}
    assert dvc(folder, "status").stdout.strip() == "Data and pipelines are up to date."
    assert list(pd.read_csv(folder / "metrics/table.csv").model) == ["gray", "mean", *MODELS]
    page = (folder / "report/index.html").read_text()
    assert "A plaything" in page and "A toy" not in page
