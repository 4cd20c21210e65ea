"""Command lines that once lost photographs, or made folders that nobody asked for."""

from pathlib import Path

import pytest
from conftest import jpeg

from colorization.command import plan
from colorization.command.finding import find_photos
from colorization.core.errors import InputError


@pytest.fixture
def put(tmp_path):
    """Writes photographs of the given names."""

    def put(*names: str) -> None:
        for name in names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(jpeg(1))

    return put


def test_a_film_that_is_missing_stops_no_photograph(quick, put, tmp_path):
    pytest.importorskip("av")
    put("a.jpg", "b.jpg")
    (tmp_path / "folder.mp4").mkdir()
    status, _, errors = quick("a.jpg", "missing.mp4", "b.jpg", "-o", "out/")
    assert status == 1 and errors.splitlines()[0] == "error: missing.mp4: file not found"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.jpg", "b.jpg"]


def test_a_missing_drive_is_told(monkeypatch):
    monkeypatch.setattr("colorization.command.plan.os.path.lexists", lambda path: False)
    with pytest.raises(InputError, match=r"a\.jpg: its drive is missing"):
        plan._try_name(Path("E:/out/a.jpg"))


@pytest.mark.parametrize("arguments", [["album"], ["album/*.jpg"]])
def test_a_pipe_takes_no_folder_of_photographs(arguments, quick, put):
    put("album/a.jpg", "album/b.jpg")
    status, out, errors = quick(*arguments, "-o", "-")
    told = "error: -: a pipe takes one photograph, not 2; use -o to name a folder\n"
    assert (status, out) == (1, "") and errors.endswith(told.removeprefix("error: "))


def test_results_of_an_earlier_run_are_passed_over(put, tmp_path):
    put("in/a.jpg", "in/a-colorized.jpg", "in/a-colorized-1.jpg", "in/a-colorized-12.jpg", "in/a-colorized-compare.jpg")
    put("in/b-colorized-1.jpg", "in/c-1.jpg")
    found = find_photos([str(tmp_path / "in")], None).photos
    assert [path.name for path, _ in found] == ["a.jpg", "b-colorized-1.jpg", "c-1.jpg"]


@pytest.mark.parametrize("name", ["a.m4v", "a.3gp", "a.m2ts", "a.M4V", "a.jp2", "a.j2k", "a.heic"])
def test_a_known_suffix_that_is_not_written_names_no_folder(name):
    with pytest.raises(InputError, match="unknown suffix; name a file with one of"):
        plan.place(name, 1)
    assert plan.place(f"{name}/", 1) == (Path(name), False)
    assert plan.place("album.2019", 1) == (Path("album.2019"), False)


def test_a_photograph_by_two_paths_is_one(put, tmp_path, monkeypatch):
    put("x/a.jpg", "x/b.jpg")
    (tmp_path / "y").symlink_to("x")
    (tmp_path / "x/link.jpg").symlink_to("a.jpg")
    monkeypatch.chdir(tmp_path / "x")
    assert find_photos(["a.jpg", "../x/a.jpg", "../y/a.jpg", "."], None).photos == [
        (Path("a.jpg"), Path("a.jpg")),
        (Path("b.jpg"), Path("b.jpg")),
        (Path("link.jpg"), Path("link.jpg")),
    ]
