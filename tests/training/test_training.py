"""fit(): bit-identical weights after any interruption, and a stop when a number is not finite."""

import copy
import math
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from conftest import GUARD, ROOT
from lightning_fabric import Fabric
from parameters import every_model
from safetensors.torch import load_file
from torch.utils._python_dispatch import TorchDispatchMode

from colorization.core.errors import InputError
from colorization.core.params import from_tree
from colorization.dataset import photos as dataset
from colorization.dataset.index import shown
from colorization.models.common.contract import Colorizer
from colorization.models.common.weights import build, load_model, save_model
from colorization.training import trainer as training
from colorization.training.distributed import Processes
from colorization.training.moving_average import Average
from colorization.training.resume import ResumeState, fingerprint, seconds_between
from colorization.training.terms import Terms

SEARCHED = os.pathsep.join(map(str, (GUARD, ROOT / "src", ROOT)))
CONFIG = from_tree(every_model())
SMALL = {
    "resnet": {"width": 1},
    "gan": {"width": 4, "depth": 2, "discriminator_width": 4, "discriminator_layers": 1},
    "vae": {"latent_channels": 4},
    "ours": {"width": 8, "aging": 0.5, "worn": 0.5},
    "resunet": {"width": 4, "depth": 3},
    "pix2pix": {"width": 4, "depth": 3, "discriminator_width": 4, "discriminator_layers": 1},
    "zhang": {"width": 1},
}


def packed(count, seed, side=32):
    drawn = np.random.default_rng(seed).uniform(-0.5, 0.5, (count, 3, side, side))
    return torch.from_numpy(drawn.astype(np.float16))


TRAIN = packed(13, 0)


def fit(
    name, folder, *, epochs=3, on_epoch=lambda history: None, train=TRAIN, precision="32-true", states=None, **changes
):
    params = replace(CONFIG.model(name), epochs=epochs, batch_size=4, **SMALL[name], **changes)
    torch.manual_seed(1)
    return training.Trainer(
        build(name, params.network()), photos(train), photos(packed(5, 1, train.shape[-1])), params, seed=1,
        processes=Processes(Fabric(accelerator="cpu", devices=1, precision=precision)),
        resume=ResumeState(folder, **(states or {})), on_epoch=on_epoch,
    ).fit()  # fmt: skip


def test_the_terms_of_an_epoch_stand_in_one_array_and_continue_after_a_state():
    """Small tensors kept among large ones that come and go made a training's memory grow with every step."""
    processes = Processes(Fabric(accelerator="cpu", devices=1))
    total, again, places = Terms(processes, 6), Terms(processes, 6), set()
    for step in range(6):
        processes.count = step + 1
        total.add({"a": torch.tensor(float(step)), "b": torch.tensor(1.0)})
        places.add(total.rows.data_ptr())
        if step == 2:
            again.load_state_dict(copy.deepcopy(total.state_dict()))
        elif step > 2:
            again.add({"a": torch.tensor(float(step)), "b": torch.tensor(1.0)})
    assert len(places) == 1
    assert again.means() == total.means() == {"a": sum(s * (s + 1) for s in range(6)) / 21, "b": 1.0}


def test_averaged_weights_are_used_and_then_restored():
    model = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False), torch.nn.BatchNorm2d(1))
    model[0].weight.data.fill_(1.0)
    average, expected = Average(model, 0.9), 1.0
    for step in range(1, 200):
        model[0].weight.data.fill_(float(step % 7))
        average.update(model)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * (step % 7)
    with average.used(model):
        assert model[0].weight.item() == pytest.approx(expected, rel=1e-4)
    assert model[0].weight.item() == 199 % 7
    again = Average(model, 0.9)
    again.load_state_dict(average.state_dict())
    assert again.steps == 199 and torch.equal(again.weights["0.weight"], average.weights["0.weight"])
    none = Average(model, 0.0)
    none.update(model)
    with none.used(model):
        assert model[0].weight.item() == 199 % 7 and not none.weights


