"""The pipeline as its users run it: dvc in a copy of the repository, on tiny data."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from conftest import GUARD, ROOT, copy_repository, jpeg, run, tiny_params, zip_of

from colorization.config import MODELS

DVC = [sys.executable, "-m", "dvc"]
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A copy in which everything has run once; tests leave it as they found it."""
    folder = copy_repository(tmp_path_factory.mktemp("repository"), tiny_params())
    dvc(folder, "repro")
    run(["git", "add", "-A"], folder)
    run(["git", "commit", "-qm", "results"], folder)
    return folder


def dvc(folder, *command, check=True):
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return run([*DVC, *command], folder, check=check, env=env)


def dirty(folder):
    return run(["git", "status", "--porcelain"], folder).stdout


def stages_run(output: str) -> set[str]:
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")}


def after_a_change_of(model: str) -> set[str]:
    """The stages that a changed parameter of one network's training reruns."""
    own = {f"{stage}@{model}" for stage in ("train", "evaluate", "repeat")}
    own |= {f"tradeoff@{name}" for name in MODELS}  # each is compared with the defaults of the report's networks
    return own | {"compare", "plot", "study", "people", "claims", "report"}


def test_everything_runs_and_then_nothing_does(repository):
    assert dvc(repository, "status").stdout.strip() == "Data and pipelines are up to date."
    assert not stages_run(dvc(repository, "repro").stdout)
    assert not dirty(repository)
    summary = json.loads((repository / "metrics/summary.json").read_text())
    assert list(summary) == ["gray", "mean", "resnet", "gan", "vae", "resunet", "pix2pix", "zhang"]
    assert summary["gray"]["colorfulness_ratio"] == pytest.approx(0, abs=1e-3)
    assert len(list((repository / "figures").glob("*.png"))) == 24
    claims = json.loads((repository / "metrics/claims.json").read_text())
    assert {claim["verdict"] for claim in claims.values()} <= {"confirmed", "refuted", "undecided"}
    assert json.loads((repository / "metrics/people.json").read_text())["participants"] == 0
    assert "<h1>" in (repository / "report/index.html").read_text()
    assert not list((repository / ".checkpoints").glob("*/*/state.pt"))


def test_one_parameter_reruns_what_it_touches_and_metrics_compare_branches(repository):
    run(["git", "checkout", "-qb", "other"], repository)
    path = repository / "params.yaml"
    path.write_text(path.read_text().replace("lr: 0.0002", "lr: 1e-4", 1))
    assert stages_run(dvc(repository, "repro").stdout) == after_a_change_of("gan")
    run(["git", "commit", "-qam", "a lower rate"], repository)
    clone = repository.parent / "clone"
    run(["git", "clone", "-q", str(repository), str(clone)], repository)  # without DVC's cache
    run(["git", "branch", "main", "origin/main"], clone)
    changed = json.loads(dvc(clone, "metrics", "diff", "main", "--json").stdout)
    ours = {"metrics/summary.json", "metrics/gan/scores.json", "metrics/claims.json", "metrics/people.json"}
    assert {"metrics/summary.json", "metrics/gan/scores.json"} <= set(changed) <= ours
    assert '"delta_e"' in dvc(clone, "metrics", "show", "--json").stdout
    assert "train.gan.lr" in dvc(clone, "params", "diff", "main").stdout
    assert "file://" in dvc(clone, "plots", "diff", "main").stdout
    assert (clone / "figures/comparison.png").stat().st_size > 10_000
    shutil.rmtree(clone)
    run(["git", "checkout", "-q", "main"], repository)
    dvc(repository, "checkout")
    assert dvc(repository, "status").stdout.strip() == "Data and pipelines are up to date."


def test_experiments_leave_the_workspace_alone(repository):
    output = dvc(repository, "exp", "run", "--temp", "-S", "train.vae.lr=0.00001").stdout
    assert stages_run(output) == after_a_change_of("vae")
    shown = json.loads(dvc(repository, "exp", "show", "--json").stdout)
    experiments = shown[1]["experiments"]
    rates = {r["data"]["params"]["params.yaml"]["data"]["train"]["vae"]["lr"] for e in experiments for r in e["revs"]}
    assert rates == {0.00001}
    assert not dirty(repository)


