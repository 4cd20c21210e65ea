"""Shared by the tests: generated photographs, tiny parameters, a copy of the repository to run."""

import ast
import importlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import parameters
import pytest
import yaml
from filelock import FileLock
from PIL import Image, ImageFilter
from slow import names as slow_names

os.environ["OMP_NUM_THREADS"] = "1"  # before the import of torch: on tiny arrays, threads only wait for each other

ROOT = Path(__file__).resolve().parents[1]
GUARD = ROOT / "tests/guard"
STUDIES = {"study", "repository"}  # fixtures that run every stage once
NETWORK_LOG = Path(tempfile.mkdtemp(prefix="colorization-tests-")) / "network"
os.environ["NETWORK_LOG"] = str(NETWORK_LOG)
sys.path.insert(0, str(ROOT))  # for stages and tools
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(GUARD), os.environ.get("PYTHONPATH")]))
sys.path.insert(0, str(GUARD))
sys.modules.pop("sitecustomize", None)
importlib.import_module("sitecustomize")


@pytest.fixture(autouse=True)
def no_network():
    """Fails a test if it, or a Python that it started, connects to another machine."""
    yield
    if NETWORK_LOG.exists():
        asked = NETWORK_LOG.read_text()
        NETWORK_LOG.unlink()
        pytest.fail(f"the network was asked: {asked}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Two workers per core: many tests wait for a process to end or a browser to draw."""
    return 2 * os.cpu_count()


def pytest_collection_modifyitems(items):
    """Mark slow tests, and run the slowest files first, so that all workers end at about the same time."""
    listed = slow_names()
    for item in items:
        if item.nodeid.partition("[")[0] in listed or STUDIES & set(item.fixturenames):
            item.add_marker("slow")
    slow = ("test_pipeline", "test_processes", "test_stages", "test_training", "test_reruns", "test_publish",
            "test_human_study_page", "test_page", "test_serve", "test_try_page", "test_benchmarks", "test_faults",
            "test_kaggle", "test_elsewhere", "test_package")  # fmt: skip
    items.sort(key=lambda item: slow.index(item.path.stem) if item.path.stem in slow else len(slow))  # a stable sort


def pytest_unconfigure():
    shutil.rmtree(NETWORK_LOG.parent, ignore_errors=True)


def jpeg(seed: int, size=(80, 64), *, gray: bool = False) -> bytes:
    """A smooth random photograph, colourful or gray."""
    noise = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2))
    buffer = io.BytesIO()
    (image.convert("L") if gray else image).save(buffer, "jpeg", quality=95)
    return buffer.getvalue()


class Stub:
    """In place of a network: warm colours, at once."""

    takes_hints = takes_references = False

    def colorize(self, L, known):
        return np.full((2, *L.shape), 0.3, np.float32)


def in_process(monkeypatch, capsys):
    """A function: arguments → the command `colorize` run in this process: exit status, stdout and stderr."""
    from colorization.command import main as command

    def run(*arguments) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["colorize", *map(str, arguments)])
        try:
            command.main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
            if isinstance(end.code, str):
                print(end.code, file=sys.stderr)
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def quick(tmp_path, monkeypatch, capsys):
    """Runs the command in `tmp_path` with a stub of a network: exit status, stdout and stderr."""
    from colorization.photo.colorizer import PhotoColorizer

    stub = PhotoColorizer(Stub(), image_size=32, threads=1)
    monkeypatch.setattr("colorization.photo.colorizer.load", lambda *arguments, **options: stub)
    if "COLORIZATION_WORKERS" not in os.environ:  # other processes may not have the stub
        monkeypatch.setenv("COLORIZATION_WORKERS", "1")
    monkeypatch.chdir(tmp_path)

    return in_process(monkeypatch, capsys)


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tiny_params(every_model: bool = False) -> dict:
    """Parameters as a tree, in the smallest sizes that still run: the paper's models and one more, or every model."""
    tree = parameters.every_model()
    tree["data"] |= {"image_size": 32, "resize": 32, "limit": 24}
    models = tree["models"]
    models["resunet"] |= {"width": 4, "depth": 2}
    models["ours"] |= {"width": 8}
    models["pix2pix"] |= {"width": 4, "depth": 2, "discriminator_width": 4, "discriminator_layers": 1}
    for name in () if every_model else ("pix2pix", "resunet", "ours"):  # the one more has a temperature
        del models[name]
    for block in models.values():
        block |= {"epochs": 1, "batch_size": 8}
    models["resnet"]["width"] = 1
    models["gan"] |= {"width": 4, "depth": 2, "discriminator_width": 4, "discriminator_layers": 1}
    models["vae"]["latent_channels"] = 4
    models["zhang"]["width"] = 1
    tree["human_study"]["models"] = ["resnet", "gan", "vae"]
    tree["hints"]["models"] = ["ours"] if every_model else []
    tree["classifier"] |= {"epochs": 1, "width": 2}
    tree["evaluate"]["samples"] = 2
    tree["compare"] |= {"resamples": 200, "frechet_resamples": 100}
    tree["tradeoff"] |= {"saturations": [1.5], "gains": [2.0], "temperatures": [0.5], "frechet_resamples": 100}
    tree["hints"] |= {"counts": [0, 3], "floor_side": 16, "photographs": 6}
    tree["plot"]["examples"] = 2
    return tree


