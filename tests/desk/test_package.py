"""The sdist builds the wheel, and the wheel colours a photograph in an environment of its own. No network."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile

import pytest
from conftest import ROOT, jpeg
from PIL import Image

import colorization

SDIST = "import setuptools.build_meta as backend, sys; backend.build_sdist(sys.argv[1])"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
STEM = f"{PROJECT['name'].replace('-', '_')}-{colorization.__version__}"


def run(*command, folder) -> str:
    """A command that succeeds, without the tests' PYTHONPATH."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([*map(str, command)], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the sdist of the files that git knows, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("built")
    source = folder / "source"
    names = run("git", "ls-files", "-z", "-co", "--exclude-standard", folder=ROOT).split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file() and not name.startswith(("results/", "figures/", "metrics/", "tests/web")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-c", SDIST, folder, folder=source)
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, folder / f"{STEM}.tar.gz", folder=folder)
    return folder


def contents(built) -> set[str]:
    return set(zipfile.ZipFile(built / f"{STEM}-py3-none-any.whl").namelist())


def test_the_wheel_has_the_page_the_network_and_its_card_and_none_of_the_papers(built):
    names = contents(built)
    source = ROOT / "src"
    files = (path for path in source.glob("colorization/page/**/*.*") if path.suffix != ".pyc")
    page = {path.relative_to(source).as_posix() for path in files}
    assert page <= names and {f"colorization/photo/weights/ours.{kind}" for kind in ("onnx", "md")} <= names
    assert "colorization/py.typed" in names and "colorization/__init__.pyi" in names
    assert not [name for name in names if name.startswith("colorization/photo/weights/") and "/ours." not in name
                and not name.endswith("README.md")]  # fmt: skip
    assert not [name for name in names if name.split("/")[0] not in ("colorization", f"{STEM}.dist-info")]


def test_the_sdist_is_small_and_has_what_the_wheel_needs(built):
    with tarfile.open(built / f"{STEM}.tar.gz") as archive:
        names = {name.removeprefix(f"{STEM}/") for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", PROJECT["readme"], "src/colorization/photo/weights/ours.onnx"} <= names
    assert not [
        name for name in names if name.startswith(("tests", "results", "presets", "src/colorization/photo/weights/vae"))
    ]


def test_the_wheel_colours_in_an_environment_of_its_own(built, tmp_path):
    """The packages that it needs are ours, by a .pth file; ours of this checkout are not."""
    place = tmp_path / "venv"
    venv.create(place, with_pip=False)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    options = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    wheel = built / f"{STEM}-py3-none-any.whl"
    run(sys.executable, "-m", "pip", "--python", python, "install", *options, wheel, folder=tmp_path)
    [site] = place.glob("Lib/site-packages" if os.name == "nt" else "lib/*/site-packages")
    (site / "needed.pth").write_text(sysconfig.get_path("purelib"))
    (tmp_path / "photo.jpg").write_bytes(jpeg(1))
    colorize = python.with_name("colorize.exe" if os.name == "nt" else "colorize")
    assert run(colorize, "--version", folder=tmp_path) == f"colorize {colorization.__version__}\n"
    assert "with ours: photo-colorized.jpg" in run(colorize, "photo.jpg", folder=tmp_path)
    assert Image.open(tmp_path / "photo-colorized.jpg").size == (80, 64)
    where = "import colorization; print(colorization.__file__)"
    assert str(site) in run(python, "-c", where, folder=tmp_path)


def test_the_classifiers_name_the_pythons_of_the_workflow():
    text = (ROOT / ".github/workflows/tests.yml").read_text("utf-8")
    named = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["classifiers"]))
    assert text.count(f"python: {json.dumps(named)}") == 2
