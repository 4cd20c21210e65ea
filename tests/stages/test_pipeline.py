"""The pipeline as users run it: dvc in a copy of the repository, on tiny data."""

import io
import json
import re
import shlex
import shutil
import sys

import pandas as pd
import pytest
import yaml
from conftest import ROOT, dirty, dvc, run, tiny_params

from colorization.core.stage import tree_md5

pytestmark = pytest.mark.slow
MODELS = list(tiny_params()["models"])
MAKEFILE = (ROOT / "Makefile").read_text().replace("\\\n", " ").replace("$$", "$")
EXPERIMENTS = shlex.split(re.search(r"dvc exp show (.*)", MAKEFILE)[1])  # the arguments of `make experiments`


def diff(folder, *words, check=True):
    return run([sys.executable, "-m", "tools.diff", *words], folder, check=check)


def stages_run(output: str) -> set[str]:
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")}


def test_an_up_to_date_study_is_complete_and_runs_nothing(repository):
    assert dvc(repository, "status").stdout.strip() == "Data and pipelines are up to date."
    assert not stages_run(dvc(repository, "repro").stdout)
    assert not dirty(repository)
    table = pd.read_csv(repository / "metrics/table.csv").set_index("model")
    assert list(table.index) == ["gray", "mean", *MODELS]
    for name, row in table.iterrows():
        summary = json.loads((repository / f"metrics/scores/{name}.json").read_text())
        assert set(summary) == {"mse", "ssim", "psnr", "delta_e", "ab_rmse", "skill", "colorfulness_ratio",
                                "recognised"}, "scene_frechet needs more photographs"  # fmt: skip
        assert row[list(summary)].to_dict() == pytest.approx(summary, rel=1e-3, abs=1e-5)
    assert table.colorfulness_ratio["gray"] == pytest.approx(0, abs=1e-3)
    assert len(list((repository / "figures").iterdir())) == 3 * len(MODELS) + 6
    lock = yaml.safe_load((repository / "dvc.lock").read_text())["stages"]["plot"]["outs"]
    assert tree_md5(repository / "figures") == lock[0]["md5"], "our hash of a folder is dvc's"
    claims = json.loads((repository / "metrics/claims.json").read_text())
    assert {claim["verdict"] for claim in claims.values()} == {"undecided"}, "the sample judges no claim"
    assert json.loads((repository / "metrics/people.json").read_text())["participants"] == 0
    assert "<h1>" in (repository / "report/index.html").read_text()
    assert not list((repository / ".checkpoints").glob("*/*/state.pt"))


def test_one_parameter_reruns_what_it_touches_and_metrics_compare_branches(repository):
    run(["git", "checkout", "-qb", "other"], repository)
    path = repository / "params.yaml"
    path.write_text(re.sub(r"(zhang:\n(?:    .*\n)*?    lr: )\S+", r"\g<1>1e-4", path.read_text()))
    own = {f"{stage}@zhang" for stage in ("train", "export", "evaluate", "tradeoff")}
    ran = stages_run(dvc(repository, "repro").stdout)
    assert ran == own | {"describe", "compare", "human_study", "claims", "plot", "report"}
    run(["git", "commit", "-qam", "a lower rate"], repository)
    table = pd.read_csv(io.StringIO(diff(repository, "zhang", "main").stdout), sep=r"\s+", index_col="measure")
    main = json.loads(run(["git", "show", "main:metrics/scores/zhang.json"], repository).stdout)
    ours = json.loads((repository / "metrics/scores/zhang.json").read_text())
    assert set(table.index) >= {"delta_e", "ab_rmse", "skill", "recognised"} and "scene_frechet" not in table.index
    for measure, row in table.loc[[*set(ours) & set(table.index)]].iterrows():
        assert (row.main, row.workspace) == pytest.approx((main[measure], ours[measure]), rel=1e-3)
        assert row.difference == pytest.approx(ours[measure] - main[measure], abs=2e-3 * abs(main[measure]))
        assert row.low <= row.difference <= row.high
    assert table.low.delta_e < table.high.delta_e
    table = dvc(repository, "exp", "show", "--rev", "main", "--rev", "other", *EXPERIMENTS).stdout.splitlines()
    assert "zhang.json:delta_e" in table[1] and "models.zhang.lr" in table[1] and max(map(len, table)) <= 200
    assert "error: nix: unknown Git revision" in diff(repository, "zhang", "nix", check=False).stderr
    clone = repository.parent / "clone"
    run(["git", "clone", "-q", str(repository), str(clone)], repository)  # without DVC's cache
    run(["git", "branch", "main", "origin/main"], clone)
    changed = json.loads(dvc(clone, "metrics", "diff", "main", "--json").stdout)
    assert set(changed) == {"metrics/scores/zhang.json"}
    shown = dvc(clone, "metrics", "show").stdout.splitlines()
    assert len(shown) == 3 + len(MODELS) and max(map(len, shown)) <= 140
    assert '"delta_e"' in dvc(clone, "metrics", "show", "--json").stdout
    assert "models.zhang.lr" in dvc(clone, "params", "diff", "main").stdout
    assert "file://" in dvc(clone, "plots", "diff", "main").stdout
    assert (clone / "figures/comparison.jpg").stat().st_size > 10_000
    shutil.rmtree(clone)
    run(["git", "checkout", "-q", "main"], repository)
    dvc(repository, "checkout")
    assert dvc(repository, "status").stdout.strip() == "Data and pipelines are up to date."


def test_experiments_do_not_change_the_workspace(repository):
    trial = ["-S", "models.vae.lr=0.00001", "-S", "evaluate.split=val", "--name", "trial", "floors", "evaluate@vae"]
    output = dvc(repository, "exp", "run", "--temp", *trial).stdout
    assert stages_run(output) == {"train@vae", "floors", "evaluate@vae"}
    counts = json.loads((repository / "data/lab/audit.json").read_text())["used"]
    told = f"vae: scored on different photographs ({counts['val']} at trial and {counts['test']} at main)"
    assert told in diff(repository, "vae", "main", "trial", check=False).stderr
    shown = json.loads(dvc(repository, "exp", "show", "--json").stdout)
    (found,) = [rev["data"] for experiment in shown[1]["experiments"] for rev in experiment["revs"]]
    assert found["params"]["params.yaml"]["data"]["models"]["vae"]["lr"] == 0.00001
    assert set(found["metrics"]["metrics/scores/vae.json"]["data"]) >= {"delta_e", "skill"}
    assert not dirty(repository)
