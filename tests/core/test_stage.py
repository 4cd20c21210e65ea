"""The guard of stages: it checks inputs in folders too, as dvc recorded them."""

import pytest
import yaml
from conftest import ROOT

from colorization.core.errors import InputError
from colorization.core.stage import inputs, md5, require_as_recorded, tree_md5


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A workspace with our dvc.yaml, and the outputs of three stages as dvc.lock records them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text((ROOT / "dvc.yaml").read_text())
    for name in (
        "data/scores/gan.csv",
        "data/scores/gray.csv",
        "figures/a.png",
        "figures/b/c.png",
        "models/gan.safetensors",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    outs = {
        "evaluate@gan": [{"path": "data/scores/gan.csv", "md5": md5(tmp_path / "data/scores/gan.csv")}],
        "floors": [{"path": "data/scores/gray.csv", "md5": md5(tmp_path / "data/scores/gray.csv")}],
        "plot": [{"path": "figures", "md5": tree_md5(tmp_path / "figures")}],
        "train@gan": [{"path": "models/gan.safetensors", "md5": md5(tmp_path / "models/gan.safetensors")}],
    }
    lock = {"schema": "2.0", "stages": {name: {"cmd": "python", "outs": files} for name, files in outs.items()}}
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump(lock))
    return tmp_path


def test_a_dependency_on_a_folder_covers_every_output_in_it(recorded):
    assert {str(path) for path, _ in inputs("compare")} == {"data/scores/gan.csv", "data/scores/gray.csv"}
    assert {str(path) for path, _ in inputs("report")} == {"data/scores/gan.csv", "data/scores/gray.csv", "figures"}
    assert {str(path) for path, _ in inputs("evaluate@gan")} == {"models/gan.safetensors"}


def test_a_stage_that_dvc_yaml_no_longer_has_is_not_compared(recorded):
    lock = yaml.safe_load((recorded / "dvc.lock").read_text())
    lock["stages"]["people"] = {"cmd": "python", "outs": [{"path": "figures", "md5": "of an earlier version"}]}
    (recorded / "dvc.lock").write_text(yaml.safe_dump(lock))
    require_as_recorded("report")


@pytest.mark.parametrize(
    "stage, changed",
    [("compare", "data/scores/gray.csv"), ("report", "figures/b/c.png"), ("evaluate@gan", "models/gan.safetensors")],
)
def test_a_changed_input_is_refused_wherever_it_lies(recorded, stage, changed):
    require_as_recorded(stage)
    (recorded / changed).write_text("damaged")
    with pytest.raises(InputError, match="differs from dvc.lock; run: python -m tools.repair"):
        require_as_recorded(stage)


def test_a_file_more_in_a_folder_that_one_stage_wrote_is_refused(recorded):
    (recorded / "figures/d.png").write_text("not of this run")
    with pytest.raises(InputError, match="^figures: differs"):
        require_as_recorded("report")