def test_one_call_averages_as_one_per_weight():
    torch.manual_seed(0)
    model = build("resunet", CONFIG.model("resunet").network() | SMALL["resunet"])
    average, alone = Average(model, 0.9), {name: value.clone() for name, value in model.state_dict().items()}
    for step in range(1, 4):
        for value in model.state_dict().values():
            value.add_(torch.rand(()) if value.is_floating_point() else 1)
        with Calls() as calls:
            average.update(model)
        assert len(calls.seen) == 1 and "lerp" in calls.seen[0]
        for name, value in model.state_dict().items():
            share = 1 - min(0.9, (1 + step) / (10 + step))
            alone[name] = alone[name].lerp(value, share) if value.is_floating_point() else value
    with average.used(model):
        assert equal(model.state_dict(), alone)


class Calls(TorchDispatchMode):
    """The names of torch's functions that are called, except detach."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is not torch.ops.aten.detach.default:
            self.seen.append(str(function))
        return function(*args, **(kwargs or {}))


def test_a_model_with_averaging_saves_its_averaged_weights(tmp_path):
    with_average, without = (fit("resunet", tmp_path / str(a), epochs=2, averaging=a).weights for a in (0.9, 0.0))
    assert not torch.equal(with_average["head.weight"], without["head.weight"])


@pytest.mark.parametrize(
    "schedule, expected", [("constant", [1, 1, 1]), ("cosine", [1, 0.5, 0]), ("linear", [1, 1, 0])]
)
def test_learning_rates(schedule, expected):
    params = replace(CONFIG.model("vae"), lr=1.0, lr_schedule=schedule)
    rates = [training.learning_rate(params, progress) for progress in (0.0, 0.5, 1.0)]
    assert rates == pytest.approx(expected)
    assert training.learning_rate(replace(params, lr_schedule="linear"), 0.75) == pytest.approx(0.5)


def photos(packed):
    return dataset.Photos(packed, torch.device("cpu"))


def equal(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[k], two[k]) for k in one)


@pytest.mark.parametrize("name", SMALL)
def test_an_interrupted_training_gives_bit_identical_weights(name, tmp_path):
    whole = fit(name, tmp_path / "whole")

    def interrupt(history, epochs):
        if len(history) == epochs:
            raise KeyboardInterrupt

    for epochs in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            fit(name, tmp_path / "parts", on_epoch=partial(interrupt, epochs=epochs))
    resumed = fit(name, tmp_path / "parts")
    assert resumed.history == whole.history
    assert resumed.epoch == whole.epoch
    assert equal(resumed.weights, whole.weights)


@pytest.mark.parametrize("name", SMALL)
def test_a_training_interrupted_within_an_epoch_gives_bit_identical_weights(name, tmp_path, monkeypatch):
    """Four steps make an epoch; states are two steps apart, so each interruption loses a step or none."""
    monkeypatch.setattr(training, "CHECK_EVERY", 2)
    whole, step, left = fit(name, tmp_path / "whole"), training.Trainer._step, []

    def until(self, *given):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return step(self, *given)

    monkeypatch.setattr(training.Trainer, "_step", until)
    for count, expected in ((7, (1, 3)), (2, (2, 1)), (1, (2, 1))):
        left[:] = [None] * count
        with pytest.raises(KeyboardInterrupt):
            fit(name, tmp_path / "parts", states={"within": 0.0})
        state = ResumeState(tmp_path / "parts").load()
        assert (state["epoch"], state["step"]) == expected
    left[:] = [None] * 99
    resumed = fit(name, tmp_path / "parts", states={"within": 0.0})
    assert len(left) == 99 - 3, "the last epoch's remaining steps"
    assert resumed.history == whole.history and resumed.epoch == whole.epoch and equal(resumed.weights, whole.weights)


def test_states_are_some_time_apart_and_the_last_epoch_has_one(tmp_path, monkeypatch):
    """An epoch takes 20 seconds here and the states are at least 30 apart."""
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    whole, files = fit("resunet", tmp_path / "whole", epochs=5, averaging=0.9), []

    def pass_time(history, interrupted):
        files.append(ResumeState(tmp_path).load())
        clock[0] += 20
        if len(history) == interrupted:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(
            "resunet",
            tmp_path,
            epochs=5,
            averaging=0.9,
            states={"seconds": 30.0},
            on_epoch=partial(pass_time, interrupted=4),
        )
    assert [state and state["epoch"] for state in files] == [None, None, 3, 3]
    assert files[-1]["history"] == whole.history[:3] and files[-1]["best_epoch"] <= 3
    clock[0], files[:] = 0.0, []
    resumed = fit(
        "resunet",
        tmp_path,
        epochs=5,
        averaging=0.9,
        states={"seconds": 30.0},
        on_epoch=partial(pass_time, interrupted=0),
    )
    assert [state["epoch"] for state in files] == [3, 5]
    assert resumed.history == whole.history and resumed.epoch == whole.epoch and equal(resumed.weights, whole.weights)


def test_the_time_between_states_is_a_setting_of_the_machine(monkeypatch):
    assert [seconds_between(torch.device(name))["seconds"] for name in ("cpu", "mps", "cuda")] == [0, 0, 30]
    assert [seconds_between(torch.device(name))["within"] for name in ("cpu", "mps", "cuda")] == [600, 600, 600]
    for text, within in (("2.5", 2.5), ("0", math.inf)):
        monkeypatch.setenv("COLORIZATION_STATE_SECONDS", text)
        for name in ("cpu", "cuda"):
            assert seconds_between(torch.device(name)) == {"seconds": float(text), "within": within}
    for text in ("1 min", "nan", "-1"):
        monkeypatch.setenv("COLORIZATION_STATE_SECONDS", text)
        with pytest.raises(InputError, match="COLORIZATION_STATE_SECONDS: must be a number of seconds from 0, like 60"):
            seconds_between(torch.device("cpu"))


def test_best_epoch_is_kept(tmp_path):
    fitted = fit("vae", tmp_path, epochs=4)
    assert fitted.epoch == 1 + int(np.argmin([row["val_loss"] for row in fitted.history]))


def test_a_loss_that_is_not_finite_stops_the_training_and_names_the_step(tmp_path):
    bad = packed(13, 0).clone()
    bad[3, 1] = float("nan")
    with pytest.raises(
        InputError, match=r"loss is nan in epoch 1, step \d: the training diverged; lower .*; no epoch was saved"
    ):
        fit("vae", tmp_path, train=bad)


def test_a_diverging_training_stops_and_names_the_last_good_state(tmp_path):
    def poison(history):
        if len(history) == 2:
            train[:] = float("nan")

    train = packed(13, 0).clone()
    with pytest.raises(InputError, match=r"in epoch 3, step 1: .*; the state after epoch 2 is kept in .*state\.pt"):
        fit("vae", tmp_path, train=train, on_epoch=poison)
    assert ResumeState(tmp_path).load()["epoch"] == 2
    with pytest.raises(InputError, match=r"is (nan|inf) in epoch \d, step \d: the training diverged"):
        fit("vae", tmp_path / "rate", epochs=9, lr=1e18, lr_schedule="constant")


def test_every_photograph_is_in_one_batch_per_epoch():
    for count, size in ((13, 4), (3, 16), (17, 16), (1, 1)):
        parts = list(dataset.split(count, size, shuffle=True))
        assert sorted(torch.cat(parts).tolist()) == list(range(count))
        assert max(map(len, parts)) <= size and min(map(len, parts)) >= min(count, size) // 2


def test_flips_mirror_whole_photographs():
    lab = packed(64, 2).float()
    labelled = dataset.Photos(packed(64, 2), torch.device("cpu"), (torch.arange(64),))
    seen = []
    for count, (L, ab, labels) in labelled.batches(10, augment=True):
        assert count == len(L) == len(labels)
        for taken, label in zip(torch.cat([L, ab], dim=1), labels.tolist()):
            mirrored = torch.equal(taken, lab[label].flip(-1))
            assert mirrored or torch.equal(taken, lab[label])
            seen.append((label, mirrored))
    assert sorted(label for label, _ in seen) == list(range(64)) != [label for label, _ in seen]
    assert {mirrored for _, mirrored in seen} == {True, False}


def test_an_epoch_shows_copies_of_a_source(tmp_path):
    sources = ["sea", "street"] * 3
    table = pd.DataFrame({"source": sources, "split": "train", "category": "c", "row": range(6)})
    table = pd.concat([table.sample(frac=1, random_state=0), table.head(2).assign(split="val")])
    table.to_csv(tmp_path / "index.csv", index=False)
    rows = shown(tmp_path / "index.csv", {"street": 3})
    train = dataset.Photos.near(packed(6, 2).numpy(), torch.device("cpu"), (torch.arange(6),), rows)
    seen = [label for _, (*_, labels) in train.batches(5, augment=True) for label in labels.tolist()]
    assert len(train) == 12 and Counter(seen) == {0: 1, 1: 3, 2: 1, 3: 3, 4: 1, 5: 3}
    assert seen[:6] != sorted(seen[:6]), "mixed"
    assert shown(tmp_path / "index.csv", {}) is None
    told = "^train.copies: wood: no training photograph is from there; the sources are sea, street$"
    with pytest.raises(InputError, match=told):
        shown(tmp_path / "index.csv", {"wood": 2})


def test_training_from_a_file_gives_bit_identical_weights(tmp_path, monkeypatch):
    np.save(tmp_path / "train.npy", TRAIN.numpy())
    packed, outcomes = dataset.load(tmp_path / "train.npy"), []
    for limit, kind in ((packed.nbytes, torch.Tensor), (packed.nbytes - 1, np.memmap)):
        monkeypatch.setenv("COLORIZATION_RESIDENT_BYTES", str(limit))
        train = dataset.Photos.near(packed, torch.device("cpu"))
        assert type(train.packed) is kind
        outcomes.append(fit("vae", tmp_path / str(limit), train=train.packed))
    assert outcomes[0].history == outcomes[1].history and equal(outcomes[0].weights, outcomes[1].weights)
    monkeypatch.delenv("COLORIZATION_RESIDENT_BYTES")
    assert dataset.room(torch.device("cpu")) == 0, "on the CPU the file's pages serve"


@pytest.mark.parametrize("text", ["60 GB", "nan", "-1", "1,000", "\x1b[31m"])
def test_an_invalid_limit_for_device_memory_is_refused(text, monkeypatch):
    monkeypatch.setenv("COLORIZATION_RESIDENT_BYTES", text)
    with pytest.raises(InputError, match="COLORIZATION_RESIDENT_BYTES: must be a number of bytes from 0, like 60e9"):
        dataset.room(torch.device("cpu"))


LARGER_THAN_MEMORY = """
import os, resource, sys
from pathlib import Path
import torch
from colorization.dataset.photos import Photos, load
packed = load(Path("train.npy"))
private = int(Path("/proc/self/status").read_text().split("VmData:")[1].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (private + 500_000_000,) * 2)
read = 0
for count, (L, ab) in Photos.near(packed, torch.device("cpu")).batches(16, augment=True):
    read += count
