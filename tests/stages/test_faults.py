"""Kills, full disks, a damaged cache, two runs at once: the tests that take seconds. The long ones: make chaos."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml
from chaos import processes
from conftest import GUARD, ROOT, hear_ctrl_c, jpeg, may_unshare, run, tiny_params, zip_of

from colorization.core.errors import InputError
from colorization.core.files import replacing, write_bytes
from colorization.core.process import hold

DVC = [sys.executable, "-m", "dvc"]
HERE = os.environ | {"PYTHONPATH": f"{GUARD}{os.pathsep}{ROOT}"}  # run our stages in another folder
linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")


def start(folder, *words, **variables):
    """Start a stage in a new process group, as a terminal does."""
    env = HERE | {"COLORIZATION_WORKERS": "2"} | variables
    return subprocess.Popen(
        [sys.executable, "-m", *words], cwd=folder, env=env, start_new_session=True, text=True,
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, preexec_fn=hear_ctrl_c,
    )  # fmt: skip


@pytest.fixture
def many(tmp_path):
    """A study whose photographs take seconds to decode."""
    params = tiny_params()
    params["data"]["limit"] = 0
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    (tmp_path / "data/raw").mkdir(parents=True)
    photograph = jpeg(1, (600, 400))
    zip_of(tmp_path / "data/raw/photos.zip", {f"{i}.jpg": photograph for i in range(2000)})
    (tmp_path / "data/raw/download.json").write_text('{"source": "folder"}')
    return tmp_path


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_preprocess_leaves_no_decoder_behind(many, number):
    stage, scratch = start(many, "stages.preprocess"), many / "data/lab/decoded.part"
    assert processes.wait(lambda: scratch.exists() and scratch.stat().st_size, 60) and stage.poll() is None
    assert len(processes.working_in(many)) >= 3, "the stage and two workers"
    if number == signal.SIGINT:
        os.killpg(stage.pid, number)
    else:
        stage.send_signal(number)
    output = stage.communicate(timeout=60)[1]
    assert processes.wait(lambda: not processes.working_in(many), 5), processes.end_all(many)
    if number == signal.SIGINT:
        assert output == "interrupted; run it again to continue\n" and not scratch.exists()


@linux
def test_ctrl_c_during_the_imports_is_reported_in_one_line(tmp_path):
    stage = start(tmp_path, "stages.train", "vae")
    maps = Path(f"/proc/{stage.pid}/maps")
    assert processes.wait(lambda: "torch" in maps.read_text(), 60)
    stage.send_signal(signal.SIGINT)
    assert stage.communicate(timeout=60)[1] == "interrupted; run it again to continue\n"


@linux
def test_a_stage_does_not_start_if_dvc_was_killed(tmp_path):
    """dvc dies before the stage asks for a signal at its parent's death; a stage tells it, whoever adopted it."""
    run([*DVC, "init", "--no-scm"], tmp_path)
    slow = f"touch begun; sleep 1; {sys.executable} -m stages.claims 2> said; touch ended"
    stage = {"cmd": slow, "outs": ["said"]}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"claims": stage}}))
    dvc = subprocess.Popen(
        [*DVC, "repro"], cwd=tmp_path, env=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert processes.wait((tmp_path / "begun").exists, 60)
    dvc.kill()
    dvc.wait()
    assert processes.wait((tmp_path / "ended").exists, 60)
    assert (tmp_path / "said").read_text() == "error: the dvc that started this stage has ended\n"


def test_two_writers_of_one_file_are_not_mixed(tmp_path):
    path = tmp_path / "scores.csv"
    with replacing(path) as file:
        file.write(b"one")
        with pytest.raises(InputError, match="scores.csv: another process is writing it"):
            write_bytes(path, b"two")
        file.write(b" whole")
    assert path.read_bytes() == b"one whole"
    assert list(tmp_path.iterdir()) == [path]


def test_many_writers_leave_a_whole_file(tmp_path):
    """Threads stand in for processes: each opens the file itself, so each has its own lock."""
    path, done = tmp_path / "scores.csv", []

    def write(letter):
        for _ in range(300):
            try:
                write_bytes(path, letter * 100_000)
                done.append("wrote")
            except InputError:
                done.append("gave way")

    writers = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            content = path.read_bytes()
            assert len(content) == 100_000 and len(set(content)) == 1
    assert len(done) == 900 and "wrote" in done and list(tmp_path.iterdir()) == [path]


def test_a_half_written_file_does_not_block_later_writers(tmp_path):
    (tmp_path / "scores.csv.part").write_bytes(b"half of what a killed process wrote")
    write_bytes(tmp_path / "scores.csv", b"whole")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"scores.csv": b"whole"}


@pytest.fixture
def recorded(tmp_path):
    """A workspace with one table that dvc recorded and cached as an input of the stage claims."""
    run([*DVC, "init", "--no-scm"], tmp_path)
    table = tmp_path / "metrics/table.csv"
    write_bytes(table, b"model,delta_e\n")
    digest = hashlib.md5(table.read_bytes()).hexdigest()
    write_bytes(tmp_path / f".dvc/cache/files/md5/{digest[:2]}/{digest[2:]}", table.read_bytes())
    lock = {"compare": {"cmd": "python", "outs": [{"path": "metrics/table.csv", "md5": digest}]}}
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": lock}))
    shutil.copyfile(ROOT / "dvc.yaml", tmp_path / "dvc.yaml")
    return tmp_path


def starts(folder, *words):
    """The error of a stage that starts as under dvc, in dvc's session."""
    env = HERE | {"DVC_STAGE": "claims"}
    done = run([sys.executable, "-m", *words], folder, check=False, env=env)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    return done.stderr


