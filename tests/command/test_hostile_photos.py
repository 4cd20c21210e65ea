"""Hostile photographs for the study and `colorize`: bombs, quines, names, links, programs, and very many files."""

import multiprocessing
import os
import signal
import stat
import struct
import subprocess
import sys
import time
import tracemalloc
import warnings
import zipfile
import zlib
from pathlib import Path

import pandas as pd
import pytest
import yaml
from archives import pack, params, photos
from chaos.made import files
from chaos.targets import READERS
from conftest import GUARD, ROOT, jpeg, run, tiny_params, zip_of
from hypothesis import HealthCheck, given, settings
from photos import encoded, photo
from PIL import Image
from quine import quine

from colorization.core.errors import InputError
from colorization.core.process import workers
from colorization.imaging.jpeg_scans import count_scans
from colorization.photo.reading import read_photo
from colorization.preprocessing import packing
from colorization.sources import archive, folder
from colorization.sources.archive import LARGEST, write_archive


def taken(source: Path) -> dict[str, bytes]:
    """The members of data/raw/photos.zip that a folder or zip of photographs gives."""
    out = source.parent / "photos.zip"
    count = write_archive(out, folder.photographs(source))
    with zipfile.ZipFile(out) as opened:
        found = {member.filename: opened.read(member) for member in opened.infolist()}
    assert len(found) == count
    return found


def png_header(width: int, height: int) -> bytes:
    """The first bytes of a PNG without pixels, with a size that a decoder would allocate."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT" + b"\0" * 4


# content that does not match the file's name


def test_the_content_of_a_file_decides_not_its_name(tmp_path):
    members = photos()
    members["train/sea/0.jpg"] = encoded(photo((80, 64)), "png")
    members["train/sea/text.png"] = b"no photograph, but a text"
    members["train/sea/zip.jpg"] = quine()
    members["train/sea/bomb.png"] = png_header(60_000, 60_000)
    members["train/sea/pickle.gif"] = b"\x80\x04cos\nsystem\n."
    index, arrays = pack(tmp_path, members)
    assert index.left_out["train/sea/0.jpg"] == "" and len(arrays["train"]) == 6
    limit = f"3600000000 pixels) exceeds limit of {2 * Image.MAX_IMAGE_PIXELS} pixels, could be decompression bomb"
    assert limit in index.left_out["train/sea/bomb.png"]
    for name in ("text.png", "zip.jpg", "pickle.gif"):
        assert index.left_out[f"train/sea/{name}"].startswith("unreadable: cannot identify image file")


def test_a_photograph_that_is_a_program_is_not_run(tmp_path, monkeypatch):
    """Pillow would run PostScript with Ghostscript, whatever the file's name."""
    ran, program = tmp_path / "ran", tmp_path / "bin/gs"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n" + b"showpage\n" * 99
    with pytest.raises(OSError, match="cannot identify"):
        packing.decode(postscript, params())
    assert not archive.is_photograph("a.eps") and not ran.exists()
    with pytest.raises(InputError, match="not an image of a known format"):
        (tmp_path / "a.jpg").write_bytes(postscript)
        read_photo(tmp_path / "a.jpg")


def scan_bomb(count: int) -> bytes:
    """A progressive JPEG that repeats one of its scans `count` times."""
    content = encoded(photo((160, 120)).convert("L"), "jpeg", progressive=True)
    starts = [i for i in range(len(content)) if content[i : i + 2] == b"\xff\xda"]
    return content[:-2] + content[starts[1] : starts[2]] * count + content[-2:]


def test_a_jpeg_with_thousands_of_scans_is_refused(tmp_path):
    """A scan takes twenty bytes, but decoding it passes over all pixels."""
    for count, bad in ((0, False), (50, False), (5_000, True)):
        content, path = scan_bomb(count), tmp_path / "a.jpg"
        path.write_bytes(content)
        if bad:
            with pytest.raises(InputError, match="more than 100 progressive scans"):
                packing.decode(content, params())
            with pytest.raises(InputError, match=r"a\.jpg: more than 100 progressive scans"):
                read_photo(path)
        else:
            assert packing.decode(content, params())[1:3] == (160, 120) and read_photo(path).levels.shape == (120, 160)
    plain = encoded(photo((2000, 1500)), "jpeg", progressive=True, quality=100, exif=b"Exif\0\0" + b"\xff\xda" * 999)
    assert count_scans(plain) < 20, "bytes within a segment or a scan do not count as a scan"
    assert count_scans(plain[:-2] + b"\xff\xd9" + b"\xff\xda\0\2" * 999) < 20, "bytes after the picture do not count"


# zips that unpack to more than they claim, or to themselves