def test_a_run_is_published_when_it_is_up_to_date(repository):
    publish = [sys.executable, "-m", "stages.publish", "trial", "--time", "a minute"]
    run(publish, repository)
    page = (repository / "results/trial/README.md").read_text()
    revision = run(["git", "rev-parse", "HEAD"], repository).stdout.strip()
    assert f"git checkout {revision}" in page and "| VAE |" in page and page.count("undecided") > 3
    linked = set(re.findall(r"\((\S+?\.(?:png|lock))\)", page))
    assert linked and all((repository / "results/trial" / name).exists() for name in linked)
    assert (repository / "results/trial/params.yaml").read_text() == (repository / "params.yaml").read_text()
    shutil.rmtree(repository / "results/trial")
    params = repository / "params.yaml"
    before = params.read_text()
    params.write_text(before.replace("resamples: 200", "resamples: 300"))
    assert "not up to date; run: dvc repro" in run(publish, repository, check=False).stderr
    params.write_text(before)
    (repository / "stages/plot.py").open("a").write("\n")
    assert "uncommitted changes (M stages/plot.py)" in run(publish, repository, check=False).stderr
    run(["git", "reset", "-q", "--hard"], repository)
    assert not (repository / "results/trial").exists()


def test_a_model_is_put_into_the_package_and_a_clone_has_it(repository, tmp_path):
    box, command = repository / "src/colorization/weights", [sys.executable, "-m", "stages.box"]
    run([*command, "resnet"], repository)
    run([*command, "vae"], repository)
    made = {path.name: path.read_bytes() for path in box.iterdir()}
    assert set(made) == {"vae.safetensors", "README.md"}, "the box holds one model"
    run(["git", "add", "-A"], repository)
    (box / "vae.safetensors").write_bytes(b"another")
    run([*command, "vae"], repository)
    assert {path.name: path.read_bytes() for path in box.iterdir()} == made, "the same model is the same bytes"
    assert 2 * len(made["vae.safetensors"]) < 1.1 * (repository / "models/vae.safetensors").stat().st_size
    page, revision = made["README.md"].decode(), run(["git", "rev-parse", "HEAD"], repository).stdout.strip()
    assert f"git checkout {revision}\ndvc repro\npython -m stages.box vae\n" in page and "| VAE |" in page
    audit = json.loads((repository / "metrics/data.json").read_text())
    assert f"{audit['used']['train']:,} training photographs at 32×32 px" in page and "| rocket |" in page

    run(["git", "commit", "-qm", "a model in the box"], repository)
    run(["git", "clone", "-q", str(repository), str(tmp_path / "clone")], tmp_path)
    (tmp_path / "photo.jpg").write_bytes(jpeg(1))
    env = os.environ | {"PYTHONPATH": f"{GUARD}{os.pathsep}{tmp_path / 'clone/src'}"}
    colorize = [sys.executable, "-m", "colorization.cli"]
    assert "with vae: out.jpg" in run([*colorize, "photo.jpg", "-o", "out.jpg"], tmp_path, env=env).stdout
    score = json.loads((repository / "metrics/vae/scores.json").read_text())["overall"]["delta_e"]
    listed = run([*colorize, "--list"], tmp_path, env=env).stdout.splitlines()[1].split()
    assert float(listed[1]) == pytest.approx(score, abs=0.02) and int(listed[4]) == audit["used"]["train"]
    run(["git", "reset", "-q", "--hard", revision], repository)


def test_a_model_that_is_not_up_to_date_is_not_boxed(repository):
    def refusal(name: str = "vae") -> str:
        return run([sys.executable, "-m", "stages.box", name], repository, check=False).stderr

    assert "unet: no such model" in refusal("unet")
    params = repository / "params.yaml"
    before = params.read_text()
    params.write_text(before + "# a remark\n")
    assert "params.yaml: in no commit" in refusal()
    params.write_text(before.replace("lr: 0.001", "lr: 0.002"))
    assert "not up to date; run: dvc repro" in refusal()
    params.write_text(before)
    (repository / "stages/plot.py").open("a").write("\n")
    assert "uncommitted changes (M stages/plot.py)" in refusal()
    run(["git", "reset", "-q", "--hard"], repository)
    assert not dirty(repository)


def test_photographs_of_one_category_and_two_seeds(tmp_path):
    """Nothing to recognise, in a folder whose name is a number: no judge, and every network is trained twice."""
    params = tiny_params()
    path = zip_of(tmp_path / "flat.zip", {f"2019/{i}.jpg": jpeg(i) for i in range(60)})
    params["data"] |= {"source": "folder", "folder": {"path": str(path)}}
    params["train"]["seeds"] = 2
    (tmp_path / "repository").mkdir()
    folder = copy_repository(tmp_path / "repository", params)
    assert "fewer than two categories" in dvc(folder, "repro").stdout
    table = pd.read_csv(folder / "metrics/table.csv")
    assert not {"accuracy", "scene_frechet"} & set(table)
    seeds = pd.read_csv(folder / "metrics/seeds.csv").set_index(["model", "measure"])
    assert (seeds.seeds == 2).all() and seeds.loc[("gan", "delta_e"), "sd"] > 0
    other = json.loads((folder / "metrics/gan/seeds.json").read_text())["2"]["delta_e"]
    first = table.set_index("model").delta_e["gan"]
    assert seeds.loc[("gan", "delta_e"), "mean"] == pytest.approx((first + other) / 2, rel=1e-3)
    assert "standard deviation between seeds" in (folder / "report/index.html").read_text()
    assert not list((folder / ".checkpoints").glob("*/*/state.pt"))


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_stage_depends_on_every_file_that_it_imports(stage):
    spec = PIPELINE[stage]
    for model in spec.get("matrix", {"model": [""]})["model"]:
        deps = {dep.replace("${item.model}", model) for dep in spec["deps"]}
        script = ROOT / (spec["cmd"].split()[2].replace(".", "/") + ".py")
        needed = imported(script) | ({ROOT / f"src/colorization/models/{model}.py"} if model else set())
        for path in [*needed]:
            needed |= imported(path)
        missing = {str(path.relative_to(ROOT)) for path in needed} - deps
        assert not missing, f"{stage} imports what dvc.yaml does not list"


