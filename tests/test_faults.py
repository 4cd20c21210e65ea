"""What a study withstands, in seconds each: kills, full and read-only disks, a damaged cache, two at once. At length: make chaos."""

import os
import signal
import subprocess
import sys
import threading

import pytest
import yaml
from chaos import processes
from conftest import ROOT, jpeg, tiny_params, zip_of

from colorization.errors import InputError
from colorization.files import replacing, write_bytes

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")


def start(folder, *words, **variables):
    """A stage in a process group of its own, as a terminal starts it."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "COLORIZATION_WORKERS": "2"} | variables
    return subprocess.Popen(
        [sys.executable, "-m", *words], cwd=folder, env=env, start_new_session=True, text=True,
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def many(tmp_path):
    """A study whose photographs take seconds to decode."""
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tiny_params() | {"data": tiny_params()["data"] | {"limit": 0}}))
    (tmp_path / "data/raw").mkdir(parents=True)
    photograph = jpeg(1, (600, 400))
    zip_of(tmp_path / "data/raw/photos.zip", {f"{i}.jpg": photograph for i in range(2000)})
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
    output = stage.communicate(timeout=20)[1]
    assert processes.wait(lambda: not processes.working_in(many), 5), processes.end_all(many)
    if number == signal.SIGINT:
        assert output == "interrupted; run it again to go on\n" and not scratch.exists()


@linux
def test_ctrl_c_during_the_imports_is_one_line(tmp_path):
    stage = start(tmp_path, "stages.train", "vae")
    loads_torch = lambda: "torch" in open(f"/proc/{stage.pid}/maps").read()  # noqa: E731
    assert processes.wait(loads_torch, 60)
    stage.send_signal(signal.SIGINT)
    assert stage.communicate(timeout=20)[1] == "interrupted; run it again to go on\n"


@linux
def test_a_stage_whose_dvc_was_killed_at_once_does_not_begin(tmp_path):
    """dvc's death before the stage could ask for a signal at it: no parent of its session is left."""
    stage = start(tmp_path, "stages.claims", DVC_STAGE="claims")
    assert stage.communicate(timeout=20)[1] == "error: the dvc that started this stage has ended\n"


def test_two_writers_of_one_file_are_not_mixed(tmp_path):
    path = tmp_path / "scores.csv"
    with replacing(path) as file:
        file.write(b"one")
        with pytest.raises(InputError, match="scores.csv: another process writes it now"):
            write_bytes(path, b"two")
        file.write(b" whole")
    assert path.read_bytes() == b"one whole"
    assert list(tmp_path.iterdir()) == [path]


def test_many_writers_leave_a_whole_file(tmp_path):
    """Threads hold their locks as processes do: each opens the file anew."""
    path, done = tmp_path / "scores.csv", []

    def write(letter):
        for _ in range(300):
            try:
                write_bytes(path, letter * 100_000)
                done.append(letter)
            except InputError:
                continue

    writers = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            content = path.read_bytes()
            assert len(content) == 100_000 and len(set(content)) == 1
    assert done and list(tmp_path.iterdir()) == [path]


def test_a_file_that_was_left_half_written_is_in_nobodys_way(tmp_path):
    (tmp_path / "scores.csv.part").write_bytes(b"half of what a killed process wrote")
    write_bytes(tmp_path / "scores.csv", b"whole")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"scores.csv": b"whole"}

