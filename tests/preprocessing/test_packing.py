"""Audit, split and packing, on a generated photograph for each fault."""

import io

import numpy as np
import pandas as pd
import pytest
from archives import pack, params, photos
from conftest import jpeg, zip_of
from PIL import Image
from skimage.color import rgb2lab

from colorization.core.errors import InputError
from colorization.dataset.index import shared_categories
from colorization.dataset.photos import load
from colorization.preprocessing import audit, packing


@pytest.mark.parametrize(
    "name, expected",
    [
        ("seg_train/seg_train/sea/1.jpg", ("train", "sea")),
        ("archive/seg_test/seg_test/street/1.jpg", ("test", "street")),
        ("seg_pred/seg_pred/1.jpg", ("pred", "all")),
        ("validation/cats/1.jpg", ("val", "cats")),
        ("Training/1.jpg", ("train", "all")),
        ("holidays/2019/beach/1.jpg", ("", "beach")),
        ("1.jpg", ("", "all")),
        ("train_station/1.jpg", ("", "train_station")),
    ],
)
def test_folders_name_split_and_category(name, expected):
    assert audit.place(name) == ("all", *expected)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("scenes/seg_train/seg_train/sea/1.jpg", ("scenes", "train", "sea")),
        ("scenes/1.jpg", ("scenes", "", "scenes")),
        ("train/sea/1.jpg", ("train", "", "sea")),  # a source may have the name of a split
        ("people/sea/1.jpg", ("all", "", "sea")),
    ],
)
def test_the_outermost_folder_names_the_source_of_several(name, expected):
    assert audit.place(name, frozenset({"scenes", "train"})) == expected


def test_each_source_keeps_its_own_division_and_none_leaks_into_another(tmp_path):
    scenes = {f"scenes/{name}": content for name, content in photos().items()}
    faces = {f"faces/portraits/{i}.jpg": jpeg(9000 + i) for i in range(40)}
    copies = {"faces/portraits/copy.jpg": scenes["scenes/test/sea/0.jpg"]}
    index, arrays = pack(tmp_path, scenes | faces | copies, sources=("faces", "scenes"))
    used = index[index.left_out == ""].groupby(["source", "split"]).size()
    assert used["scenes"].to_dict() == {"train": 6, "val": 2, "test": 3}
    kept = index.split["faces/portraits/copy.jpg"] == "test"  # a copy of a test photograph may only be tested
    assert (used["faces"] > 0).all() and used["faces"].sum() == 40 + kept
    assert used["faces"]["test"] == pytest.approx(8, abs=5)
    assert {split: len(array) for split, array in arrays.items()} == used.groupby("split").sum().to_dict()
    if not kept:
        assert index.left_out["faces/portraits/copy.jpg"] == "leak: identical to scenes/test/sea/0.jpg"
    counts = audit.summarise(index.reset_index(), params())
    assert counts["sources"]["train"] == {"faces": used["faces"]["train"], "scenes": 6}


def test_unlabelled_photographs_train_without_a_category(tmp_path):
    members = photos() | {f"seg_pred/seg_pred/{i}.jpg": jpeg(500 + i) for i in range(4)}
    left, arrays = pack(tmp_path, members)
    assert len(arrays["train"]) == 6 and left.left_out.str.startswith("pred").sum() == 4
    index, arrays = pack(tmp_path, members, unlabelled="train")
    assert len(arrays["train"]) == 10
    rows = index[index.index.str.startswith("seg_pred")]
    assert (rows.split == "train").all() and (rows.category == "").all()
    assert shared_categories(tmp_path / "lab/index.csv") == ["sea"]
    assert audit.summarise(index.reset_index(), params())["categories"]["train"] == {"sea": 6}


def test_split_follows_content_not_names_or_order():
    names = [f"{i}.jpg" for i in range(200)]
    digests = [f"{i * 0x9E3779B97F4A7C15 % 2**64:016x}{0:048x}" for i in range(200)]

    def split_of(names, digests):
        rows = pd.DataFrame({"name": names, "sha256": digests, "source": "all", "split": "", "category": "all"})
        return audit.assign(rows, params()).set_index("sha256").split

    first, second = split_of(names, digests), split_of(names[::-1], digests)
    assert (first[digests] == second[digests]).all()
    assert (first == "test").mean() == pytest.approx(params().test_fraction, abs=0.05)
    assert (first == "val").mean() == pytest.approx(0.1, abs=0.05)


