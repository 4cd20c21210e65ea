"""The stages one by one: their imports, their error messages, and a study with one category and two seeds."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from conftest import GUARD, ROOT, copy_repository, imports, jpeg, run, run_stages, tiny_params, zip_of

from colorization.core import errors

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
MODELS = list(yaml.safe_load((ROOT / "params.yaml").read_text())["models"])


def test_photographs_of_one_category_and_two_seeds(tmp_path):
    """The only category is a folder with a number as its name: the judge is left out. Two models are trained twice."""
    params = tiny_params()
    path = zip_of(tmp_path / "flat.zip", {f"2019/{i}.jpg": jpeg(i) for i in range(60)})
    params["data"] |= {"source": "folder", "folder": {"path": str(path)}}
    params["train"] |= {"repeats": ["gan", "vae"], "seeds": 2}
    (tmp_path / "repository").mkdir()
    folder = copy_repository(tmp_path / "repository", params)
    assert "fewer than two categories" in run_stages(folder)
    table = pd.read_csv(folder / "metrics/table.csv")
    assert not {"recognised", "scene_frechet"} & set(table)
    seeds = pd.read_csv(folder / "metrics/seeds.csv").set_index(["model", "measure"])
    assert (seeds.seeds == 2).all() and seeds.loc[("gan", "delta_e"), "sd"] > 0
    repeats = pd.read_csv(folder / "metrics/seeds/gan.csv").set_index(["seed", "measure"])
    losses = pd.read_csv(folder / "metrics/history/seeds/gan.tsv", sep="\t")
    assert (losses.seed == 2).all() and list(losses.epoch) == [*range(1, len(losses) + 1)]
    assert losses.first_l1[0] > losses.train_l1.iloc[-1]
    other = repeats.value[2, "delta_e"]
    first = table.set_index("model").delta_e["gan"]
    assert seeds.loc[("gan", "delta_e"), "mean"] == pytest.approx((first + other) / 2, rel=1e-3)
    assert "standard deviation between seeds" in (folder / "report/index.html").read_text()
    assert not list((folder / ".checkpoints").glob("*/*/state.pt"))


NO_NUMBER = {"src/colorization/core", "stages/__init__.py"}  # they affect no result: stages do not depend on them


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_stage_depends_on_every_file_that_it_imports(stage):
    spec = PIPELINE[stage]
    script = ROOT / (spec["cmd"].split()[2].replace(".", "/") + ".py")
    for model in MODELS if "matrix" in spec else [""]:
        deps = {Path(dep.replace("${item.model}", model)) for dep in spec["deps"]} | {*map(Path, NO_NUMBER)}
        roots = {script} | ({ROOT / f"src/colorization/models/{model}/network.py"} if model else set())
        needed = {path.relative_to(ROOT) for path in closure(roots) if not says_nothing(path)}
        missing = {str(path) for path in needed if deps.isdisjoint([path, *path.parents])}
        assert not missing, f"{stage} imports files that dvc.yaml does not list"


def says_nothing(path: Path) -> bool:
    """Whether an __init__.py is empty or a docstring only. The library's own counts, too: only its users need it."""
    if path.name != "__init__.py":
        return False
    return path.parent.name == "colorization" or len(ast.parse(path.read_text()).body) <= 1


def closure(roots: set[Path]) -> set[Path]:
    """The files and all our files that they import; lazy imports count."""
    found, left = set(), [*roots]
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += imports(path)
    return found


@pytest.mark.parametrize("stage", PIPELINE)
def test_a_stage_script_is_short_and_does_nothing_at_import(stage):
    path = ROOT / (PIPELINE[stage]["cmd"].split()[2].replace(".", "/") + ".py")
    assert len(path.read_text().splitlines()) <= 40
    docstring, runner, main, run_it = ast.parse(path.read_text()).body
    assert ast.unparse(runner) == "from stages import run_stage" and isinstance(main, ast.FunctionDef)
    assert ast.unparse(run_it) == "if __name__ == '__main__':\n    run_stage(main)"


def test_the_stages_folder_contains_only_stages():
    scripts = {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__"}
    assert scripts == {spec["cmd"].split()[2].removeprefix("stages.") for spec in PIPELINE.values()}
    assert [type(node) for node in ast.parse((ROOT / "stages/__init__.py").read_text()).body[-1:]] == [ast.FunctionDef]


HEAVY = """
import ast, sys
(main,) = (node for node in ast.parse(open(sys.argv[1]).read()).body if isinstance(node, ast.FunctionDef))
begin = [node for node in main.body if isinstance(node, (ast.Import, ast.ImportFrom))]
exec(compile(ast.unparse(ast.Module(begin, [])), "", "exec"))
sys.exit(sys.argv[2] in sys.modules)
"""
LIGHT = ("download", "preprocess", "compare", "human_study", "claims", "plot", "report")


@pytest.mark.parametrize("stage, heavy", [*((name, "torch") for name in LIGHT), ("download", "kaggle")])
def test_light_stages_avoid_heavy_imports(stage, heavy):
    run([sys.executable, "-c", HEAVY, f"stages/{stage}.py", heavy], ROOT)


def test_a_wrong_number_of_arguments_prints_the_usage(tmp_path):
    for name, told in (("train", "stages.train: expected: python -m stages.train MODEL"),
                       ("compare gan", "stages.compare gan: expected: python -m stages.compare")):  # fmt: skip
        done = stage(tmp_path, name)
        assert (done.returncode, done.stderr) == (1, f"error: {told}\n")


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
    "missing folder": ("download", bad_source(lambda f: f / "nowhere"), "nowhere: folder or zip not found"),
    "no zip": ("download", bad_source(lambda f: f / "params.yaml"), "neither a folder nor a complete zip"),
    "texts": ("download", bad_source(text_folder), "1 files, but no photographs"),
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
        "unet: unknown model; the models are resnet, gan, vae, zhang",
    ),
    "nothing trained": ("evaluate gan", edit(), "run: dvc repro"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_reported_in_one_line(case, tmp_path):
    stages, change, told = BAD[case]
    params = tiny_params()
    (tmp_path / "params.yaml").touch()
    change(params, tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
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
        ("bytearray(2**60)", "all memory is in use"),
        (
            "torch.empty(2**55)",
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 144115188075855872 bytes)",
        ),
        (
            "(_ for _ in ()).throw(torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB'))",
            "(CUDA out of memory)",
        ),
    ],
)
def test_too_little_memory_is_reported_in_one_line(capsys, fails, told):
    with pytest.raises(SystemExit) as ended:
        errors.run(lambda: eval(fails))
    line = str(ended.value)
    assert line.startswith("error: not enough memory (") and told in line and "\n" not in line


def test_other_errors_of_pytorch_keep_their_traceback():
    with pytest.raises(RuntimeError, match="size of tensor"):
        errors.run(lambda: torch.zeros(2) + torch.zeros(3))


def test_a_full_disk_is_reported_in_one_line_and_leaves_nothing_half_written(tmp_path):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tiny_params()))
    limit = "import resource, runpy, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000));"  # a larger write fails as on a full disk
    code = limit + "runpy.run_module('stages.download', run_name='__main__')"
    env = os.environ | {"PYTHONPATH": f"{GUARD}{os.pathsep}{ROOT}", "DVC_ROOT": str(tmp_path)}
    done = run([sys.executable, "-c", code], tmp_path, check=False, env=env)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "error:" in done.stderr and "File too large" in done.stderr
    assert not list((tmp_path / "data/raw").iterdir())