def imported(path: Path) -> set[Path]:
    """The file and every file of ours that it imports, lazily too, and their packages."""
    found, left = set(), [path]
    while left:
        path = left.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            left += [file for name in names for file in files_of(name)]
        init = path.parent / "__init__.py"
        left += [init] if init.exists() else []
    return found


def files_of(name: str) -> list[Path]:
    base = (ROOT / "src" if name.startswith("colorization") else ROOT) / name.replace(".", "/")
    candidates = [base.with_suffix(".py"), base / "__init__.py"]
    return [p for p in candidates if p.exists() and name.startswith(("colorization", "stages"))]


@pytest.mark.parametrize(
    "stage, heavy",
    [(stage, "torch") for stage in ("download", "preprocess", "repeat", "compare", "claims", "plot", "report")]
    + [("download", "kaggle")],
)
def test_light_stages_stay_light(stage, heavy):
    code = f"import sys, stages.{stage}; sys.exit({heavy!r} in sys.modules)"
    run([sys.executable, "-c", code], ROOT)


def edit(**data):
    def change(params, folder):
        params["data"] |= data

    return change


def bad_source(make):
    def change(params, folder):
        params["data"] |= {"source": "folder", "folder": {"path": str(make(folder))}}

    return change


def text_folder(folder):
    (folder / "texts").mkdir()
    (folder / "texts/a.txt").write_text("no photograph")
    return folder / "texts"


def fill(name):
    def change(params, folder):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("a file where a folder must be")

    return change


BAD = {
    "missing folder": ("download", bad_source(lambda f: f / "nowhere"), "nowhere: no such folder or zip"),
    "no zip": ("download", bad_source(lambda f: f / "params.yaml"), "neither a folder nor a whole zip"),
    "texts": ("download", bad_source(text_folder), "none of its 1 files is a photograph"),
    "two photographs": (
        "preprocess",
        bad_source(lambda f: zip_of(f / "2.zip", {"a.jpg": jpeg(1), "b.jpg": jpeg(2)})),
        "split is empty: of 2",
    ),
    "all gray": (
        "preprocess",
        bad_source(lambda f: zip_of(f / "g.zip", {f"{i}.jpg": jpeg(i, gray=True) for i in range(9)})),
        "9 gray",
    ),
    "size 0": ("download", edit(image_size=0), "data.image_size: must be at least 32"),
    "no write permission": ("download", fill("data"), "data"),
    "unknown model": (
        "train unet",
        edit(),
        "unet: no such model; the models are resnet, gan, vae, resunet, pix2pix, zhang",
    ),
    "nothing trained": ("evaluate gan", edit(), "run: dvc repro"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line(case, tmp_path):
    stages, change, told = BAD[case]
    params = tiny_params()
    (tmp_path / "params.yaml").touch()
    change(params, tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    if stages == "preprocess":
        stage(tmp_path, "download")
    done = stage(tmp_path, stages)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert told in line
    assert not list(tmp_path.rglob("*.part"))


def stage(folder, name, **kwargs) -> subprocess.CompletedProcess:
    env = os.environ | {"PYTHONPATH": f"{GUARD}{os.pathsep}{ROOT}", "DVC_ROOT": str(folder)}
    return run([sys.executable, "-m", *f"stages.{name}".split()], folder, check=False, env=env, **kwargs)


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(tmp_path):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tiny_params()))
    limit = "import resource, runpy, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000));"  # a write past it fails as on a full disk
    code = limit + "runpy.run_module('stages.download', run_name='__main__')"
    env = os.environ | {"PYTHONPATH": f"{GUARD}{os.pathsep}{ROOT}", "DVC_ROOT": str(tmp_path)}
    done = run([sys.executable, "-c", code], tmp_path, check=False, env=env)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "error:" in done.stderr and "File too large" in done.stderr
    assert not list((tmp_path / "data/raw").iterdir())
