"""A run on Kaggle's machines, against a local server with Kaggle's API, and the kernel's own script on this machine."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
import yaml
from conftest import GUARD, ROOT, copy_repository, jpeg, run, tiny_params

sys.path.insert(0, str(ROOT / "tests/sources"))
from kaggle_server import SIGNATURE, KaggleServer

from colorization.core.errors import InputError
from tools import kaggle_run, set_params
from tools.kaggle_run import script
from tools.set_params import changed

SERVICE = "kernels.KernelsApiService/"
FOLLOW = """
from tools import kaggle_run
kaggle_run.EVERY = 0.01
from colorization.core.errors import run
run(kaggle_run.main)
"""


@dataclass
class Kernels:
    """What the server knows of kernels: each push starts one, which goes through `states` and leaves `output`."""

    server: KaggleServer
    states: list[tuple[str, str]]  # the next answers; the last one stays
    outputs: list[dict[str, bytes]]  # of each pushed kernel
    refusal: str = ""
    log: str = json.dumps([{"data": "installing\n"}, {"data": "no space left\n"}])
    pushed: list[dict] = field(default_factory=list)
    pages: int = 0

    def __post_init__(self):
        self.server.calls = {
            SERVICE + "SaveKernel": self.push,
            SERVICE + "GetKernelSessionStatus": self.status,
            SERVICE + "ListKernelSessionOutput": self.output,
        }

    def push(self, body):
        self.pushed.append(body)
        return 200, {"error": self.refusal, "url": f"https://www.kaggle.com/code/{body['slug']}", "versionNumber": 1}

    def status(self, body):
        state, why = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return 200, {"status": state, "failureMessage": why}

    def output(self, body):
        self.pages += 1
        files = self.outputs[len(self.pushed) - 1]
        number = int(body.get("pageToken") or 0)
        (name, content) = list(files.items())[number]
        path = f"/storage/kernel/{len(self.pushed)}/{name}"
        self.server.files[path] = content
        last = number + 1 == len(files)
        url = f"http://127.0.0.1:{self.server.port}{path}?{SIGNATURE}"
        return 200, {"files": [{"fileName": name, "url": url}], "nextPageToken": "" if last else str(number + 1),
                     "log": self.log}  # fmt: skip


def done(finished: bool, **files: bytes) -> dict[str, bytes]:
    return {"done.json": json.dumps({"finished": finished, "revision": "r"}).encode(), **files}


RESULTS = {"results/paper/README.md": b"# paper\n", "models/vae.safetensors": b"weights"}


@pytest.fixture
def place(tmp_path):
    """A clone with a public address and the presets, in a home of its own."""
    clone = tmp_path / "clone"
    clone.mkdir()
    run(["git", "init", "-q", "-b", "main"], clone)
    (clone / "presets").symlink_to(ROOT / "presets")
    for name in ("user.name", "user.email"):
        run(["git", "config", name, "t@t"], clone)
    run(["git", "commit", "-q", "--allow-empty", "-m", "start"], clone)
    run(["git", "remote", "add", "origin", "git@github.com:somebody/colorization.git"], clone)
    run(["git", "update-ref", "refs/remotes/origin/main", "HEAD"], clone)
    return clone


def follow(place, server, *arguments, **variables):
    env = {"PATH": os.environ["PATH"], "HOME": str(place.parent), "KAGGLE_USERNAME": "somebody", "KAGGLE_KEY": "SECRET",
           "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"} | server.environment() | variables  # fmt: skip
    command = [sys.executable, "-c", FOLLOW, *arguments]
    found = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, timeout=120)
    assert "SECRET" not in found.stdout + found.stderr and "Traceback" not in found.stderr
    return found


def wanted_of(body) -> dict:
    names: dict = {}
    exec(next(line for line in body["text"].splitlines() if line.startswith("WANTED")), {"json": json}, names)
    return names["WANTED"]


def test_two_sessions_and_the_results_come_home(place):
    states = [("QUEUED", ""), ("RUNNING", ""), ("COMPLETE", ""), ("RUNNING", ""), ("COMPLETE", "")]
    with KaggleServer(b"") as server:
        kernels = Kernels(server, states, [done(False, **{"state.tar": b"tar"}), done(True, **RESULTS)])
        found = follow(place, server, "paper", "--set", "models.gan.l1_weight=50")
    assert found.returncode == 0, found.stderr
    first, second = kernels.pushed
    assert first["slug"] == "somebody/colorization-paper-1" and second["slug"] == "somebody/colorization-paper-2"
    assert first["datasetDataSources"] == ["puneet6060/intel-image-classification"] and first["enableGpu"]
    assert first["enableInternet"] and first["isPrivate"] and first["machineShape"] == "NvidiaTeslaT4"
    assert not first.get("kernelDataSources") and second["kernelDataSources"] == ["somebody/colorization-paper-1"]
    wanted = wanted_of(first)
    assert wanted == wanted_of(second)
    assert wanted["address"] == "https://github.com/somebody/colorization.git"
    assert wanted["revision"] == run(["git", "rev-parse", "HEAD"], place).stdout.strip()
    assert wanted["changes"] == ["models.gan.l1_weight=50"] and wanted["preset"] == "presets/paper.yaml"
    assert (place / "results/paper/README.md").read_bytes() == b"# paper\n"
    assert (place / ".checkpoints/kaggle-run/paper/models/vae.safetensors").read_bytes() == b"weights"
    assert not (place / ".checkpoints/kaggle-run/paper.json").exists()
    assert "session 2: https://www.kaggle.com/code/somebody/colorization-paper-2" in found.stdout


def test_a_second_call_follows_the_run_that_was_pushed(place):
    with KaggleServer(b"") as server:
        kernels = Kernels(server, [("RUNNING", "")], [done(True, **RESULTS)])
        server.calls[SERVICE + "GetKernelSessionStatus"] = lambda body: (500, {"code": 500})
        found = follow(place, server, "paper")
        assert found.returncode == 1 and "run it again later" in found.stderr
        kernels.__post_init__()
        kernels.states = [("COMPLETE", "")]
        other = follow(place, server, "paper", "--set", "train.seed=2")
        assert other.returncode == 1 and "a run of this name has other parameters" in other.stderr
        assert follow(place, server, "paper").returncode == 0
    assert len(kernels.pushed) == 1 and kernels.pages == 3


@pytest.mark.parametrize(
    "state, told",
    [
        (("ERROR", "Your notebook failed"), "failed on Kaggle (Your notebook failed; installing; no space left)"),
        (("CANCEL_ACKNOWLEDGED", ""), "was cancelled on Kaggle"),
    ],
)
def test_a_failed_session_is_one_line_and_is_pushed_again(place, state, told):
    with KaggleServer(b"") as server:
        kernels = Kernels(server, [state], [done(True, **RESULTS)] * 2)
        found = follow(place, server, "paper")
        assert found.returncode == 1 and told in found.stderr.strip().splitlines()[-1]
        kernels.states = [("COMPLETE", "")]
        assert follow(place, server, "paper").returncode == 0
    assert [body["slug"] for body in kernels.pushed] == ["somebody/colorization-paper-1"] * 2


def test_what_kaggle_refuses_is_one_line(place):
    with KaggleServer(b"") as server:
        Kernels(server, [("COMPLETE", "")], [{}], refusal="Maximum weekly GPU quota of 30.00 hours reached.")
        found = follow(place, server, "paper")
        assert found.returncode == 1 and found.stderr.count("\n") == 1
        assert "Kaggle refused it (Maximum weekly GPU quota of 30.00 hours reached.)" in found.stderr
        server.calls[SERVICE + "SaveKernel"] = lambda body: (401, {"code": 401, "message": "SECRET"})
        assert "Kaggle rejected the credentials (HTTP 401)" in follow(place, server, "paper").stderr


def test_a_download_that_broke_off_is_continued(tmp_path, monkeypatch):
    home, file = tmp_path / "home", tmp_path / "run.json"
    home.mkdir()
    (home / "first.tar").write_bytes(b"kept")
    file.touch()

    def bring(kernel, folder):
        assert (folder / "first.tar").read_bytes() == b"kept"
        for name, content in (done(True) | RESULTS).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(kaggle_run, "follow", lambda kernel: None)
    monkeypatch.setattr(kaggle_run, "kernel_of", lambda state, session: "somebody/paper-1")
    monkeypatch.setattr(kaggle_run.kernels, "bring", bring)
    kaggle_run.complete({"session": 1, "wanted": {"name": "paper"}}, file, home)
    assert (tmp_path / "results/paper/README.md").exists() and not file.exists()


def test_a_file_outside_of_its_folder_is_refused(place):
    with KaggleServer(b"") as server:
        Kernels(server, [("COMPLETE", "")], [{"../../outside": b"x"}])
        found = follow(place, server, "paper")
    assert "names a file outside of its folder" in found.stderr and not (place / ".checkpoints/outside").exists()


def test_bad_input_is_told_before_anything_is_pushed(place):
    with KaggleServer(b"") as server:
        kernels = Kernels(server, [("COMPLETE", "")], [{}])
        for arguments, told in (
            (["papre"], "presets/papre.yaml: file not found"),
            (["paper", "--set", "models.gan.l2=1"], "models.gan.l2=1: no such parameter"),
            (["paper", "--set", "train.seed=x"], "train.seed"),
            (["paper", "--name", "../x"], "--name ../x"),
        ):
            found = follow(place, server, *arguments)
            assert found.returncode == 1 and told in found.stderr and found.stderr.count("\n") == 1, found.stderr
        run(["git", "commit", "-q", "--allow-empty", "-m", "not pushed"], place)
        run(["git", "update-ref", "refs/remotes/fork/main", "HEAD"], place)  # Kaggle clones from origin
        assert "push it first" in follow(place, server, "paper").stderr
        run(["git", "remote", "set-url", "origin", "/srv/git"], place)
        assert "not the address of a public repository" in follow(place, server, "paper").stderr
    assert not kernels.pushed


def test_changes_keep_the_comments_of_a_preset():
    text = (ROOT / "presets/paper.yaml").read_text(encoding="utf-8")
    found = changed(text, ["models.gan.l1_weight=50", "data.folder.path={a: x, b: y}", "train.seed=7"])
    assert found.splitlines()[0] == text.splitlines()[0] and "# pix2pix" in found
    tree = yaml.safe_load(found)
    assert tree["models"]["gan"]["l1_weight"] == 50 and tree["data"]["folder"]["path"] == {"a": "x", "b": "y"}
    assert yaml.safe_load(changed(text, [])) == yaml.safe_load(text)
    for wrong in ("models.gan.l1", "models.gan.l1_weight", "a.b=1", "train.seed.x=1", "train.seed=[1"):
        with pytest.raises(InputError, match="no such parameter or value|not a change"):
            changed(text, [wrong])


def test_a_bad_value_leaves_params_as_they_were(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text("mine")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["set_params", str(ROOT / "presets/paper.yaml"), "models.gan.lr=-1"])
    with pytest.raises(InputError, match="models.gan.lr: must be above 0"):
        set_params.main()
    assert (tmp_path / "params.yaml").read_text() == "mine"


@pytest.mark.slow
def test_the_kernel_continues_a_session_and_publishes(tmp_path):
    """The pushed script itself, with the sample's photographs as the attached data set; no network."""
    params = tiny_params()
    params["models"] = {"resnet": params["models"]["resnet"]}
    params["human_study"]["models"], params["hints"]["models"] = ["resnet"], []
    (tmp_path / "origin").mkdir()
    origin = copy_repository(tmp_path / "origin", params)
    (origin / "presets/trial.yaml").write_text("# a trial\n" + (origin / "params.yaml").read_text())
    run(["git", "add", "-A"], origin)
    run(["git", "commit", "-qm", "a preset"], origin)
    data = tmp_path / "given/datasets/somebody/photographs"
    for category in ("sea", "street"):
        for i in range(30):
            path = data / f"photographs/{category}/{i}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(jpeg(100 * len(category) + i))
    wanted = {
        "address": str(origin), "revision": run(["git", "rev-parse", "HEAD"], origin).stdout.strip(), "name": "trial",
        "preset": "presets/trial.yaml", "changes": ["train.seed=7"], "folder": "photographs", "hours": 0.0,
        "install": ["ln", "-s", sys.prefix, ".venv"],
    }  # fmt: skip

    def session(number: int, hours: float):
        text = script(wanted | {"hours": hours})
        working, given = tmp_path / f"working-{number}", tmp_path / "given"
        working.mkdir()
        for path, ours in (("/kaggle/input", given), ("/kaggle/working", working),
                           ("/kaggle/tmp/study", tmp_path / f"clone-{number}")):  # fmt: skip
            text = text.replace(f'Path("{path}")', f"Path({str(ours)!r})")
        (tmp_path / "script.py").write_text(text)
        env = os.environ | {"PYTHONPATH": str(GUARD)}
        run([sys.executable, "script.py"], tmp_path, env=env)
        return working, json.loads((working / "done.json").read_text())["finished"]

    working, finished = session(1, 12 / 3600)
    assert not finished and (working / "state.tar").stat().st_size
    (tmp_path / "given/colorization-trial-1").mkdir()
    (working / "state.tar").rename(tmp_path / "given/colorization-trial-1/state.tar")
    working, finished = session(2, 1.0)
    assert finished and "# trial" in (working / "results/trial/README.md").read_text()
    assert "seed: 7" in (working / "results/trial/params.yaml").read_text()
    assert (working / "models/resnet.safetensors").exists() and not (working / "state.tar").exists()
