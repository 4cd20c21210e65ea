"""Training on two processes gives the numbers of one, also after a change between one and two; one process writes."""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import GUARD, ROOT, tiny_params
from safetensors import safe_open
from trainings import SMALL

pytestmark = pytest.mark.slow
TRAININGS = [sys.executable, str(ROOT / "tests/training/trainings.py")]
TWO = {"LT_DEVICES": "2", "LT_ACCELERATOR": "cpu"}
# The loop knows no model; these have all that a state may hold: two optimizers and noise, a moving average, weights of
# the colours that `prepare` counts, labels.
CONTINUED = ("gan", "resunet", "zhang", "classifier")
WAYS = {"one": tuple(SMALL), "two": tuple(SMALL), "one, then two": CONTINUED, "two, then one": CONTINUED}
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]


def start(command, folder, **env) -> subprocess.Popen:
    searched = os.pathsep.join(map(str, (GUARD, ROOT / "src", ROOT, ROOT / "tests")))
    env = os.environ | {"PYTHONPATH": searched, "DVC_ROOT": str(folder)} | env
    return subprocess.Popen(
        command, cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def run(command, folder, *, code: int = 0, **env) -> str:
    """Run the command, which must end with this code; returns its stderr."""
    process = start(command, folder, **env)
    try:
        out, errors = process.communicate(timeout=300)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == code, f"{out[-2000:]}\n{errors[-4000:]}"
    return errors


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Histories by model: of one process, of two, and of each continuing the other's training after one epoch."""
    folders = {name: tmp_path_factory.mktemp(name) for name in WAYS}
    for together in (("one",), ("two", "one, then two"), ("two, then one",)):  # each start takes seconds
        for name in together:
            for network in WAYS[name]:
                (folders[name] / network).mkdir()
                if "then" in name:
                    shutil.copy(folders[name.split(",")[0]] / network / "early/state.pt", folders[name] / network)
        words = [word for name in together for word in (str(folders[name]), *WAYS[name])]
        run([*TRAININGS, *words], folders[name], **(TWO if name.endswith("two") else {}))
    return {
        name: {network: json.loads((folder / f"{network}.json").read_text()) for network in WAYS[name]}
        for name, folder in folders.items()
    }


@pytest.mark.parametrize(("other", "network"), [(way, name) for way in WAYS if way != "one" for name in WAYS[way]])
def test_two_processes_give_the_numbers_of_one(outcomes, other, network):
    one, other = outcomes["one"][network], outcomes[other][network]
    pd.testing.assert_frame_equal(
        pd.DataFrame(one["history"]), pd.DataFrame(other["history"]), rtol=3e-7
    )  # losses are stored in float32
    assert one["epoch"] == other["epoch"] and len(one["history"]) == 2
    assert one["weights"].keys() == other["weights"].keys()
    for name, weights in one["weights"].items():
        np.testing.assert_allclose(other["weights"][name], weights, rtol=1e-6, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("network", SMALL)
def test_histories_match_the_golden_file(outcomes, network):
    """Faster code must not change a training: golden.json holds the histories from before.

    It was written by: python tests/training/trainings.py FOLDER MODEL …
    """
    golden = json.loads((ROOT / "tests/training/golden.json").read_text())[network]
    pd.testing.assert_frame_equal(pd.DataFrame(outcomes["one"][network]["history"]), pd.DataFrame(golden), rtol=1e-4)


@pytest.mark.parametrize("network", SMALL)
def test_every_photograph_is_read_once_per_epoch(outcomes, network):
    first, second = outcomes["two"][network]["train"]
    assert Counter(first + second) == dict.fromkeys(range(13), 2)
    assert min(len(first), len(second)) >= 2 * 5, "both train"
    first, second = outcomes["two"][network]["val"]
    assert Counter(first + second) == dict.fromkeys(range(5), 2)
    assert not set(first) & set(second)


@pytest.fixture
def study(tmp_path):
    """A folder with the inputs of the train stage, and parameters for a training of seconds."""
    (tmp_path / "data/lab").mkdir(parents=True)
    for name, count in (("train", 24), ("val", 1)):
        pixels = np.random.default_rng(count).uniform(-0.5, 0.5, (count, 3, 32, 32))
        np.save(tmp_path / f"data/lab/{name}.npy", pixels.astype(np.float16))
    write_params(tmp_path, epochs=3)
    return tmp_path


def write_params(folder, **vae):
    params = tiny_params()
    params["models"]["vae"] |= vae
    params["models"]["gan"] |= {"epochs": 3}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def test_the_stage_under_torchrun_writes_what_one_process_does(study):
    histories = []
    for command, env in (([sys.executable], {}), (TORCHRUN, {"LT_ACCELERATOR": "cpu"})):
        run([*command, "-m", "stages.train", "gan"], study, **env)
        histories.append(pd.read_csv(study / "metrics/history/gan.tsv", sep="\t").filter(like="val_"))
        (study / "models/gan.safetensors").unlink()
        assert not list(study.glob("**/*.part")) and not list(study.glob(".checkpoints/*/*"))
    pd.testing.assert_frame_equal(*histories, atol=1e-4, rtol=1e-4)  # in single precision


def test_each_process_may_use_its_own_batch_statistics(study):
    """Faster on processors, and no longer the same result: the file says so."""
    told, losses = [], []
    for env in ({}, TWO | {"COLORIZATION_STATISTICS": "own"}):  # one process has the statistics of all
        run([sys.executable, "-m", "stages.train", "vae"], study, **env)
        with safe_open(study / "models/vae.safetensors", "pt") as file:
            told.append(json.loads(file.metadata()["colorization"])["about"].get("batch_norm"))
        losses.append(pd.read_csv(study / "metrics/history/vae.tsv", sep="\t").train_loss)
    assert told == [None, "2 processes, each with its own statistics"]
    assert (losses[0] - losses[1]).abs().max() > 1e-5
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.1)


def test_an_error_of_all_processes_is_reported_in_one_line(study):
    write_params(study, epochs=3, batch_size=1)
    errors = run([sys.executable, "-m", "stages.train", "vae"], study, code=1, **TWO)
    lines = [line for line in errors.splitlines() if line.startswith("error")]
    assert len(lines) == 1 and "a batch of 1 photographs cannot be shared by 2 processes: raise batch_size" in lines[0]
    errors = run([sys.executable, "-m", "stages.train", "vae"], study, code=1, LT_PRECISION="16-mixed")
    assert "error: LT_PRECISION: 16-mixed is not one of 32-true, bf16-mixed" in errors


def test_a_process_that_dies_stops_the_others(study):
    write_params(study, epochs=999)
    for victim in (0, 1):
        stage = start([sys.executable, "-m", "stages.train", "vae"], study, **TWO)
        deadline = time.monotonic() + 100
        history = study / "metrics/history/vae.tsv"
        while not history.exists():
            assert time.monotonic() < deadline and stage.poll() is None
            time.sleep(0.05)
        both = [stage.pid, *(int(pid) for pid in subprocess.check_output(["pgrep", "-P", str(stage.pid)]).split())]
        assert len(both) == 2
        os.kill(both[victim], signal.SIGKILL)
        stage.communicate(timeout=60)
        while subprocess.run(["pgrep", "-g", str(stage.pid)], capture_output=True, check=False).stdout:
            assert time.monotonic() < deadline, "one trains on"
            time.sleep(0.05)
        history.unlink()


TENSORS = """
import resource, torch
from colorization.dataset.devices import one_device
one_device()
for i in range(10):
    torch.ones(2**22), torch.ones(2**23)
    if i == 1: before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep memory as they like")
def test_the_memory_of_a_tensor_is_used_again():
    """Freed memory must not go back to the kernel, which would clear its 12,288 pages again in each of eight rounds."""
    done = subprocess.run([sys.executable, "-c", TENSORS], capture_output=True, text=True, check=True, cwd=ROOT)
    assert int(done.stdout) < 5 * 12288, "it would be 8 times as many; a busy machine adds some"