def copy_repository(to: Path, params: dict) -> Path:
    """A git repository, branch main, with this one's files, committed or not, and the given parameters."""
    names = run(["git", "ls-files", "-co", "--exclude-standard"], ROOT).stdout.split("\n")
    for name in filter(None, names):
        result = name == "dvc.lock" or name.startswith(("metrics/", "figures/")) and not name.endswith("README.md")
        if (ROOT / name).is_file() and not result:
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, to / name)
    (to / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    for command in ("init -q -b main", "add -A", "-c user.name=t -c user.email=t@t commit -qm start"):
        run(["git", *command.split()], to)
    run(["git", "config", "user.name", "t"], to)
    run(["git", "config", "user.email", "t@t"], to)
    return to


STAGES = """
import importlib, inspect, sys
sys.path[:0] = [".", "src"]
from colorization.core.params import load_config
ORDER = '''download preprocess describe train export classify floors evaluate tradeoff hints repeat compare human_study
 claims plot report'''
config = load_config()
OWN = {"hints": config.hints.models, "repeat": config.train.repeats}
for stage in ORDER.split():
    main = importlib.import_module(f"stages.{stage}").main
    for words in ((name,) for name in OWN.get(stage, config.models)) if inspect.signature(main).parameters else [()]:
        main(*words)
"""


def run_stages(folder: Path) -> str:
    """Run all stages of a copy of the repository in one process, which saves their start-up; returns their output."""
    return run([sys.executable, "-c", STAGES], folder, env=os.environ | {"DVC_ROOT": "."}).stdout


@pytest.fixture(scope="session")
def study(tmp_path_factory, worker_id):
    """A copy of the repository in which every stage has run once, on tiny data; the workers share it unchanged."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "study"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            made = copy_repository(tmp_path_factory.mktemp("study"), tiny_params())
            run_stages(made)
            dvc(made, "commit", "--force")  # as if dvc had run the stages; .ci/run runs the sample with dvc
            run(["git", "add", "-A"], made)
            run(["git", "commit", "-qm", "results"], made)
            made.rename(folder)
    return folder


@pytest.fixture(scope="module")
def repository(study, tmp_path_factory):
    """A copy of the study for the tests of one file; each test restores it."""
    return shutil.copytree(study, tmp_path_factory.mktemp("repository") / "repository", symlinks=True)


def run(command: list[str], folder: Path, *, check: bool = True, **kwargs) -> subprocess.CompletedProcess:
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=600, **kwargs)
    assert not check or done.returncode == 0, f"{command}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


def dvc(folder: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess:
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return run([sys.executable, "-m", "dvc", *command], folder, check=check, env=env)


@pytest.fixture(scope="session")
def node():
    """The path of node."""
    path = shutil.which("node")
    if path is None:
        assert "CI" not in os.environ, "CI needs node: apt-get install nodejs"
        pytest.skip("no node on the PATH")
    return path


@pytest.fixture(scope="session")
def chromium():
    """Headless Chromium; if it is missing, its tests are skipped, but never in CI."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not path:
        assert "CI" not in os.environ, "CI needs Chromium: apt-get install chromium"
        pytest.skip("no Chromium on the PATH")
    quiet = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=quiet.split())
        yield browser
        browser.close()


@contextmanager
def watched_page(chromium, **options):
    """A page in a context with Playwright's options. Raises on any console error, uncaught exception or network
    request."""
    context = chromium.new_context(accept_downloads=True, **options)
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else faults.append(r.url))
    yield page
    context.close()
    assert not faults


@pytest.fixture
def page(chromium):
    """A page that fails its test on any console error, uncaught exception or network request."""
    with watched_page(chromium) as page:
        yield page


@pytest.fixture(scope="session")
def html(tmp_path_factory):
    """The address of the report's page of an invented study."""
    from study_page import run

    from colorization.report.page import render

    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(render(run()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder like one after `make repro`: two untrained but colourful models for 32 px, with scores.

    Their descriptions give more training photographs than any other model has.
    """
    import torch

    from colorization.models.common.weights import build, save_model

    folder = tmp_path_factory.mktemp("trained")
    networks = {
        "resnet": {"width": 1, "predicts": "ab"},
        "vae": {"latent_channels": 4, "kl_weight": 0.1, "encoder_weights": "none", "predicts": "ab"},
    }
    for name, network in networks.items():
        torch.manual_seed(1)
        model = build(name, network)
        model.head.weight.data *= 4
        path, about = folder / f"models/{name}.safetensors", {"image_size": 32, "photographs": 10**9}
        save_model(path, model.state_dict(), name=name, network=network, about=about)
    columns = ("delta_e", "psnr", "colorfulness_ratio")
    rows = {"gray": (9.9, 21.0, 0.0), "vae": (8.4, 23.3, 0.6), "resnet": (9.4, 22.5, 0.5)}
    (folder / "metrics/scores").mkdir(parents=True)
    for name, row in rows.items():
        (folder / f"metrics/scores/{name}.json").write_text(json.dumps(dict(zip(columns, row))))
    return folder


def hear_ctrl_c() -> None:
    """For a new process: Ctrl-C reaches it, even if the tests run as a shell's background job, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def may_unshare(*options: str) -> bool:
    """Whether this user may create private namespaces, as for mounts or the network."""
    return subprocess.run(["unshare", "-r", *options, "true"], capture_output=True, check=False).returncode == 0


def imports(path: Path) -> list[Path]:
    """Our files that a file imports; lazy imports count."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in filter(lambda name: name.split(".")[0] in ("colorization", "stages", "tools"), names):
            base = (ROOT / "src" if name.startswith("colorization") else ROOT) / name.replace(".", "/")
            found += [file for file in (base.with_suffix(".py"), base / "__init__.py") if file.exists()]
    return found


def dirty(folder):
    return run(["git", "status", "--porcelain"], folder).stdout
