"""The `colorize` command and `load` with a tiny model: every format, every refusal."""

import io
import json
import math
import os
import pickle
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import pyvips
import torch
import torch.nn.functional as F
from conftest import in_process, jpeg
from photos import SIZE, SRGB, XMP, deep, encoded, every_kind, exif, gray_of, linear_gray, photo, stored, write_all
from PIL import Image, ImageCms, ImageOps

from colorization.core.errors import InputError
from colorization.imaging.curve import gamma
from colorization.imaging.srgb import MAX_PIXELS
from colorization.models.common import description
from colorization.photo import catalog
from colorization.photo.colorizer import load
from colorization.photo.guide import guide, placed
from colorization.photo.preparation import Box, shrunk
from colorization.photo.reading import read_header, read_photo, upright
from colorization.photo.recolor import enlarged


@pytest.fixture
def colorize(trained, monkeypatch, capsys):
    """The command, run in this process: exit status, stdout and stderr."""
    monkeypatch.chdir(trained)

    return in_process(monkeypatch, capsys)


@pytest.fixture(scope="module")
def colorizer(trained):
    return load(trained / "models/vae.safetensors", device="cpu")


# luminance, alpha and metadata survive


@pytest.mark.parametrize("saturation", [1.0, 10.0])
@pytest.mark.parametrize("kind", ["gray", "rgb", "16 bit", "noise", "steps"])
def test_the_luminance_survives_even_outside_the_gamut(colorizer, kind, saturation):
    image = np.asarray(photo((150, 90)))
    noise = np.random.default_rng(1).integers(0, 256, (90, 150, 3), dtype=np.uint8)
    steps = np.repeat(np.arange(256, dtype=np.uint8)[None], 40, axis=0)
    pixels = {"gray": image[..., 0], "rgb": image, "16 bit": image.astype(np.uint16) * 257, "noise": noise}
    before = pixels.get(kind, steps)
    after = colorizer.colorize(before, saturation=saturation)
    assert after.shape == (*before.shape[:2], 3) and after.dtype == before.dtype
    limit = 0.02 if kind == "16 bit" else 1.0
    assert np.abs(gray_of(after) - gray_of(before)).max() <= limit
    assert np.ptp(after.astype(int), axis=-1).max() > 10 * np.iinfo(after.dtype).max / 255


def test_saturation_0_gives_gray(colorizer):
    after = colorizer.colorize(np.asarray(photo()), saturation=0)
    assert np.ptp(after.astype(int), axis=-1).max() <= 1


@pytest.mark.parametrize("name", sorted(every_kind()))
def test_every_format_and_mode(name, colorize, tmp_path):
    source, out = tmp_path / name, tmp_path / "out"
    source.write_bytes(every_kind()[name])
    status, _, errors = colorize(source, "-o", out, "--quality", 100)
    assert status == 0 and ("black and white pixels" in errors if name.startswith("1.") else errors == "")
    (result,) = out.iterdir()
    written = Path(name).suffix in (".jpg", ".png", ".tif", ".webp", ".bmp")
    assert result.name == (name if written else f"{Path(name).stem}.{'jpg' if name == 'rgb.avif' else 'png'}")
    before, after = read_photo(source), read_photo(result)
    assert after.levels.shape == before.levels.shape
    assert after.bits == before.bits == (16 if "16" in name else 8)
    assert (after.alpha is None) == (before.alpha is None)
    if before.alpha is not None:
        assert (after.alpha == before.alpha).all()
    assert stored(result).shape[2] == (3 if before.alpha is None else 4)
    lossy = result.suffix in (".jpg", ".webp")
    error = np.abs(before.levels.astype(int) - after.levels) / 65535 * 255
    assert error.mean() < 1.5 if lossy else error.max() <= 1
    if not name.startswith("1."):  # black and white have no colour
        assert np.ptp(stored(result)[..., :3].astype(int), axis=-1).max() > 5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_turns_pixels_as_pillow_does(orientation):
    image = photo()
    turned = Image.open(io.BytesIO(encoded(image, "png", exif=exif(orientation))))
    expected = np.asarray(ImageOps.exif_transpose(turned))
    assert (upright(np.asarray(image), orientation) == expected).all()