assert read == len(packed) and packed.nbytes > 1_000_000_000
os.environ["COLORIZATION_RESIDENT_BYTES"] = "1e12"
try:
    Photos.near(packed, torch.device("cpu"))
except MemoryError:
    print("the whole array does not fit")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of private memory is Linux's")
def test_photographs_larger_than_memory_are_streamed(tmp_path):
    with open(tmp_path / "train.npy", "wb") as file:  # a sparse file, which takes no space on the disk
        header = {"descr": "<f2", "fortran_order": False, "shape": (5_400, 3, 192, 192)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 5_400 * 3 * 192 * 192 * 2)
    command = [sys.executable, "-c", LARGER_THAN_MEMORY]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "the whole array does not fit\n", done.stderr


def test_fingerprint_follows_parameters_data_and_code(tmp_path):
    data = tmp_path / "train.npy"
    data.write_bytes(b"1")
    first = fingerprint({"lr": 0.1}, [data])
    assert first == fingerprint({"lr": 0.1}, [data])
    assert first != fingerprint({"lr": 0.2}, [data])
    data.write_bytes(b"2")
    assert first != fingerprint({"lr": 0.1}, [data])


def test_two_trainings_of_one_model_are_not_mixed(tmp_path):
    again = ResumeState(tmp_path).locked()
    with ResumeState(tmp_path).locked(), pytest.raises(InputError, match="another process"), again:
        pass


