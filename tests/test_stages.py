"""The stages one by one: what they import, what they refuse, and a study of one category and two seeds."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from conftest import GUARD, ROOT, copy_repository, dvc, jpeg, run, tiny_params, zip_of

from colorization.core import errors

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


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


@pytest.mark.parametrize(
    "fails, told",
    [
        ("bytearray(2**60)", "all of it is taken"),
        ("torch.empty(2**55)", "DefaultCPUAllocator: can't allocate memory: you tried to allocate 144115188075855872 bytes)"),
        (
            "(_ for _ in ()).throw(torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB'))",
            "(CUDA out of memory)",
        ),
    ],
)
def test_too_little_memory_is_one_line(capsys, fails, told):
    with pytest.raises(SystemExit) as ended:
        errors.run(lambda: eval(fails))
    line = str(ended.value)
    assert line.startswith("error: not enough memory (") and told in line and "\n" not in line


def test_other_errors_of_pytorch_keep_their_trace():
    with pytest.raises(RuntimeError, match="size of tensor"):
        errors.run(lambda: torch.zeros(2) + torch.zeros(3))


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