@pytest.mark.parametrize("name", ["rgb.jpg", "rgb.png", "rgb.webp", "rgb.tif"])
def test_metadata_survives_and_its_orientation_becomes_upright(name, colorize, tmp_path):
    (tmp_path / name).write_bytes(every_kind()[name])
    assert colorize(tmp_path / name, "-o", tmp_path / "out")[0] == 0
    with Image.open(tmp_path / name) as before, Image.open(tmp_path / "out" / name) as after:
        assert after.size == (SIZE if name == "rgb.tif" else SIZE[::-1])
        tags = after.getexif()
        assert (tags[0x010F], tags[0x0132]) == ("Kodak", "1936:05:04 12:00:00")
        assert tags.get_ifd(0x8769)[0x9286] == b"ASCII\0\0\0on the pier"
        assert tags.get(0x0112, 1) == 1
        assert after.info.get("icc_profile") == before.info.get("icc_profile")
        if name != "rgb.webp":
            assert after.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        if "xmp" in before.info:
            assert after.info["xmp"].startswith(XMP.replace(b'"6"', b'"1"').removesuffix(b"</x:xmpmeta>"))
        assert after.info.get("comment") == before.info.get("comment")
        assert after.info.get("Title") == before.info.get("Title")


@pytest.mark.parametrize("name", ["png", "tiff"])
def test_16_bit_files_keep_profile_texts_and_rotation(name, colorize, tmp_path):
    path = tmp_path / f"deep.{'png' if name == 'png' else 'tif'}"
    image = pyvips.Image.new_from_buffer(deep(3, "png"), "").copy()
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", SRGB)
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    path.write_bytes(image.write_to_buffer(path.suffix))
    assert colorize(path, "-o", tmp_path / "out")[0] == 0
    after = pyvips.Image.new_from_file(str(tmp_path / "out" / path.name))
    assert (after.width, after.height, after.format) == (*SIZE[::-1], "ushort")
    assert after.get("icc-profile-data") == SRGB
    upright_before = image.autorot().numpy()
    assert np.abs(gray_of(after.numpy()) - gray_of(upright_before)).max() < 0.05


def test_a_profile_other_than_srgb_is_turned_into_srgb(colorize, tmp_path):
    middle = Image.new("L", (40, 30), 128)
    middle.save(tmp_path / "linear.png", icc_profile=linear_gray())
    middle.save(tmp_path / "plain.png")
    middle.save(tmp_path / "broken.png", icc_profile=b"no profile at all")
    for name in ("linear", "plain", "broken"):
        assert colorize(tmp_path / f"{name}.png", "-o", tmp_path / "out")[0] == 0
    results = {name: Image.open(tmp_path / f"out/{name}.png") for name in ("linear", "plain", "broken")}
    gray = {name: gray_of(np.asarray(image)).mean() for name, image in results.items()}
    assert gray["plain"] == pytest.approx(128, abs=0.6) and gray["broken"] == pytest.approx(128, abs=0.6)
    assert gray["linear"] == pytest.approx(255 * gamma(np.array(128 / 255)), abs=1.5)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(results["linear"].info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileName(profile)
    assert "icc_profile" not in results["plain"].info


# sizes


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (3, 5), (1, 5000), (5000, 1), (31, 33), (700, 20)])
def test_photographs_of_any_size_keep_size_and_luminance(size, colorizer):
    image = np.random.default_rng(0).integers(0, 256, size[::-1], dtype=np.uint8)
    result = colorizer.colorize(image)
    assert result.shape == (*image.shape, 3)
    assert np.abs(gray_of(result) - image).max() <= 1


def test_the_whole_picture_is_shrunk_to_the_training_side():
    assert shrunk(np.zeros((300, 450), np.uint16), 64).shape == (64, 96)
    assert shrunk(np.zeros((20, 10), np.uint16), 64).shape == (128, 64)
    assert shrunk(np.zeros((1, 5000), np.uint16), 64).shape == (1, 256)
    ramp = np.linspace(0, 65535, 1000).astype(np.uint16)[None].repeat(500, 0)
    assert np.abs(shrunk(ramp, 32)[16, 2:-2] - np.linspace(-1, 1, 64)[2:-2]).max() < 0.02


def test_enlarging_is_bilinear_and_does_not_depend_on_tiles():
    maps = torch.rand(2, 5, 7, dtype=torch.float64)
    expected = torch.nn.functional.interpolate(maps[None], size=(43, 90), mode="bilinear")[0].numpy()
    whole = enlarged(maps.numpy(), (slice(0, 43), slice(0, 90)), (43, 90))
    part = enlarged(maps.numpy(), (slice(11, 30), slice(64, 90)), (43, 90))
    assert np.abs(whole - expected).max() < 1e-5
    assert np.abs(part - expected[:, 11:30, 64:90]).max() < 1e-5


