"""Photographs and results that are one file under two paths: nothing is lost, whatever the disk takes for the same."""

import os
import unicodedata

import pytest
from conftest import jpeg
from PIL import Image

from colorization.command.same import Guard, folded, place
from colorization.core.errors import InputError


def test_a_photograph_reached_by_another_path_is_not_replaced(quick, tmp_path):
    """A hard link is what a bind mount, a disk that ignores case and one that ignores NFC and NFD have in common."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    before = jpeg(1)
    for name, alias in (
        ("p.jpg", "p.jpg"),
        ("q.JPG", "q.jpg"),
        ("Käthe.jpg", unicodedata.normalize("NFD", "Käthe.jpg")),
    ):
        (tmp_path / "one" / name).write_bytes(before)
        os.link(tmp_path / "one" / name, tmp_path / "two" / alias)
        for options in ([], ["--overwrite"]):
            status, _, errors = quick(f"one/{name}", "-o", f"two/{alias}", *options)
            assert status == 1 and "is one of your photographs" in errors
            assert (tmp_path / "two" / alias).read_bytes() == (tmp_path / "one" / name).read_bytes() == before


def test_a_photograph_that_appears_at_the_result_while_it_is_coloured_is_kept(quick, tmp_path, monkeypatch):
    before = jpeg(1)
    (tmp_path / "p.jpg").write_bytes(before)

    def encoded(photo, *arguments, **options):
        os.link(tmp_path / "p.jpg", tmp_path / "out/p.jpg")  # as if the disk had been mounted a second time
        return real(photo, *arguments, **options)

    real = Image.Image.save
    monkeypatch.setattr(Image.Image, "save", encoded)
    status, _, errors = quick("p.jpg", "-o", "out/", "--overwrite")
    assert status == 1 and "is one of your photographs" in errors and [*os.listdir("out")] == ["p.jpg"]
    assert (tmp_path / "out/p.jpg").read_bytes() == before


def test_a_result_that_appears_while_it_is_coloured_is_kept(quick, tmp_path, monkeypatch):
    (tmp_path / "p.jpg").write_bytes(jpeg(1))
    real = Image.Image.save

    def encoded(photo, *arguments, **options):
        (tmp_path / "out/p.jpg").write_bytes(b"another program's")
        return real(photo, *arguments, **options)

    monkeypatch.setattr(Image.Image, "save", encoded)
    status, _, errors = quick("p.jpg", "-o", "out/")
    assert status == 1 and "use --overwrite" in errors
    assert (tmp_path / "out/p.jpg").read_bytes() == b"another program's"


@pytest.mark.parametrize("options", [[], ["--overwrite"]])
def test_two_results_that_the_disk_takes_for_one_are_not_both_written(options, quick, tmp_path, monkeypatch):
    for name in ("a/IMG.jpg", "b/img.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(jpeg(1))
    real = os.replace

    def replace(partial, path):
        real(partial, path)
        other = {"IMG.jpg": "img.jpg", "img.jpg": "IMG.jpg"}[os.path.basename(path)]
        os.link(path, os.path.join(os.path.dirname(path), other))  # from now on both names name this file

    monkeypatch.setattr(os, "replace", replace)
    status, _, errors = quick("a", "b", "-o", "out/", *options)
    assert status == 1 and "has the same result" in errors and "1 of 2 photographs colorized" in errors


def test_two_folders_that_are_one_have_one_result(quick, tmp_path):
    for name in ("a/p.jpg", "b/p.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(jpeg(1))
    (tmp_path / "x").mkdir()
    (tmp_path / "y").symlink_to("x")
    guard = Guard([], overwrite=True)
    assert guard.plan(tmp_path / "a/p.jpg", [tmp_path / "x/new/p.jpg"]) is None
    with pytest.raises(InputError, match="has the same result"):
        guard.plan(tmp_path / "b/p.jpg", [tmp_path / "y/new/p.jpg"])
    assert place(tmp_path / "x/../y/new") == place(tmp_path / "x/new") != place(tmp_path / "new")


def test_names_compare_as_disks_do_that_ignore_case_and_form():
    assert folded("KÄTHE.JPG") == folded(unicodedata.normalize("NFD", "Käthe.jpg")) != folded("Kathe.jpg")