@pytest.mark.parametrize("name", SMALL)
def test_a_file_rebuilds_its_model(name, tmp_path):
    network = replace(CONFIG.model(name), **SMALL[name]).network()
    model = build(name, network).eval()
    path = tmp_path / "m.safetensors"
    save_model(path, model.state_dict(), name=name, network=network, about={"epoch": 1})
    content = path.read_bytes()
    save_model(path, model.state_dict(), name=name, network=network, about={"epoch": 1})
    assert path.read_bytes() == content, "the same model is the same bytes"
    L = torch.rand(1, 1, 32, 32)
    loaded, own = load_model(path, Colorizer), model.state_dict()
    assert all(torch.equal(value, own[key]) for key, value in loaded.state_dict().items())
    torch.testing.assert_close(loaded.colorize(L), model.colorize(L))  # the last bits depend on where memory lies


def test_files_without_a_model_are_refused(tmp_path):
    path = tmp_path / "m.safetensors"
    with pytest.raises(InputError, match="file not found"):
        load_model(path, Colorizer)
    for content in (b"", b"junk", b"\xff" * 100):
        path.write_bytes(content)
        with pytest.raises(InputError, match="damaged"):
            load_model(path, Colorizer)


STAGE = "import torch; torch.set_num_threads(1)\nimport stages.train as t\nt.main('vae')"


