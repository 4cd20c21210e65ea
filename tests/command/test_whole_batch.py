"""One bad name, link or folder among many photographs: a line for that one, and the others are coloured."""

import io
import os
import sys

import pytest
from conftest import jpeg

from colorization.photo import catalog


def put(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(jpeg(1))


@pytest.mark.parametrize(
    "link, target", [("#old", "#old"), ("loop", "loop"), ("up", ".."), ("here", "."), ("gone.jpg", "no")]
)
@pytest.mark.parametrize("out", [[], ["-o", "out/"]])
def test_links_to_themselves_their_parent_or_nothing_stop_nothing(link, target, out, quick, tmp_path):
    put(tmp_path, "in/a.jpg", "in/sub/b.jpg")
    (tmp_path / "in/sub" / link).symlink_to(target)
    status, output, errors = quick("in", *out)
    assert status == 0 and "2 photographs colorized" in output
    told = "1 linked folder" if target in ("..", ".") else "1 broken link"
    assert errors.splitlines() == [line for line in errors.splitlines() if told in line] != []


def test_a_link_to_nothing_is_named_by_what_it_is(quick, tmp_path):
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    put(tmp_path, "a.jpg")
    status, _, errors = quick("loop.jpg", "a.jpg", "-o", "out/")
    assert status == 1 and "error: loop.jpg: a link to a file that is missing" in errors
    assert "1 of 2 photographs colorized" in errors


def test_folders_of_snapshots_and_trash_are_hidden(quick, tmp_path):
    put(tmp_path, "a.jpg", "#snapshot/GMT-2026/a.jpg", "sub/@Recently-Snapshot/x/a.jpg", "#recycle/a.jpg")
    assert quick(".", "--dry-run")[1].count("→") == 1


@pytest.mark.parametrize("name", ["x" * 247, "写" * 81 + "a"])
@pytest.mark.parametrize("out", [[], ["-o", "out/"]])
def test_a_name_that_becomes_too_long_is_one_line(name, out, quick, tmp_path):
    put(tmp_path, "in/a.jpg", f"in/{name}.jpg", "in/b.jpg")
    status, _, errors = quick("in", *out)
    lines = [line for line in errors.splitlines() if line.startswith("error")]
    if out:  # 251 and 248 bytes: the result fits, with or without room for .part
        assert status == 0 and not lines and sorted(os.listdir("out")) == sorted(["a.jpg", "b.jpg", f"{name}.jpg"])
        return
    assert status == 1 and len(lines) == 1 and "File name too long" in lines[0] and "--output" in lines[0]
    assert "disk" not in errors and "2 of 3 photographs colorized" in errors
    assert quick("in", *out, "--dry-run", "--overwrite")[0] == 1


def test_a_folder_without_permission_is_one_line(quick, tmp_path, monkeypatch):
    put(tmp_path, "in/a.jpg", "in/closed/b.jpg", "in/z/c.jpg")
    real = os.scandir

    def scandir(path="."):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    status, _, errors = quick("in", "-o", "out/")
    assert status == 1 and errors.count("error") == 1
    assert "error: in/closed: Permission denied; its photographs are left out" in errors
    assert sorted(os.listdir("out")) == ["a.jpg", "z"]


@pytest.mark.parametrize("at", ["photograph", "result"])
def test_a_photograph_or_a_result_without_permission_is_one_line(at, quick, tmp_path, monkeypatch):
    put(tmp_path, "in/a.jpg", "in/b.jpg")
    (tmp_path / "out").mkdir()
    real_stat, real_lstat = os.stat, os.lstat
    closed = str(tmp_path / ("in/b.jpg" if at == "photograph" else "out/b.jpg"))

    def refusing(real):
        def ask(path, *arguments, **options):
            if not isinstance(path, int) and os.path.abspath(os.fspath(path)).startswith(closed):
                raise PermissionError(13, "Permission denied", path)
            return real(path, *arguments, **options)

        return ask

    monkeypatch.setattr(os, "stat", refusing(real_stat))
    monkeypatch.setattr(os, "lstat", refusing(real_lstat))
    status, _, errors = quick("in/a.jpg", "in/b.jpg", "-o", "out/")
    lines = [line for line in errors.splitlines() if line.startswith("error")]
    assert status == 1 and len(lines) == 1 and "b.jpg" in lines[0] and "Permission denied" in lines[0]
    assert os.listdir("out") == ["a.jpg"]


def test_everything_passed_over_is_counted(quick, tmp_path):
    put(tmp_path, "a.jpg", "b.j2k", "c.jpx", "Thumbs.db", ".hidden.pdf")
    for name in ("s.pdf", "t.PDF", "n.pef", "o.srw", "p.erf", "q.3fr", "d.dcm", "noname", "e.jpg_large", "a.jpg.xmp",
                 "a.aae", "a.jpg.json", "notes.txt"):  # fmt: skip
        (tmp_path / name).write_bytes(b"")
    status, output, errors = quick(".", "--dry-run")
    assert status == 0 and output.count("→") == 3
    assert errors.splitlines() == [
        "passed over 2 .pdf: pdfimages -all FILE.pdf NAME, of the package poppler, takes the pictures of its pages out",
        "passed over 1 .3fr, 1 .dcm, 1 .erf, 1 .pef, 1 .srw: convert them to JPEG or TIFF first",
        "passed over 1 .aae, 1 .json, 1 .xmp: they describe photographs; copy them beside the results",
        "passed over 1 without a suffix, 1 .jpg_large, 1 .txt: not named like photographs; name a file to colorize it",
    ]
    put(tmp_path, "noname")
    assert quick("noname", "-o", "named.jpg")[0] == 0


def test_results_get_their_photographs_time_if_asked(quick, tmp_path):
    put(tmp_path, "a.jpg")
    then = 1_000_000_000
    os.utime(tmp_path / "a.jpg", (then, then))
    assert quick("a.jpg", "-o", "now/")[0] == 0 and quick("a.jpg", "-o", "then/", "--keep-time", "--compare")[0] == 0
    assert (tmp_path / "now/a.jpg").stat().st_mtime > then
    assert {path.stat().st_mtime for path in (tmp_path / "then").iterdir()} == {then}


def test_one_result_that_exists_is_it_and_several_are_them(quick, tmp_path):
    put(tmp_path, "in/a.jpg", "in/b.jpg")
    assert quick("in", "-o", "out/")[0] == 0
    assert "out/a.jpg exists; --skip-existing keeps it, --overwrite replaces it" in quick("in/a.jpg", "-o", "out/")[2]
    assert "2 results exist, the first is out/a.jpg; --skip-existing keeps them" in quick("in", "-o", "out/")[2]


@pytest.mark.parametrize("kind", ["whole", "none", "cut"])
def test_a_pipes_messages_name_the_pipe(kind, quick, monkeypatch):
    photograph = {"whole": jpeg(1), "none": b"no image", "cut": jpeg(1)[:-400]}[kind]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(photograph)))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    status, _, errors = quick("-")
    assert status == (kind == "none") and "colorize-pipe" not in errors
    assert ("standard input: " in errors) == (kind != "whole")
    assert errors.endswith("1 photograph colorized with ours: standard output\n") == (kind != "none")


def test_the_papers_models_are_said_to_be_in_a_clone(quick, tmp_path, monkeypatch):
    """The package leaves them out, to stay small."""
    put(tmp_path, "a.jpg")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/ours.onnx").symlink_to(catalog.BUNDLED / "ours.onnx")
    monkeypatch.setattr(catalog, "BUNDLED", tmp_path / "weights")
    monkeypatch.setattr(catalog, "CHECKOUT", tmp_path)
    status, _, errors = quick("a.jpg", "--model", "vae")
    assert status == 1 and "vae: unknown model; the trained models are: ours; the paper's models" in errors
    assert "lie in a clone of the repository: --model CLONE/src/colorization/photo/weights/vae.onnx" in errors
    assert "clone" not in quick("a.jpg", "--model", "nosuch")[2]