DIRECTORY = -1  # stands for the offset of the zip's directory, right after the last member


def lying_zip(path: Path, **lies: int) -> Path:
    """A zip in which b.jpg has a false header; a.jpg is correct."""
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("a.jpg", jpeg(1))
        opened.writestr("b.jpg", jpeg(2))
        for name, value in lies.items():
            setattr(opened.filelist[1], name, opened.start_dir if value == DIRECTORY else value)
    return path


@pytest.mark.parametrize(
    "lies, told",
    [
        ({"file_size": LARGEST + 1}, "larger than 512 MB"),
        ({"file_size": 2**40}, "unpacks to 1,099,511"),
        ({"compress_size": 2**40}, "larger than 512 MB"),
        ({"file_size": 99}, "size or CRC differs from the one"),
        ({"CRC": 7}, "size or CRC differs from the one"),
        ({"flag_bits": 1}, "encrypted"),
        ({"compress_type": 99}, "compression method 99 is not supported"),
        ({"compress_type": zipfile.ZIP_LZMA}, "left out"),
        ({"compress_type": zipfile.ZIP_BZIP2}, "Invalid data stream"),
        ({"header_offset": 2**30}, "left out"),
        ({"header_offset": DIRECTORY}, "Bad magic number"),
    ],
    ids=str,
)
def test_a_zip_member_with_a_false_header_is_left_out(tmp_path, capsys, lies, told):
    path = lying_zip(tmp_path / "in.zip", **lies)
    if "unpacks" in told:  # it claims more bytes than the disk has free
        with pytest.raises(InputError, match=f"{path}: it {told}.* bytes, and the disk has .* free"):
            taken(path)
        return
    assert taken(path) == {"a.jpg": jpeg(1)}
    line = capsys.readouterr().out
    assert line.startswith(f"left out {path}: b.jpg: ") and told in line and line.count("\n") == 1


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_bomb_takes_no_memory(tmp_path, method):
    """64 MB of zeros that claim to be 100 bytes: zipfile would unpack them all before it cuts."""
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w", method) as opened:
        opened.writestr("a.jpg", jpeg(1))
        opened.writestr("b.jpg", bytes(64 * 2**20))
        opened.filelist[1].file_size = 100
    folder.photographs(path)  # imports happen here, outside the measurement
    tracemalloc.start()
    assert list(taken(path)) == ["a.jpg"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 2**20


def test_an_lzma_dictionary_of_gigabytes_is_refused(tmp_path, capsys):
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as opened:
        opened.writestr("b.jpg", jpeg(2))
        opened.writestr("a.jpg", jpeg(1))
    content = bytearray(path.read_bytes())
    at = content.index(b"b.jpg") + len("b.jpg") + 5  # the dictionary's size follows two numbers and a property
    content[at : at + 4] = b"\xff\xff\xff\xf0"
    path.write_bytes(content)
    assert list(taken(path)) == ["a.jpg"] and "emory usage limit" in capsys.readouterr().out


def test_a_zip_that_holds_itself_is_opened_once(tmp_path):
    path = tmp_path / "quine.zip"
    path.write_bytes(quine())
    with zipfile.ZipFile(path) as opened:
        (name,) = opened.namelist()
        assert opened.read(name) == quine()
    assert taken(path) == {name: quine()}
    with pytest.raises(InputError, match="left out: 1 unreadable"):
        packing.pack(path, tmp_path / "lab", params(), workers=1)
    with pytest.raises(InputError, match="1 files, but no photographs"):
        taken(zip_of(tmp_path / "in.zip", {"inner.zip": quine()}))


# names


NAMES = [
    "/root.jpg",
    "/etc/cron.d/root.jpg",
    "C:\\windows.jpg",
    "\\\\host\\share.jpg",
    "~/home.jpg",
    "$HOME.jpg",
    "nul.jpg",
]
SCRIPTS = [
    "写真/山.jpg",
    "صور/بحر.jpg",
    "תמונה.jpg",
    "Ελλάδα.jpg",
    "é.jpg",
    "e\u0301.jpg",
    "👨‍👩‍👧.jpg",
    "con.jpg",
    "a b'\"&<i>.jpg",
]


def test_member_names_are_not_used_as_paths(tmp_path):
    below = tmp_path / "x/y"
    below.mkdir(parents=True)
    members = photos() | {name: jpeg(90 + i) for i, name in enumerate([*NAMES, *SCRIPTS])}
    found = taken(
        zip_of(below / "in.zip", members | {"../../up.jpg": jpeg(80), "..\\up.jpg": jpeg(81), "a/../b.jpg": b""})
    )
    assert found == members, "folders whose names begin with a dot are hidden, .. included"
    index, _ = pack(below, found)
    assert set(index.index) == set(members) and not index.left_out.any()
    read = pd.read_csv(below / "lab/index.csv", keep_default_na=False)
    assert set(read.name) == set(members)
    assert {p.relative_to(tmp_path).parts[:2] for p in tmp_path.rglob("*") if p.is_file()} == {("x", "y")}


def test_names_of_invalid_bytes_stay_distinct(tmp_path, capsys):
    source = tmp_path / "in"
    source.mkdir()
    for i in range(3):
        Path(os.fsdecode(os.fsencode(source) + b"/\xff%c.jpg" % (0xFC + i))).write_bytes(jpeg(i))
    found = taken(source)
    assert sorted(found.values()) == sorted(jpeg(i) for i in range(3)), "one photograph for each name"
    index, _ = pack(tmp_path, photos() | found)
    assert not index.left_out.any()


def test_the_last_of_several_members_with_one_name_counts(tmp_path):
    path = zip_of(tmp_path / "in.zip", photos())
    with zipfile.ZipFile(path, "a") as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened.writestr("train/sea/0.jpg", jpeg(77))
    assert taken(path) == photos() | {"train/sea/0.jpg": jpeg(77)}
    index = packing.pack(path, tmp_path / "lab", params(), workers=1)  # even if photos.zip had such names
    assert index.name.is_unique and len(index) == len(photos())


def test_a_name_that_is_too_long_for_utf_8_is_left_out(tmp_path, capsys):
    """65,000 bytes in the zip's own encoding become 195,000 in UTF-8; a zip holds at most 65,535."""
    path = zip_of(tmp_path / "in.zip", {"a.jpg": jpeg(1), "x" * 65_000 + ".jpg": jpeg(2)})
    path.write_bytes(path.read_bytes().replace(b"x" * 65_000, b"\xb0" * 65_000))
    assert list(taken(path)) == ["a.jpg"]
    assert "its name exceeds 4096 bytes" in capsys.readouterr().out


def test_an_empty_name_and_a_folder_are_ignored(tmp_path):
    path = zip_of(tmp_path / "in.zip", {"a.jpg": jpeg(1), "X": b"", "d.jpg/": b""})
    content = path.read_bytes()
    with zipfile.ZipFile(path) as opened:
        member = opened.getinfo("X")
    at = content.rindex(b"X" + b"PK\1\2")  # the name in the directory becomes empty
    shorter = bytearray(content)
    struct.pack_into("<H", shorter, at - 46 + 28, 0)
    struct.pack_into("<H", shorter, at - 46 + 30, 1)  # the letter becomes a meaningless extra field
    path.write_bytes(shorter)
    assert member.file_size == 0 and list(taken(path)) == ["a.jpg"]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_control_characters_in_names_are_escaped_in_the_output_of_stages(tmp_path, encoding):
    """The stages report unreadable files, with characters that the terminal can show."""
    source, tree = tmp_path / "in", tiny_params()
    for name, content in photos((("train", 6), ("val", 2), ("test", 3))).items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    names = ["\x1b[2J\x07\r\nerror: forged.jpg", "写真.jpg", os.fsdecode(b"\xff.jpg"), "\u202egpj.exe.jpg"]
    for name in names:
        (source / "train/sea" / name).write_bytes(b"no photograph")
        (source / "train/sea" / f"mem {name}").symlink_to("/proc/self/mem")  # reading this file fails
    tree["data"] |= {"source": "folder", "folder": {"path": str(source)}, "limit": 0}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree))
    env = os.environ | {
        "PYTHONPATH": f"{GUARD}{os.pathsep}{ROOT}",
        "PYTHONIOENCODING": encoding,
        "DVC_ROOT": str(tmp_path),
    }
    for stage in ("download", "preprocess"):
        done = subprocess.run(
            [sys.executable, "-m", f"stages.{stage}"], cwd=tmp_path, env=env, capture_output=True, check=False
        )
        output = done.stdout.decode(encoding)
        assert done.returncode == 0, done.stderr.decode()
        assert output.count("left out ") == len(names) and not set(output) & set("\x1b\x07\r\u202e")
        assert all(line.startswith(("left out", "13 ", "15 ", "used")) for line in output.splitlines()), output
        assert "\\x1b[2J\\x07\\r\\nerror: forged.jpg" in output


