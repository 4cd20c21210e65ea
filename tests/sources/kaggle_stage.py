"""Shared by the Kaggle tests: run the download stage as a process with its own repository and home folder."""

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import yaml
from conftest import GUARD, ROOT
from kaggle_server import SIGNATURE, KaggleServer
from PIL import Image

INTEL = "puneet6060/intel-image-classification"
STAGE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore Ctrl-C, and so would we
from colorization.sources import kaggle_client, kaggle_transfer
kaggle_client.ANSWER_SECONDS, kaggle_transfer.SILENCE, kaggle_transfer.WAITS = {answer}, {silence}, (0.05,) * 4
from colorization.core.errors import run
from stages import download
run(download.main)
"""


def zipped(names: list[str], side: int = 64) -> bytes:
    """A zip of noise photographs, 64×64 px and about 5 KB each."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            photograph = io.BytesIO()
            Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(photograph, "jpeg")
            archive.writestr(name, photograph.getvalue())
    return buffer.getvalue()


NAMES = [f"{s}/{s}/{c}/{i}.jpg" for s in ("seg_train", "seg_test") for c in ("sea", "street") for i in range(10)]
ARCHIVE = zipped(NAMES)


class Stage:
    """A repository with only params.yaml, in which the download stage runs against a server."""

    def __init__(self, folder: Path):
        self.folder, self.home = folder / "repository", folder / "home"
        self.cache, self.photos = self.folder / ".checkpoints/kaggle", self.folder / "data/raw/photos.zip"
        self.folder.mkdir(), self.home.mkdir()
        self.secrets = [SIGNATURE, "SECRET"]
        self.params()

    def params(self, **kaggle):
        tree = yaml.safe_load((ROOT / "params.yaml").read_text())
        tree["data"]["source"] = "kaggle"
        tree["data"]["kaggle"] |= kaggle
        (self.folder / "params.yaml").write_text(yaml.safe_dump(tree))

    def environment(self, server: KaggleServer, **variables: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(("KAGGLE", "XDG", "VERBOSE", "DVC"))}
        path = os.pathsep.join([str(GUARD), str(ROOT), str(ROOT / "src")])
        return kept | {"HOME": str(self.home), "PYTHONPATH": path} | server.environment() | variables

    def start(self, server: KaggleServer, answer: float = 30, silence: float = 1.0, before: tuple = (), **variables):
        return subprocess.Popen(
            [*before, sys.executable, "-c", STAGE.format(answer=answer, silence=silence)],
            cwd=self.folder, env=self.environment(server, **variables),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def run(self, server: KaggleServer, **options) -> tuple[int, str]:
        """Run the stage; returns exit status and output. The output must not contain a secret or a traceback."""
        process = self.start(server, **options)
        output = process.communicate(timeout=40)[0]
        self.check(output)
        if process.returncode:
            assert not self.photos.exists()
            assert output.count("error:") == 1
        return process.returncode, output

    def check(self, output: str):
        written = [p.read_bytes() for p in self.folder.rglob("*") if p.is_file() and p.suffix != ".zip"]
        for secret in self.secrets:
            assert secret not in output
            assert not any(secret.encode() in content for content in written)
        assert "Traceback" not in output and "Authorization" not in output

    def succeeds(self, server: KaggleServer, archive: bytes = ARCHIVE, **options) -> str:
        status, output = self.run(server, **options)
        assert status == 0, output
        assert photographs(self.photos.read_bytes()) == photographs(archive)
        assert self.kept() == set()
        return output

    def fails(self, server: KaggleServer, *texts: str, **options) -> str:
        status, output = self.run(server, **options)
        assert status == 1
        line = output[output.index("error:") :]
        assert line.count("\n") == 1, output
        for text in texts:
            assert text in line
        return output

    def kept(self) -> set[str]:
        return {p.name for p in self.cache.iterdir()} - {"lock"} if self.cache.exists() else set()

    def wait_for(self, size: int):
        """Wait until the given number of bytes has arrived."""
        end, partial = time.monotonic() + 20, self.cache / "archive.zip"
        while not (partial.exists() and partial.stat().st_size > size):
            assert time.monotonic() < end
            time.sleep(0.02)

    def metric(self) -> dict:
        return json.loads((self.folder / "data/raw/download.json").read_text())


def photographs(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}
