"""Two tutorials' networks, trained by their own loops and by ours: python -m benchmarks.peers FOLDER [--repeats N].

FOLDER holds clones of github.com/moein-shariatnia/Deep-Learning and github.com/lukemelas/Automatic-Image-Colorization,
each under its own name. Their code runs as it is there, but for four things: photographs of 128 px for their 256 and
224; one level less of the U-Net, whose deepest level would have no pixel; what PyTorch has renamed since (`edits`); no
validation and no pictures. Network, loss, learning rate and batch are equal on both sides, and each mirrors photographs
at random. Writes benchmarks/results/peers.json and .md.
"""

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import nn

from benchmarks import measure, photographs
from benchmarks.train import pack, trainer
from colorization.core.params import load_config
from colorization.core.process import keep_memory
from colorization.dataset.photos import Photos
from colorization.models.common.contract import Trainable

SIDE, BATCH = 128, 16
NOTEBOOK = "Deep-Learning/Image Colorization Tutorial/Image Colorization with U-Net and GAN Tutorial.ipynb"
MAIN = "Automatic-Image-Colorization/main.py"


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A tutorial: its definitions as Python, its network in our loop, and its own loop over (clones, photos, count)."""

    about: str
    source: Callable[[Path], str]
    edits: tuple[tuple[str, str], ...]  # of the source
    network: Callable[[Path], Trainable]
    loop: Callable[[Path, Path, int], None]
    lr: float
    steps: int  # of BATCH photographs that are timed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.partition(":")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    wanted = parser.parse_args()
    for path in (wanted.folder / NOTEBOOK, wanted.folder / MAIN):
        if not path.is_file():
            sys.exit(f"error: {path}: missing; clone the two repositories into {wanted.folder}")
    os.environ["TQDM_DISABLE"] = "1"
    keep_memory()
    rows, described = [], measure.machine()
    with TemporaryDirectory() as folder, measure.other_program() as program:
        photos = photographs.folder_of(Path(folder) / "photos", 256)
        for name in PEERS:
            rows.append(one(name, wanted.folder.resolve(), photos, program, wanted.repeats))
    print(measure.markdown(rows))
    measure.write(Path("benchmarks/results/peers"), described, {"Training at 128 px, data loading included": rows})


def one(name: str, clones: Path, photos: Path, program: Executor, repeats: int) -> measure.Row:
    config, peer = load_config(photographs.PRESET), PEERS[name]
    packed, count, fabric = pack(photos, SIDE, config), peer.steps * BATCH, Fabric(devices=1)
    train = Photos.near(packed[[i % len(packed) for i in range(count)]], fabric.device)
    params = replace(config.model("vae"), batch_size=BATCH, lr=peer.lr, epochs=1)
    ours = trainer(peer.network(clones), train, params, fabric, photos)
    sides = {
        "ours": lambda: ours._train_epoch(0),
        "theirs": lambda: program.submit(theirs, name, clones, photos, count).result(),
    }
    times = {key: measure.rates(count, values) for key, values in measure.in_turn(sides, repeats).items()}
    return measure.Row(
        f"{peer.about}, batch {BATCH}", "photographs/s", times["ours"], times["theirs"], "their own loop"
    )


def theirs(name: str, clones: Path, photos: Path, count: int) -> None:
    multiprocessing.set_start_method("fork", force=True)  # Linux's, for their workers
    with contextlib.redirect_stdout(io.StringIO()):
        PEERS[name].loop(clones, photos, count)


@cache
def code_of(name: str, clones: Path) -> SimpleNamespace:
    """A tutorial's definitions."""
    source = PEERS[name].source(clones)
    for old, new in PEERS[name].edits:
        source = source.replace(old, new)
    space = {"__name__": name}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, name, "exec"), space)  # theirs to read, before you run it
    return SimpleNamespace(**space)