def test_control_characters_in_names_are_escaped_in_the_output_of_colorize(tmp_path, trained):
    names = [b"\x1b[2J\n.jpg", b"\xff.jpg", "写真.jpg".encode()]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(jpeg(1))
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad" + name)).write_bytes(b"")
    command = [sys.executable, "-m", "colorization.command.main", tmp_path, "-o", tmp_path / "out", "--dry-run"]
    done = subprocess.run(
        command,
        cwd=trained,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == len(done.stderr.splitlines()) == 3
    assert not set(done.stdout + done.stderr) & {"\x1b"}


# links, pipes, depths


def test_links_in_folders_and_zips(tmp_path, capsys):
    source = tmp_path / "in"
    (source / "below").mkdir(parents=True)
    (source / "a.jpg").write_bytes(jpeg(1))
    (source / "link.jpg").symlink_to(source / "a.jpg")
    (source / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (source / "self.jpg").symlink_to(source / "self.jpg")
    (source / "folder.jpg").symlink_to(source)
    (source / "below/up").symlink_to(source)
    (source / "zero.jpg").symlink_to("/dev/zero")
    os.mkfifo(source / "pipe.jpg")
    assert taken(source) == {"a.jpg": jpeg(1), "link.jpg": jpeg(1)}
    member = zipfile.ZipInfo("link.jpg")
    member.create_system, member.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    with zipfile.ZipFile(tmp_path / "links.zip", "w") as opened:
        opened.writestr(member, str(secret))
    assert taken(tmp_path / "links.zip") == {"link.jpg": str(secret).encode()}, "the link's text, not its target"


def test_a_file_too_large_for_a_photograph_is_left_out(tmp_path, capsys):
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.jpg").write_bytes(jpeg(1))
    with open(source / "sparse.jpg", "wb") as file:
        file.truncate(2**40)
    assert list(taken(source)) == ["a.jpg"]
    assert capsys.readouterr().out == f"left out {source}/sparse.jpg: larger than 512 MB\n"


def test_pipes_devices_and_missing_paths_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("~nobody-of-this-name/photos")):
        with pytest.raises(InputError, match="folder or zip not found"):
            folder.photographs(path)
    tree = tiny_params()
    tree["data"] |= {"source": "folder", "folder": {"path": "~nobody-of-this-name/photos"}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree))
    env = os.environ | {"PYTHONPATH": f"{GUARD}{os.pathsep}{ROOT}", "DVC_ROOT": str(tmp_path)}
    done = run([sys.executable, "-m", "stages.download"], tmp_path, check=False, env=env)
    assert done.returncode == 1 and done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