def test_the_guide_reproduces_colour_that_follows_lightness():
    L = np.linspace(-3, 3, 12, dtype=np.float32)[None].repeat(9, axis=0)
    ab = np.stack([10 * L + 2, -5 * L])
    slope, offset = guide(L, ab)
    inside = (..., slice(4, -4), slice(4, -4))
    assert np.abs(slope * L + offset - ab)[inside].max() < 0.5


def test_the_guide_equals_torch():
    generator = torch.Generator().manual_seed(0)
    L, ab = (torch.rand(1, channels, 20, 31, generator=generator) * 2 - 1 for channels in (1, 2))

    def mean(x):
        return F.avg_pool2d(F.pad(x, (2, 2, 2, 2), mode="replicate"), 5, stride=1)

    slope = (mean(L * ab) - mean(L) * mean(ab)) / (mean(L * L) - mean(L) ** 2 + 0.01)
    expected = mean(slope), mean(mean(ab) - slope * mean(L))
    for found, wanted in zip(guide(L[0, 0].numpy(), ab[0].numpy()), expected):
        assert np.abs(found - wanted[0].numpy()).max() < 1e-4
    whole = F.pad(F.interpolate(ab, (30, 17), mode="bilinear"), (4, 9, 2, 8))
    assert np.abs(placed(ab[0].numpy(), Box(2, 32, 4, 21), (40, 30)) - whole[0].numpy()).max() < 1e-5


def test_a_large_photograph_is_computed_in_bands(colorizer, monkeypatch):
    image = np.asarray(photo((300, 200)))[..., 1]
    whole = colorizer.colorize(image)
    monkeypatch.setattr("colorization.photo.bands.BAND", 300 * 16)
    assert np.abs(colorizer.colorize(image).astype(int) - whole).max() <= 1  # rounding


# the library


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("channels", [0, 1, 2, 3, 4])
def test_arrays_keep_their_kind(colorizer, dtype, channels):
    image = np.dstack([np.asarray(photo()), np.asarray(photo())[..., :1]])
    image = image if dtype == np.uint8 else image.astype(np.uint16) * 257 if dtype == np.uint16 else image / 255
    image = (image[..., :channels] if channels else image[..., 0]).astype(dtype)
    result = colorizer.colorize(image)
    assert result.dtype == dtype and result.shape == (*image.shape[:2], 4 if channels in (2, 4) else 3)
    if channels in (2, 4):
        assert (result[..., 3] == image[..., -1]).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_pil_images_come_back_as_pil_images(colorizer, mode):
    image = Image.new("I;16", SIZE, 9000) if mode == "I;16" else photo().convert("RGBA").convert(mode)
    result = colorizer.colorize(image)
    assert (result.mode, result.size) == ("RGBA" if mode in ("LA", "RGBA") else "RGB", SIZE)


@pytest.mark.parametrize(
    "image, told",
    [
        (np.zeros((4, 4), np.int32), "uint8, uint16 or float"),
        (np.zeros((0, 4), np.uint8), "expected"),
        (np.zeros((4, 4, 5), np.uint8), "1 to 4 channels"),
        (np.full((4, 4), 255.0), "must lie in"),
        (np.full((4, 4), np.nan), "must lie in"),
        ("photo.jpg", "not str"),
        (Image.new("F", (4, 4)), "no fixed black and white"),
        (Image.new("I", (4, 4), 1_000_000), "outside"),
        (Image.new("L", (0, 5)), "no pixels"),
    ],
)
def test_an_invalid_image_is_refused(colorizer, image, told):
    with pytest.raises(InputError, match=told):
        colorizer.colorize(image)


@pytest.mark.parametrize("saturation", [-1, float("nan"), float("inf")])
def test_an_invalid_saturation_is_refused(colorizer, saturation):
    with pytest.raises(InputError, match="saturation"):
        colorizer.colorize(np.zeros((4, 4), np.uint8), saturation=saturation)


def test_the_library_turns_photographs_upright(colorizer):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.open(io.BytesIO(encoded(photo((60, 40)), "png", exif=exif)))
    after = colorizer.colorize(turned)
    assert after.size == (40, 60)
    assert np.array_equal(np.asarray(after), np.asarray(colorizer.colorize(ImageOps.exif_transpose(turned))))