def test_an_input_that_dvc_did_not_record_is_refused(recorded):
    assert "params.yaml: file not found" in starts(recorded, "stages.claims"), "it got past its inputs"
    (recorded / "metrics/table.csv").write_bytes(b"model,delta_f\n")
    assert starts(recorded, "stages.claims").startswith("error: metrics/table.csv: differs from dvc.lock; run: ")


def test_repair_removes_only_damaged_files_of_dvc(recorded):
    mend, committed = [sys.executable, "-m", "tools.repair"], (recorded / "dvc.lock").read_text()
    for command in ("init -q", "add dvc.lock", "-c user.name=t -c user.email=t@t commit -qm start"):
        run(["git", *command.split()], recorded)
    assert "2 dvc files checked, 0 damaged" in run(mend, recorded, env=HERE).stdout
    (whole,) = (recorded / ".dvc/cache/files/md5").glob("*/*")
    folders = write_in_place(recorded, b"[]", ".dir")  # dvc's list of the files in a folder
    damaged = write_in_place(recorded, b"scores")
    damaged.write_bytes(b"scorer")
    write_bytes(recorded / ".dvc/cache/runs/ab/abc/def", b"cmd: python -m stages.claims\ndeps:\n- path: x\n  md5: '0'")
    (recorded / ".dvc/cache/runs/ab/abd").mkdir()
    write_bytes(recorded / ".dvc/tmp/rwlock", b"")
    (recorded / "dvc.lock").write_text(committed.partition("path")[0] + "pa")
    assert "6 dvc files checked, 4 damaged; run: dvc repro" in run(mend, recorded, env=HERE).stdout
    assert whole.exists() and folders.exists() and not damaged.exists()
    assert not list((recorded / ".dvc/cache/runs/ab").iterdir()), "dvc fails on empty folders, too"
    assert "3 dvc files checked, 0 damaged" in run(mend, recorded, env=HERE).stdout
    assert (recorded / "dvc.lock").read_text() == committed


def write_in_place(workspace, content, suffix=""):
    digest = hashlib.md5(content).hexdigest()
    path = workspace / f".dvc/cache/files/md5/{digest[:2]}/{digest[2:]}{suffix}"
    write_bytes(path, content)
    return path


def test_a_stage_runs_once_at_a_time_in_a_workspace(many):
    (many / ".dvc").mkdir()
    first, scratch = start(many, "stages.preprocess"), many / "data/lab/decoded.part"
    assert processes.wait(scratch.exists, 60)
    refused = start(many, "stages.preprocess").communicate(timeout=60)[1]
    assert refused == "error: another process is running stages.preprocess here; wait for it or stop it\n"
    assert first.poll() is None, "it goes on"
    first.kill()
    first.communicate()


@pytest.mark.parametrize("rank", ["0", "4"])
def test_processes_on_other_machines_belong_to_the_same_run(tmp_path, rank):
    """torchrun with four processes on each of two machines that share a checkout; rank 4 is the first of the second."""
    path = tmp_path / ".dvc/tmp/stages/stages.claims.lock"
    path.parent.mkdir(parents=True)
    with open(path, "w") as lock:
        assert hold(lock)
        told = start(tmp_path, "stages.claims", RANK=rank, LOCAL_RANK="0").communicate(timeout=60)[1]
    assert ("another process is running stages.claims here" in told) == (rank == "0")
    assert ("params.yaml: file not found" in told) == (rank == "4"), "it goes on to its work"


LIMITED = """
import resource, runpy, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))  # a write past it fails as on a full disk
sys.argv = sys.argv[2:]
runpy.run_module(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A preprocessed study."""
    folder = tmp_path_factory.mktemp("packed")
    (folder / "params.yaml").write_text(yaml.safe_dump(tiny_params()))
    for stage in ("download", "preprocess"):
        run([sys.executable, "-m", f"stages.{stage}"], folder, env=HERE)
    return folder


@pytest.mark.parametrize(
    "stage, limit, path",
    [
        ("preprocess", 10_000, "data/lab/decoded.part"),
        ("train vae", 10_000, ".checkpoints/vae"),
    ],
)
def test_a_file_that_cannot_grow_is_reported_in_one_line_with_its_name(packed, tmp_path, stage, limit, path):
    shutil.copytree(packed, tmp_path, dirs_exist_ok=True)
    if stage == "preprocess":
        shutil.rmtree(tmp_path / "data/lab")
    module, *names = stage.split()
    command = [sys.executable, "-c", LIMITED, str(limit), f"stages.{module}", *names]
    done = run(command, tmp_path, check=False, env=HERE | {"DVC_ROOT": str(tmp_path)})
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert path in line and "File too large" in line
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.skipif(not may_unshare("-m"), reason="needs a mount namespace, which this user may not make")
@pytest.mark.parametrize(
    "mounts, cause",
    [
        ("mount -t tmpfs -o size=64k tmpfs data/raw", "No space left on device"),
        ("mount --bind data/raw data/raw && mount -o remount,bind,ro data/raw", "Read-only file system"),
    ],
)
def test_an_unwritable_folder_is_reported_in_one_line_and_works_later(tmp_path, mounts, cause):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tiny_params()))
    (tmp_path / "data/raw").mkdir(parents=True)
    download = [sys.executable, "-m", "stages.download"]
    done = run(
        ["unshare", "-rm", "sh", "-c", f'{mounts} && exec "$@"', "sh", *download], tmp_path, check=False, env=HERE
    )
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and "data/raw/photos.zip" in line and cause in line
    assert not list((tmp_path / "data/raw").iterdir())
    assert "photographs from source sample" in run(download, tmp_path, env=HERE).stdout