def test_a_thousand_nested_folders_are_read_or_refused(tmp_path):
    """Paths longer than the system allows, and deeper than Python's recursion limit."""
    (tmp_path / "in").mkdir()
    here = os.open(tmp_path / "in", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    try:
        with pytest.raises(InputError, match="nested too deep|0 files, but no photographs"):
            taken(tmp_path / "in")
    finally:
        run(["rm", "-rf", "in"], tmp_path)


# many files, many processes


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="the processes must inherit what is patched")
def test_a_killed_decoder_is_reported_in_one_line(tmp_path, monkeypatch):
    def die(*arguments):
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(packing, "decode", die)
    with pytest.raises(InputError, match="was killed, probably because memory ran out; .*COLORIZATION_WORKERS=1"):
        packing.pack(zip_of(tmp_path / "photos.zip", photos()), tmp_path / "lab", params(), workers=2)
    assert not list((tmp_path / "lab").iterdir())


@pytest.mark.parametrize("text", ["0", "-1", "x", "1e3", "257", "9" * 9_999, "٣", " 1", "1\n"])
def test_an_invalid_number_of_workers_is_refused(monkeypatch, text):
    monkeypatch.setenv("COLORIZATION_WORKERS", text)
    with pytest.raises(InputError, match="COLORIZATION_WORKERS: must be a whole number from 1 to 256, not"):
        workers()


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_thousands_of_members_in_seconds():
    """Runs in a separate process, to measure its memory alone. The long run, chaos.readers, has 100,000 members."""
    began = time.monotonic()
    run([sys.executable, "-m", "chaos.many", "2000"], ROOT / "tests")
    assert time.monotonic() - began < 60


@pytest.mark.filterwarnings("ignore")  # Pillow's warnings
@pytest.mark.parametrize("name", ["source", "archive", "image", "colorize", "params", "weights", "answers", "arrays"])
def test_damaged_files_of_every_kind(name, tmp_path_factory):
    """A short run of chaos.readers."""
    where, taken = tmp_path_factory.mktemp("fuzz"), []

    def too_long(signum, frame):
        raise AssertionError("a hang")

    @settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(files(name))
    def attempt(data):
        signal.alarm(10)
        taken.append(READERS[name].takes(where, data))
        signal.alarm(0)

    before = signal.signal(signal.SIGALRM, too_long)
    attempt()
    signal.signal(signal.SIGALRM, before)
    assert False in taken or name == "archive"