def test_half_precision_arrays_keep_their_light(colorizer):
    pixels = np.random.default_rng(0).random((20, 30))
    after = colorizer.colorize(pixels.astype(np.float16))
    assert after.dtype == np.float16
    np.testing.assert_allclose(after, colorizer.colorize(pixels.astype(np.float16).astype(np.float32)), atol=1e-3)


def test_a_list_of_photographs_gives_a_list(colorizer):
    first, second = photo((40, 30)), np.zeros((8, 9), np.uint8)
    one, two = colorizer.colorize([first, second], saturation=0.5)
    assert np.array_equal(np.asarray(one), np.asarray(colorizer.colorize(first, saturation=0.5)))
    assert two.shape == (8, 9, 3)


def test_a_model_stays_in_its_process(colorizer):
    with pytest.raises(InputError, match="cannot be pickled; call load"):
        pickle.dumps(colorizer)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            colorizer.colorize(np.zeros((8, 8), np.uint8))
        except InputError as error:
            os.write(writer, str(error).encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as told:
        assert told.read().endswith(b"call load() in each process")
    os.waitpid(child, 0)


def test_the_package_imports_nothing_until_load():
    code = "import sys, colorization as c; assert 'numpy' not in sys.modules; c.load; assert 'numpy' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    code = "import sys, colorization.command.main; assert not {'torch', 'numpy', 'PIL'} & set(sys.modules); "
    code += "import numpy; from colorization.vividness import Curve, vivid; vivid(numpy.ones((2, 1, 1)), Curve(2, 9)); "
    code += "assert not {'numpy.f2py', 'numpy.testing'} & set(sys.modules), 'all of NumPy'"
    subprocess.run([sys.executable, "-c", code], check=True)


# the command


def test_folders_keep_their_structure_and_globs_work(colorize, tmp_path):
    for name in ("a/x.jpg", "a/b/x.jpg", "a/b/notes.txt", "a/.hidden/y.jpg", "s1.jpg", "s2.jpg", "Gemälde 写真.jpg"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(jpeg(1) if name.endswith("jpg") else b"")
    out = tmp_path / "in/out"
    status, _, errors = colorize(tmp_path / "in/a", tmp_path / "in/s?.jpg", tmp_path / "in/Gemälde 写真.jpg", "-o", out)
    found = sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    assert (status, errors.count("error")) == (0, 0)
    assert found == sorted(["x.jpg", "b/x.jpg", "s1.jpg", "s2.jpg", "Gemälde 写真.jpg"])
    assert (
        colorize(tmp_path / "in", "-o", out, "--overwrite", "--dry-run")[1].count("→") == 5
    )  # the results in `out` are skipped
    assert colorize(tmp_path / "in/a/b", "-o", tmp_path / "in/a", "--dry-run")[0] == 1  # a/x.jpg exists
    assert "is one of your photographs" in colorize(tmp_path / "in/a/b", "-o", tmp_path / "in/a/b", "--dry-run")[2]


def test_bad_files_are_reported_and_skipped(colorize, tmp_path):
    good = encoded(photo(), "jpeg")
    files = {
        "good.jpg": good,
        "empty.jpg": b"",
        "cut.jpg": good[: good.index(b"\xff\xda")],
        "text.png": b"no image",
        "cut16.png": deep(3, "png", (300, 200))[:-500],
        "moving.gif": encoded(photo(), "gif", save_all=True, append_images=[photo().rotate(90)]),
        "moving.webp": encoded(photo(), "webp", save_all=True, append_images=[photo().rotate(90)]),
        "pages.tif": encoded(photo(), "tiff", save_all=True, append_images=[photo()]),
        "float.tif": encoded(Image.new("F", SIZE), "tiff"),
        "huge.png": b"\x89PNG\r\n\x1a\n" + deep_header(60_000, 60_000),
        "large.png": b"\x89PNG\r\n\x1a\n" + deep_header(MAX_PIXELS // 1000 + 1, 1000),
    }
    (tmp_path / "in").mkdir()
    for name, content in files.items():
        (tmp_path / "in" / name).write_bytes(content)
    os.mkfifo(tmp_path / "in/pipe.jpg")
    status, _, errors = colorize(
        tmp_path / "in", tmp_path / "in/pipe.jpg", tmp_path / "gone.jpg", "-o", tmp_path / "out"
    )
    lines = [line for line in errors.splitlines() if line.startswith("error")]
    assert status == 1 and [p.name for p in (tmp_path / "out").iterdir()] == ["good.jpg"]
    assert len(lines) == len(files) - 1 + 2
    told = {"empty.jpg": "empty", "text.png": "not an image", "moving.gif": "animated, 2 frames"}
    told |= {"pages.tif": "2 pages", "float.tif": "no fixed", "huge.png": "larger than", "large.png": "more than"}
    told |= {"gone.jpg": "file not found", "pipe.jpg": "not a file"}
    told |= {"cut.jpg": "not an image", "moving.webp": "animated", "cut16.png": "cut16.png"}
    for name, reason in told.items():
        assert any(name in line and reason in line for line in lines), (name, lines)
    assert "1 of 13 photographs colorized" in errors


def deep_header(width: int, height: int) -> bytes:
    """The header chunk of a PNG without pixels: the first bytes of a decompression bomb."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + b"\0\0\0\0IDAT" + b"\0" * 4


def test_a_terminal_shows_a_bar_for_several_photographs(colorize, tmp_path, monkeypatch):
    names = ["a.jpg", "b.jpg", "cut.png"]
    for seed, name in enumerate(names):
        content = jpeg(seed) if name != "cut.png" else deep(3, "png", (300, 200))[:-500]
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    status, _, errors = colorize(*(tmp_path / name for name in names), "-o", tmp_path / "out/")
    assert status == 1 and "3/3" in errors and f"error: {tmp_path / 'cut.png'}" in errors
    status, told, errors = colorize(tmp_path / "a.jpg", "-o", tmp_path / "one/")
    assert (status, errors) == (0, "") and "1 photograph colorized" in told


def test_nothing_is_overwritten_by_accident(colorize, tmp_path):
    source, out = tmp_path / "a.jpg", tmp_path / "out.jpg"
    source.write_bytes(jpeg(1))
    assert colorize(source, "-o", out)[0] == 0
    first = out.read_bytes()
    status, _, errors = colorize(source, "-o", out, "--saturation", 3)
    assert (status, out.read_bytes()) == (1, first) and "--overwrite" in errors
    assert colorize(source, "-o", out, "--saturation", 3, "--overwrite")[0] == 0
    assert out.read_bytes() != first
    before = source.read_bytes()
    status, _, errors = colorize(source, "-o", tmp_path, "--overwrite")
    assert (status, source.read_bytes()) == (1, before) and "is one of your photographs" in errors


def test_without_an_output_results_lie_beside_the_photographs(colorize, tmp_path):
    for name in ("a.jpg", "b.png", "sub/c.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(jpeg(1) if name.endswith("jpg") else every_kind()["rgb.png"])
    status, output, _ = colorize(tmp_path / "a.jpg")
    assert status == 0 and f"1 photograph colorized with vae: {tmp_path}/a-colorized.jpg" in output
    status, output, errors = colorize(tmp_path, "--compare", "--skip-existing")
    assert (status, errors) == (
        0,
        "",
    ) and "2 photographs colorized with vae: beside the originals; 1 existing kept" in output
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*-*")}
    assert names == {"a-colorized.jpg", "b-colorized.png", "b-colorized-compare.png", "sub/c-colorized.jpg",
                     "sub/c-colorized-compare.jpg"}  # fmt: skip
    (tmp_path / "z-colorized.jpg").write_bytes(jpeg(2))  # the user's own: there is no z.jpg
    output = colorize(tmp_path, "--dry-run", "--overwrite")[1]
    assert sorted(Path(line.split(" → ")[0]).name for line in output.splitlines()) == [
        "a.jpg", "b.png", "c.jpg", "z-colorized.jpg"]  # fmt: skip


def test_a_stopped_run_goes_on(colorize, tmp_path):
    (tmp_path / "in").mkdir()
    for i in range(5):
        (tmp_path / f"in/{i}.jpg").write_bytes(jpeg(i))
    out = tmp_path / "out"
    assert colorize(tmp_path / "in/1.jpg", tmp_path / "in/3.jpg", "-o", out)[0] == 0
    status, _, errors = colorize(tmp_path / "in", "-o", out)
    assert status == 1 and f"error: 2 results exist, the first is {out}/1.jpg; --skip-existing keeps them" in errors
    assert errors.count("error") == 1 and "3 of 5 photographs colorized" in errors
    status, output, errors = colorize(tmp_path / "in", "-o", out, "--skip-existing")
    assert (status, errors) == (0, "") and "0 photographs colorized with vae" in output and "5 existing kept" in output


def test_an_output_that_ends_with_a_slash_is_a_folder(colorize, tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    for out in ("out.2024-11-25/", "out.2024-11-26", "one.jpg/"):
        assert colorize(tmp_path / "a.jpg", "-o", f"{tmp_path}/{out}")[0] == 0
        assert [path.name for path in (tmp_path / out).iterdir()] == ["a.jpg"]


def test_a_dash_is_a_pipe(tmp_path):
    (tmp_path / "a.png").write_bytes(every_kind()["rgb.png"])
    command = [sys.executable, "-m", "colorization.command.main"]

    def piped(*arguments, photograph=b""):
        return subprocess.run([*command, *arguments], input=photograph, capture_output=True, cwd=tmp_path, check=False)

    named = piped("a.png", "-o", "named.png")
    assert named.returncode == 0, named.stderr
    expected = (tmp_path / "named.png").read_bytes()
    for done in (piped("-", photograph=(tmp_path / "a.png").read_bytes()), piped("a.png", "-o", "-")):
        assert done.stdout == expected and done.returncode == 0 and b"1 photograph colorized" in done.stderr
    assert piped("-", "-o", "out.png", photograph=(tmp_path / "a.png").read_bytes()).returncode == 0
    assert (tmp_path / "out.png").read_bytes() == expected
    bad = piped("-", photograph=b"no image")
    assert (bad.returncode, bad.stdout) == (1, b"") and b"not an image" in bad.stderr


def test_what_folders_hold_beside_photographs_is_counted(colorize, tmp_path, monkeypatch):
    monkeypatch.setattr("colorization.command.finding.reads_heif", lambda: False)
    for name in (
        "in/a.jpg",
        "in/b.HEIC",
        "in/c.heic",
        "in/d.psd",
        "in/@eaDir/a.jpg",
        "in/#recycle/b.jpg",
        "other/e.jpg",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(jpeg(1))
    (tmp_path / "in/link").symlink_to(tmp_path / "other")
    status, output, errors = colorize(tmp_path / "in", "-o", tmp_path / "out")
    assert status == 0 and "1 photograph colorized" in output
    assert errors.splitlines() == ["passed over 2 .heic: pip install pillow-heif, and they are read",
                                   "passed over 1 .psd: convert them to JPEG or TIFF first",
                                   "passed over 1 linked folder: name them to colorize what they hold"]  # fmt: skip
    monkeypatch.setattr("colorization.command.finding.reads_heif", lambda: True)
    status, output, errors = colorize(tmp_path / "in", "-o", tmp_path / "all")
    assert status == 0 and "3 photographs colorized" in output and "heic" not in errors


def test_two_photographs_with_the_same_result_are_refused(colorize, tmp_path):
    for name in ("a/x.jpg", "b/x.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(jpeg(1))
    status, _, errors = colorize(tmp_path / "a/x.jpg", tmp_path / "b/x.jpg", "-o", tmp_path / "out")
    assert status == 1 and "rename one" in errors and len(list((tmp_path / "out").iterdir())) == 1
    assert colorize(tmp_path / "a/x.jpg", tmp_path / "a/x.jpg", "-o", tmp_path / "twice")[0] == 0


def test_samples_and_comparison(colorize, tmp_path):
    (tmp_path / "a.png").write_bytes(every_kind()["rgb.png"])
    status, output, _ = colorize(tmp_path / "a.png", "-o", tmp_path / "out", "--samples", 2, "--compare", "--dry-run")
    assert status == 0 and "a-1.png" in output and not (tmp_path / "out").exists()
    assert colorize(tmp_path / "a.png", "-o", tmp_path / "out", "--samples", 2, "--compare")[0] == 0
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == ["a-1.png", "a-2.png", "a-compare.png"]
    one, two, three = (np.asarray(Image.open(tmp_path / "out" / name)).astype(int) for name in names)
    assert np.abs(one - two).max() > 3
    assert three.shape == (SIZE[0], 3 * SIZE[1] + 16, 3)
    upright_before = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "a.png")))
    assert np.abs(three[:, : SIZE[1]] - upright_before).max() == 0
    assert np.abs(three[:, -SIZE[1] :] - two).max() == 0
    status, _, errors = colorize(tmp_path / "a.png", "-o", tmp_path / "o", "--samples", 2, "--model", "resnet")
    assert status == 1 and "one result only" in errors


def test_the_requested_format_and_quality_are_used(colorize, tmp_path):
    write_all(tmp_path / "in")
    for name in ("jpeg", "png", "tiff", "webp", "bmp"):
        assert colorize(tmp_path / "in/rgb.jpg", "-o", tmp_path / "out", "--format", name)[0] == 0
    status, _, errors = colorize(tmp_path / "in/rgba.png", "-o", tmp_path / "out", "--format", "jpeg")
    assert status == 1 and "transparency" in errors
    assert colorize(tmp_path / "in/rgb16.png", "-o", tmp_path / "o.jpg")[0] == 0  # requested: 8 bits
    assert colorize(tmp_path / "in/rgb16.png", "-o", tmp_path / "o.tif")[0] == 0
    assert read_header(tmp_path / "o.tif").bits == 16
    small, large = tmp_path / "q5.jpg", tmp_path / "q95.jpg"
    colorize(tmp_path / "in/rgb.png", "-o", small, "--quality", 5)
    colorize(tmp_path / "in/rgb.png", "-o", large)
    assert small.stat().st_size < large.stat().st_size


@pytest.mark.parametrize(
    "arguments, status, told",
    [
        ([], 2, "name a photograph"),
        (["-o", "out"], 2, "name a photograph"),
        (["a.jpg", "-ld.jpg", "-o", "out"], 2, "unrecognized arguments: -ld.jpg"),
        (["-old.jpg", "a.jpg", "-o", "out"], 2, "given twice (ld.jpg, out); write ./ before a photograph"),
        (
            ["a.jpg", "a2.jpg", "-o", "one.jpg"],
            1,
            "one.jpg: names one file for 2 photographs; name a folder, such as one/",
        ),
        (["a.jpg", "a2.jpg", "-o", "out.xyz"], 1, "out.xyz: unknown suffix; name a file with one of"),
        (["a.jpg", "--hint", "1,1,greenish"], 1, "greenish is not a colour; write it as 812,640,#2f5d3a"),
        (["a.jpg", "--hint", "1;1;red"], 1, "hint 1;1;red: write it as"),
        (["a.jpg", "--hint=-1,5,red"], 1, "x and y must be pixels"),
        (["a.jpg", "a2.jpg", "--hint", "1,1,red"], 1, "--hint: belongs to one photograph, not to 2"),
        (["a.jpg", "--hint", "1,1,red"], 1, "hints: this model takes none; use ours"),
        (["a.jpg", "--hint", "1,9999,red"], 1, "hint 1,9999: outside the photograph of"),
        (["a.jpg", "--hint", "1,1,red", "--hint", "1,1,blue"], 1, "hint 1,1: two colours for one place"),
        (["a.jpg", "--hints", "file.txt"], 1, "file.txt: not a file of hints"),
        (["a.jpg", "--hints", "none.json"], 1, "none.json"),
        (["-", "a.jpg"], 1, "a pipe takes one photograph, not 2"),
        (["a.jpg", "-o", "-", "--compare"], 1, "a pipe holds one result"),
        (["a.jpg", "-o", "b.xyz"], 1, "unknown suffix"),
        (["a.jpg", "-o", "b.png", "--format", "jpeg"], 1, "leave out --format"),
        (["a.jpg", "a2.jpg", "-o", "file"], 1, "is a file"),
        (["empty", "-o", "out"], 1, "found no photographs"),
        (["a.jpg", "-o", "out", "--saturation", "nan"], 2, "expected a number from 0 to 10"),
        (["a.jpg", "-o", "out", "--quality", "0"], 2, "from 1 to 100"),
        (["a.jpg", "-o", "out", "--model", "nosuch"], 1, "the trained models are: vae, resnet"),
        (["a.jpg", "-o", "out", "--model", "no/such.safetensors"], 1, "file not found"),
        (["a.jpg", "-o", "out", "--device", "cuda:77"], 1, "not available"),
        (["a.jpg", "-o", "out", "--device", "toaster"], 1, "not available"),
        (["a.jpg", "-o", "file.txt/out"], 1, "file.txt"),
    ],
)
def test_wrong_usage_is_reported_in_one_line(colorize, trained, tmp_path, monkeypatch, arguments, status, told):
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "a2.jpg").write_bytes(jpeg(2))
    (tmp_path / "file.txt").write_text("kept")
    (tmp_path / "file").write_text("kept")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(catalog, "CHECKOUT", trained)
    found, _, errors = colorize(*arguments)
    assert found == status and told in errors and "Traceback" not in errors
    assert status == 2 or len(errors.strip().splitlines()) == 1, errors
    assert (tmp_path / "file.txt").read_text() == "kept" and not (tmp_path / "out").exists()


def test_a_full_disk_leaves_nothing_half_written(colorize, tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(jpeg(1))

    def full(self, file, *arguments, **keywords):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    status, _, errors = colorize(tmp_path / "a.jpg", "-o", tmp_path / "out")
    assert status == 1 and "No space left" in errors and not list((tmp_path / "out").iterdir())


def test_the_list_starts_with_the_best_model(colorize):
    status, output, _ = colorize("--list")
    rows = output.splitlines()
    assert status == 0 and rows[1].startswith("vae") and "8.40" in rows[1] and "(default)" in rows[1]
    assert rows[2].startswith("resnet") and "default" not in rows[2] and catalog.RULE in output


def test_help_and_the_installed_command():
    done = subprocess.run(
        [Path(sys.executable).parent / "colorize", "--help"], capture_output=True, text=True, check=True
    )
    assert "--saturation" in done.stdout and "exit status" in done.stdout and catalog.RULE in done.stdout


# foreign and damaged models


def bad_models(good: bytes) -> dict[str, bytes]:
    size = struct.unpack("<Q", good[:8])[0]
    header = json.loads(good[8 : 8 + size])
    described = json.loads(header["__metadata__"][description.KEY])

    def with_metadata(text: str | None) -> bytes:
        changed = header | ({"__metadata__": {description.KEY: text}} if text is not None else {})
        if text is None:
            changed.pop("__metadata__")
        content = json.dumps(changed).encode()
        return struct.pack("<Q", len(content)) + content + good[8 + size :]

    def with_network(**changes) -> bytes:
        return with_metadata(json.dumps(described | {"network": described["network"] | changes}))

    def with_about(**changes) -> bytes:
        return with_metadata(json.dumps(described | {"about": described["about"] | changes}))

    flipped = bytearray(good)
    flipped[-1000] ^= 1
    nan = bytearray(good)
    nan[-4:] = struct.pack("<f", float("nan"))
    return {
        "empty": b"",
        "text": b"no model",
        "pickle": pickle.dumps({"weights": [1.0]}),
        "torch.save": torch_saved(),
        "cut": good[:-100],
        "cut in the header": good[:50],
        "a header of 2^60 bytes": struct.pack("<Q", 2**60) + good[8:],
        "foreign": with_metadata(None),
        "no description": with_metadata("null"),
        "another model": with_metadata(json.dumps(described | {"model": "../../evil"})),
        "deeply nested": with_metadata("[" * 100_000),
        "no size": with_about(image_size=None),
        "a size of 10^9": with_about(image_size=10**9),
        "no photographs": with_about(photographs=0),
        "photographs beyond counting": with_about(photographs=10**300),
        "scores that are none": with_about(scores={"delta_e": 8.0, "psnr": "23", "colorfulness_ratio": 0.6}),
        "a score of infinity": with_about(scores={"delta_e": -math.inf, "psnr": 23.0, "colorfulness_ratio": 0.6}),
        "half the scores": with_about(scores={"delta_e": 8.0}),
        "no digest": with_metadata(json.dumps({k: v for k, v in described.items() if k != "sha256"})),
        "another's digest": with_metadata(json.dumps(described | {"sha256": "0" * 64})),
        "a flipped bit": bytes(flipped),
        "other weights": with_network(latent_channels=5),
        "terabytes": with_network(latent_channels=10**9),
        "megachannels": with_network(latent_channels=4096),
        "an unknown argument": with_network(evil=1),
        "not a network": with_metadata(json.dumps(described | {"network": [1]})),
        "not a number": bytes(nan),
    }


def torch_saved() -> bytes:
    buffer = io.BytesIO()
    torch.save({"weights": torch.zeros(3)}, buffer)
    return buffer.getvalue()


def test_models_that_are_not_ours_are_refused_in_one_line(colorize, trained, tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    for name, content in bad_models((trained / "models/vae.safetensors").read_bytes()).items():
        path = tmp_path / "bad.safetensors"
        path.write_bytes(content)
        status, _, errors = colorize(tmp_path / "a.jpg", "-o", tmp_path / "out", "--model", path)
        assert status == 1 and str(path) in errors and len(errors.strip().splitlines()) == 1, (name, errors)
        with pytest.raises(InputError):
            load(path)
    assert not (tmp_path / "out").exists()