def test_packs_normalised_lab_of_the_centre(tmp_path):
    index, arrays = pack(tmp_path, photos())
    assert {s: a.shape for s, a in arrays.items()} == {
        "train": (6, 3, 32, 32),
        "val": (2, 3, 32, 32),
        "test": (3, 3, 32, 32),
    }
    row = index.loc["test/sea/1.jpg"]
    image = Image.open(io.BytesIO(photos()["test/sea/1.jpg"]))
    expected = rgb2lab(np.asarray(image)[16:48, 24:56]).transpose(2, 0, 1)
    lab = arrays["test"][row.row].astype(float) * np.array([50, 110, 110]).reshape(3, 1, 1) + np.array(
        [50, 0, 0]
    ).reshape(3, 1, 1)
    np.testing.assert_allclose(lab, expected, atol=0.06)
    assert not arrays["test"].flags.writeable


@pytest.mark.parametrize("size", [(150, 150), (150, 72), (40, 500), (31, 31), (1, 1), (1, 60_000)])
@pytest.mark.parametrize("resize", [0, 32, 40])
def test_crop_gives_the_size_for_any_input(size, resize):
    assert packing.crop(Image.new("RGB", size), 32, resize).size == (32, 32)


def test_crop_without_resize_keeps_the_scale():
    pixels = np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    np.testing.assert_array_equal(packing.crop(Image.fromarray(pixels), 32, 0), pixels[9:41, 19:51])


def test_faults_are_left_out_with_their_reasons(tmp_path, capsys):
    members = photos()
    members["train/sea/broken.jpg"] = jpeg(50)[:200]
    members["train/sea/empty.jpg"] = b""
    members["train/fog/gray.jpg"] = jpeg(51, gray=True)
    members["train/sea/copy.jpg"] = members["test/sea/0.jpg"]
    near = Image.open(io.BytesIO(members["test/sea/1.jpg"]))
    buffer = io.BytesIO()
    near.save(buffer, "jpeg", quality=60)
    members["train/sea/near.jpg"] = buffer.getvalue()
    members["seg_pred/x.jpg"] = jpeg(52)
    index, arrays = pack(tmp_path, members)
    assert index.left_out["train/sea/broken.jpg"].startswith("unreadable")
    assert index.left_out["train/sea/empty.jpg"].startswith("unreadable")
    assert index.left_out["train/fog/gray.jpg"] == "gray"
    assert index.left_out["train/sea/copy.jpg"] == "leak: identical to test/sea/0.jpg"
    assert index.left_out["train/sea/near.jpg"] == "leak: near-identical to test/sea/1.jpg"
    assert index.left_out["seg_pred/x.jpg"].startswith("pred")
    assert len(arrays["train"]) == 6 and len(arrays["test"]) == 3
    assert "category fog: no usable photographs" in capsys.readouterr().out
    counts = audit.summarise(index.reset_index(), params())
    assert counts["left_out"] == {"gray": 1, "leak": 2, "pred": 1, "unreadable": 2}
    assert counts["used"] == {"train": 6, "val": 2, "test": 3}
    assert counts["categories"]["train"] == {"fog": 0, "sea": 6}
    assert counts["identical_files"] == 1
    assert counts["with_twin"] == 4


def test_limit_is_per_split(tmp_path):
    _, arrays = pack(tmp_path, photos(), limit=2)
    assert [len(a) for a in arrays.values()] == [2, 2, 2]


def test_workers_do_not_change_the_result(tmp_path):
    archive = zip_of(tmp_path / "photos.zip", photos())
    for count in (1, 2):
        packing.pack(archive, tmp_path / str(count), params(), workers=count)
    for name in ("train.npy", "val.npy", "test.npy", "index.csv"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_rotated_photographs_are_turned():
    image, buffer = Image.new("RGB", (40, 60), "red"), io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(buffer, "jpeg", exif=exif)
    _, width, height, _, _ = packing.decode(buffer.getvalue(), params())
    assert (width, height) == (60, 40)


@pytest.mark.parametrize(
    "members, told",
    [
        ({"a.jpg": jpeg(1), "b.jpg": jpeg(2)}, "split is empty: of 2 photographs 2 are usable"),
        (
            {f"{i}.jpg": jpeg(i, gray=True) for i in range(30)},
            "the train split is empty: of 30 photographs 0 are usable .left out: 30 gray",
        ),
        ({f"{i}.jpg": b"no photograph" for i in range(3)}, "left out: 3 unreadable"),
    ],
)
def test_an_empty_split_is_refused(tmp_path, members, told):
    with pytest.raises(InputError, match=told):
        pack(tmp_path, members)
    assert not list((tmp_path / "lab").glob("*.part"))


@pytest.mark.parametrize("content", [b"", b"junk", b"\x93NUMPY\x01\x00"])
def test_a_damaged_array_is_refused(tmp_path, content):
    (tmp_path / "train.npy").write_bytes(content)
    with pytest.raises(InputError, match="dvc repro preprocess"):
        load(tmp_path / "train.npy")
