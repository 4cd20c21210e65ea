"""Sources: the rights of the sample, the same bytes every time, and plain messages for bad input."""

import io
import re
import zipfile

import imagehash
import numpy as np
import pandas as pd
import pytest
from conftest import jpeg, zip_of
from PIL import Image

from colorization.core.errors import InputError
from colorization.sources import folder, sample
from colorization.sources.archive import is_photograph, write_archive

LICENCES = {"public", "CC0-1.0", "CC-BY-2.0", "CC-BY-4.0", "MIT", "BSD-2-Clause", "Pexels", "Unsplash"}  # first words


def test_every_photograph_of_the_sample_has_its_source_and_licence():
    table = pd.read_csv(sample.FOLDER / "photographs.csv", keep_default_na=False)
    assert sorted(table.file) == [name for name, _ in sample.photographs()]
    assert (table[["source", "path", "credit", "licence"]] != "").all(axis=None)
    assert set(table.licence.str.split(" ").str[0]) <= LICENCES, "no share-alike, no -ND, no -NC"
    told = (sample.FOLDER / "README.md").read_text()
    for source, count in table.source.value_counts().items():
        assert re.search(rf"\| {re.escape(source)} \| `[0-9a-f]{{40}}` \| {count} \|", told), source


def test_the_sample_is_of_one_size_and_without_twins():
    hashes = []
    for name, content in sample.photographs():
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.mode, image.size, len(image.getexif())) == ("JPEG", "RGB", (96, 96), 0), name
            hashes.append(int(str(imagehash.phash(image)), 16))
    alike = np.bitwise_count(np.array(hashes, np.uint64)[:, None] ^ np.array(hashes, np.uint64))
    assert len(hashes) == 500 and alike[np.triu_indices(500, 1)].min() > 6


def test_a_package_without_the_sample_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(sample, "FOLDER", tmp_path / "embedded")
    with pytest.raises(InputError, match="the sample is missing; run the study in a clone"):
        sample.photographs()


def test_same_photographs_same_bytes(tmp_path):
    photos = {f"train/sea/{i}.jpg": jpeg(i) for i in range(5)}
    for name, content in reversed(photos.items()):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    zip_of(tmp_path / "in.zip", photos)
    assert write_archive(tmp_path / "1.zip", folder.photographs(tmp_path / "in")) == 5
    assert write_archive(tmp_path / "2.zip", folder.photographs(tmp_path / "in.zip")) == 5
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_several_sources_stay_apart_under_their_names(tmp_path):
    for name in ("b", "a"):
        zip_of(tmp_path / f"{name}.zip", {f"sea/{i}.jpg": jpeg(i) for i in range(2)})
    paths = {"one-b": tmp_path / "b.zip", "one": tmp_path / "a.zip"}
    names = [name for name, _ in folder.several(paths)]
    assert names == ["one-b/sea/0.jpg", "one-b/sea/1.jpg", "one/sea/0.jpg", "one/sea/1.jpg"]
    assert write_archive(tmp_path / "out.zip", folder.several(paths)) == 4
    with pytest.raises(InputError, match="missing: folder or zip not found"):
        folder.several(paths | {"two": tmp_path / "missing"})
    assert [name for name, _ in folder.several({"": tmp_path / "a.zip"})] == ["sea/0.jpg", "sea/1.jpg"]


def test_photographs_are_recognised_by_their_suffix():
    assert all(map(is_photograph, ["a.jpg", "b/c.PNG", "d.webp", "e.tiff", "f.bmp", "ü/海.jpeg"]))
    assert not any(
        map(
            is_photograph,
            [
                "a.txt",
                ".hidden.jpg",
                "__MACOSX/a.jpg",
                "x/@eaDir/a.jpg",
                "#recycle/a.jpg",
                ".git/a.png",
                "a",
                "b.pdf",
                "c.zip",
            ],
        )
    )


def broken_directory(folder):
    path = zip_of(folder / "d.zip", {"a.jpg": jpeg(1)})
    path.write_bytes(path.read_bytes().replace(b"PK\x01\x02", b"xxxx"))
    return path


@pytest.mark.parametrize(
    "make, told",
    [
        (lambda p: p / "missing", "folder or zip not found"),
        (lambda p: (p / "a.zip").write_text("no zip") and p / "a.zip", "neither a folder nor a complete zip"),
        (broken_directory, "neither a folder nor a complete zip"),
        (lambda p: (p / "a.txt").write_text("text") and p, "1 files, but no photographs"),
        (lambda p: zip_of(p / "b.zip", {"a.txt": b""}), "1 files, but no photographs"),
        (lambda p: zip_of(p / "c.zip", {}), "0 files, but no photographs"),
    ],
)
def test_bad_folders_are_refused_with_their_name(tmp_path, make, told):
    (tmp_path / "in").mkdir()
    path = make(tmp_path / "in")
    with pytest.raises(InputError, match=told) as caught:
        write_archive(tmp_path / "out.zip", folder.photographs(path))
    assert str(path) in str(caught.value)
    assert not list(tmp_path.glob("out.zip*")), "nothing half-written"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_is_left_out(tmp_path, capsys, method):
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.jpg", jpeg(1))
        start = archive.fp.tell()
        archive.writestr("b.jpg", jpeg(2))
    content = bytearray(path.read_bytes())
    content[start // 2 : start // 2 + 40] = b"x" * 40
    path.write_bytes(content)
    assert write_archive(tmp_path / "out.zip", folder.photographs(path)) == 1
    assert "a.jpg" in capsys.readouterr().out


def test_photographs_that_cannot_be_read_are_counted(tmp_path, capsys):
    zip_of(tmp_path / "in.zip", {"a.jpg": jpeg(1), "b.HEIC": b"x", "c/d.heic": b"x", "e.dng": b"x", ".f.dng": b"x"})
    assert write_archive(tmp_path / "out.zip", folder.photographs(tmp_path / "in.zip")) == 1
    assert f"left out of {tmp_path}/in.zip: 1 .dng, 2 .heic: convert them to JPEG" in capsys.readouterr().out
