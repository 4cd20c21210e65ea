"""Photographs gathered from git repositories: local ones that are whole, changed, moved, gone, cut off, or full."""

import csv
import io
import lzma
import resource
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from colorization.core.errors import InputError
from tools.blobs import Repository
from tools.gather import FIELDS, LONG, SHORT, gather, read_list, reduced, research_only


def git(place, *arguments) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    command = ["git", "-C", str(place), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def photograph(seed: int, size=(40, 30)) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


@pytest.fixture
def server(tmp_path):
    """Two repositories that answer like a public host, and a list of their five photographs."""
    rows = []
    for name, count in (("one/photos", 3), ("two/photos", 2)):
        place = tmp_path / "host" / name
        place.mkdir(parents=True)
        git(place, "init", "--quiet", "-b", "main")
        git(place, "config", "uploadpack.allowAnySHA1InWant", "true")
        for i in range(count):
            (place / f"{i} ä.png").write_bytes(photograph(i + 10 * count))
        git(place, "add", ".")
        git(place, "commit", "--quiet", "-m", "photographs")
        for i in range(count):
            path = f"{i} ä.png"
            blob, commit = git(place, "rev-parse", f"HEAD:{path}"), git(place, "rev-parse", "HEAD")
            rows.append((f"{name.split('/')[0]}/{i:05d}.jpg", name, commit, path, blob))
    return tmp_path, rows


def listed(tmp_path, rows):
    path = tmp_path / "list.tsv.xz"
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines("\t".join(row) + "\n" for row in (FIELDS, *rows))
    return path


def gathered(tmp_path, rows, monkeypatch, *, name="out.zip", **options):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("colorization.core.paths.CHECKPOINTS", tmp_path / ".checkpoints")
    options = {"host": f"file://{tmp_path}/host/", "copies": None, "research": True, "without": False} | options
    gather(listed(tmp_path, rows), tmp_path / name, **options)
    return (tmp_path / name).read_bytes()


def test_the_same_bytes_from_the_network_and_from_copies(server, monkeypatch):
    tmp_path, rows = server
    first = gathered(tmp_path, rows, monkeypatch)
    assert gathered(tmp_path, rows[::-1], monkeypatch, copies=tmp_path / "host") == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == [row[0] for row in rows]
        assert archive.read("one/00001.jpg") == reduced(photograph(31))
    assert not (tmp_path / ".checkpoints/photographs").exists()


def test_a_moved_photograph_is_found_and_a_changed_one_is_gone(server, monkeypatch, capsys):
    tmp_path, rows = server
    place = tmp_path / "host/one/photos"
    git(place, "mv", "0 ä.png", "moved.png")
    (place / "1 ä.png").write_bytes(photograph(99))
    git(place, "add", ".")
    git(place, "commit", "--quiet", "--amend", "-m", "another history")
    git(place, "reflog", "expire", "--expire=now", "--all")
    git(place, "gc", "--quiet", "--prune=now")
    with pytest.raises(InputError, match="1 of 5 photographs are gone; --allow-missing"):
        gathered(tmp_path, rows, monkeypatch)
    assert f"gone: one/00001.jpg: 1 ä.png of one/photos at {rows[1][2][:10]}" in capsys.readouterr().out
    assert not (tmp_path / "out.zip").exists()
    with zipfile.ZipFile(io.BytesIO(gathered(tmp_path, rows, monkeypatch, without=True))) as archive:
        assert archive.namelist() == [row[0] for row in rows if row is not rows[1]]


def test_a_repository_that_cannot_be_reached_keeps_what_was_fetched(server, monkeypatch):
    tmp_path, rows = server
    (tmp_path / "host/two").rename(tmp_path / "host/away")
    with pytest.raises(InputError, match="two/photos: git failed .* run it again to continue"):
        gathered(tmp_path, rows, monkeypatch)
    one = Repository("one/photos", folder=tmp_path / ".checkpoints/photographs")
    assert len(one.present([row[4] for row in rows])) == 3
    (tmp_path / "host/away").rename(tmp_path / "host/two")
    (tmp_path / "host/one").rename(tmp_path / "host/gone")  # its photographs are here already
    with zipfile.ZipFile(io.BytesIO(gathered(tmp_path, rows, monkeypatch))) as archive:
        assert len(archive.namelist()) == 5


def test_a_cut_connection_loses_one_request_at_most(server, monkeypatch):
    tmp_path, rows = server
    monkeypatch.setattr("tools.blobs.AT_ONCE", 1)
    asked = []

    def cut(self, blobs, request=Repository._request):
        if len(asked) == 2:
            raise InputError("the remote end hung up")
        asked.append(blobs)
        return request(self, blobs)

    with monkeypatch.context() as patch, pytest.raises(InputError, match="hung up"):
        patch.setattr(Repository, "_request", cut)
        gathered(tmp_path, rows, monkeypatch)
    assert sum(len(blobs) for blobs in asked) == 2
    one = Repository("one/photos", folder=tmp_path / ".checkpoints/photographs")
    assert len(one.present([row[4] for row in rows])) == 2
    gathered(tmp_path, rows, monkeypatch)


def test_a_full_disk_is_one_line_and_leaves_no_zip(server):
    """A limit on the size of files stands for it: git and Python meet it as they meet a full disk."""
    tmp_path, rows = server
    path, limit = listed(tmp_path, rows), 2_000
    command = [sys.executable, "-m", "tools.gather", str(path), str(tmp_path / "out.zip"), "--copies"]
    done = subprocess.run(
        [*command, str(tmp_path / "host")], capture_output=True, text=True, cwd=ROOT, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith(f"error: {tmp_path}/out.zip: ")
    assert not list(tmp_path.glob("out.zip*"))


def test_research_sources_can_be_left_out(server, monkeypatch):
    tmp_path, rows = server
    monkeypatch.setattr("tools.gather.research_only", lambda: {"one"})
    with zipfile.ZipFile(io.BytesIO(gathered(tmp_path, rows, monkeypatch, research=False))) as archive:
        assert archive.namelist() == ["two/00000.jpg", "two/00001.jpg"]


@pytest.mark.parametrize("content", [b"", b"no xz", lzma.compress(b"a\tb\n1\t2\n"), lzma.compress(b"\xff\xfe")])
def test_another_file_is_no_list(tmp_path, content):
    path = tmp_path / "list.tsv.xz"
    path.write_bytes(content)
    if content != b"":
        with pytest.raises(InputError, match="not a list of photographs"):
            read_list(path)
    else:
        with pytest.raises(InputError):
            gather(path, tmp_path / "x.zip", host="", copies=None, research=True, without=False)


def test_a_missing_copy_is_named(server, monkeypatch):
    tmp_path, rows = server
    with pytest.raises(InputError, match="has no copy of one/photos"):
        gathered(tmp_path, rows, monkeypatch, copies=tmp_path / "nowhere")


@pytest.mark.parametrize(
    "size, expected", [((400, 300), (213, 160)), ((900, 200), (LONG, SHORT)), ((90, 500), (90, LONG))]
)
def test_sides_of_a_reduced_photograph(size, expected):
    with Image.open(io.BytesIO(reduced(photograph(1, size)))) as image:
        assert image.size == expected and image.mode == "RGB" and not image.getexif()


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "LA", "tRNS"])
def test_what_is_transparent_is_reduced_on_white(mode):
    """The bytes are those of the picture that was composed on white, pixel by pixel, before."""
    rng, file, composed = np.random.default_rng(3), io.BytesIO(), io.BytesIO()
    image = Image.fromarray(rng.integers(0, 255, (30, 40, 4), np.uint8), "RGBA")
    if mode == "tRNS":
        image.convert("RGB").quantize(16).save(file, "png", transparency=5)
    else:
        (image.convert("RGB").quantize(16) if mode == "P" else image.convert(mode)).save(file, "png")
    with Image.open(file) as stored:
        pixels = np.asarray(stored.convert("RGBA")).astype(np.int64)
    colour, alpha = pixels[..., :3], pixels[..., 3:]
    white = colour * alpha + 255 * (255 - alpha) + 128
    Image.fromarray(((white + (white >> 8)) >> 8).astype(np.uint8)).save(composed, "png")  # Pillow's division by 255
    assert reduced(file.getvalue()) == reduced(composed.getvalue())


def test_the_published_list_has_sources_that_are_described():
    rows = read_list(ROOT / "presets/photographs.tsv.xz")
    assert len({row.name for row in rows}) == len(rows) > 80_000
    assert all(len(row.blob) == len(row.commit) == 40 and int(row.blob, 16) for row in rows)
    with open(ROOT / "presets/everyday.csv", encoding="utf-8", newline="") as file:
        described = {row["category"] for row in csv.DictReader(file)}
    assert {row.source for row in rows} == described
    kept_back = research_only(ROOT / "presets/everyday.csv")
    assert 3_000 < sum(row.source not in kept_back for row in rows) < 10_000