def moein_source(clones: Path) -> str:
    """The cells of the notebook that define something."""
    cells = json.loads((clones / NOTEBOOK).read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return "\n".join(
        c for c in code if c.startswith(("import", "class", "def train_model", "def init_weights", "SIZE"))
    )


@cache
def moein_parts(clones: Path, photos: Path, count: int):
    code = code_of("moein", clones)
    paths = list(islice(cycle(sorted(photos.rglob("*.jpg"))), count))
    return code, moein_model(clones), code.make_dataloaders(paths=paths, split="train")


def moein_model(clones: Path):
    code = code_of("moein", clones)
    with contextlib.redirect_stdout(io.StringIO()):
        return code.MainModel(code.init_model(code.Unet(n_down=7), torch.device("cpu")))


def moein_loop(clones: Path, photos: Path, count: int) -> None:
    code, model, batches = moein_parts(clones, photos, count)
    code.train_model.__globals__["val_dl"] = [None]
    code.train_model(model, batches, 1)


class Moein(Trainable):
    """Their generator and discriminator in our loop: their losses, our Adam in one kernel, our photographs."""

    def __init__(self, clones: Path):
        super().__init__()
        self.main = moein_model(clones)

    def configure_optimizers(self, *, lr: float, beta1: float):
        nets = (self.main.net_G, self.main.net_D)
        return [torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.999), fused=True) for net in nets]

    def training_step(self, batch, optimizers, backward):
        self.main.L, self.main.ab = batch
        self.main.opt_G, self.main.opt_D = optimizers
        self.main.optimize()
        return {"loss": self.main.loss_G.detach()}


def lukemelas_source(clones: Path) -> str:
    sys.path.insert(0, str((clones / MAIN).parent))
    return (clones / MAIN).read_text()


@cache
def lukemelas_parts(clones: Path, photos: Path, count: int):
    from torchvision import transforms

    code = code_of("lukemelas", clones)
    crops = transforms.Compose([transforms.RandomResizedCrop(SIDE), transforms.RandomHorizontalFlip()])
    folder = code.GrayscaleImageFolder(str(photos), crops)
    folder.imgs = folder.samples = list(islice(cycle(folder.imgs), count))
    batches = torch.utils.data.DataLoader(folder, batch_size=BATCH, shuffle=True, num_workers=0)  # their default
    model = code.ColorNet()
    return code, model, torch.optim.Adam(model.parameters(), lr=PEERS["lukemelas"].lr, weight_decay=1e-10), batches


def lukemelas_loop(clones: Path, photos: Path, count: int) -> None:
    code, model, optimizer, batches = lukemelas_parts(clones, photos, count)
    code.train.__globals__["args"] = SimpleNamespace(print_freq=10)
    code.train(batches, model, nn.MSELoss(), optimizer, 0)


class Lukemelas(Trainable):
    """Their network in our loop, with our Adam in one kernel and our photographs."""

    def __init__(self, clones: Path):
        super().__init__()
        with contextlib.redirect_stdout(io.StringIO()):
            self.net = code_of("lukemelas", clones).ColorNet()

    def loss(self, batch):
        L, ab = batch
        return {"loss": F.mse_loss(self.net(L), ab)}


PEERS = {
    "moein": Peer(
        about="moein-shariatnia, U-Net and GAN", source=moein_source, network=Moein, loop=moein_loop, steps=6,
        lr=2e-4,
        edits=(("SIZE = 256", f"SIZE = {SIDE}"), ("tqdm.notebook", "tqdm"),
               ("\nmodel = MainModel()\ntrain_model(", "\n# (")),
    ),
    "lukemelas": Peer(
        about="lukemelas, ResNet-18 and upsampling", source=lukemelas_source, network=Lukemelas, loop=lukemelas_loop,
        steps=24, lr=1e-3,  # their default, 0.1, soon gives no finite loss
        edits=(("loss.data[0]", "loss.item()"),),
    ),
}  # fmt: skip


if __name__ == "__main__":
    main()