def sample_with(**vae) -> str:
    tree = yaml.safe_load((ROOT / "presets/sample.yaml").read_text())
    tree["models"]["vae"] |= vae
    return yaml.safe_dump(tree, sort_keys=False)


def train_stage(folder, **kwargs):
    env = os.environ | {"PYTHONPATH": SEARCHED, "DVC_ROOT": str(folder)}
    return subprocess.Popen([sys.executable, "-c", STAGE], cwd=folder, env=env, stdout=subprocess.DEVNULL, **kwargs)


def test_a_training_after_kill_9_gives_the_same_file(tmp_path):
    params = sample_with(epochs=4)
    for folder in ("whole", "killed"):
        (tmp_path / folder / "data/lab").mkdir(parents=True)
        (tmp_path / folder / "params.yaml").write_text(params)
        np.save(tmp_path / folder / "data/lab/train.npy", packed(48, 0).numpy())
        np.save(tmp_path / folder / "data/lab/val.npy", packed(8, 1).numpy())
    assert train_stage(tmp_path / "whole").wait(120) == 0

    stage, history = train_stage(tmp_path / "killed"), tmp_path / "killed/metrics/history/vae.tsv"
    deadline = time.monotonic() + 100
    while not (history.exists() and len(history.read_text().splitlines()) > 2):
        assert time.monotonic() < deadline and stage.poll() is None
        time.sleep(0.01)
    stage.send_signal(signal.SIGKILL)
    stage.wait()
    (state,) = (tmp_path / "killed/.checkpoints/vae").glob("*/state.pt")
    history.unlink()  # DVC, too, deletes it before it runs the stage again
    assert train_stage(tmp_path / "killed").wait(120) == 0
    assert not state.parent.exists()
    name = "models/vae.safetensors"
    assert equal(load_file(tmp_path / "whole" / name), load_file(tmp_path / "killed" / name))
    assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes()
    assert len(pd.read_csv(history, sep="\t")) == 4


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
@pytest.mark.parametrize("after", [0.3, 4])
def test_a_killed_parent_leaves_no_training_behind(tmp_path, after):
    (tmp_path / "data/lab").mkdir(parents=True)
    (tmp_path / "params.yaml").write_text(sample_with(epochs=999))
    for name in ("train", "val"):
        np.save(tmp_path / f"data/lab/{name}.npy", packed(96, 0).numpy())
    dvc = """if True:
        import json, os, pathlib, subprocess, sys, time
        pathlib.Path(".dvc/tmp/rwlock").write_text(json.dumps({"write": {"models": {"pid": os.getpid()}}}))
        print(subprocess.Popen([sys.executable, "-m", "stages.train", "vae"]).pid, flush=True)
        time.sleep(99)"""
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    parent = subprocess.Popen(
        [sys.executable, "-c", dvc], cwd=tmp_path, text=True,
        env=os.environ | {"PYTHONPATH": SEARCHED, "DVC_ROOT": str(tmp_path), "DVC_STAGE": "train@vae"},
        stdout=subprocess.PIPE,
    )  # fmt: skip
    stage = int(parent.stdout.readline())
    time.sleep(after)
    assert alive(stage)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while alive(stage):
        assert time.monotonic() < deadline, "it trains on"
        time.sleep(0.05)


def alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
