"""The server of the page without a browser: who may ask it, what it refuses, and what it offers."""

import functools
import http.client
import io
import json
import os
import re
import shutil
import socket
import time
import zipfile
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from photos import encoded, photo
from PIL import Image
from serving import serving
from starlette.datastructures import Headers

from colorization.core.errors import InputError
from colorization.page import addresses, app, folders, questions, server
from colorization.page import album as albums
from colorization.page.addresses import names
from colorization.page.album import SHOWN, Album, Gone, clean, reduced
from colorization.page.guard import Refused, check_sender
from colorization.page.painting import Painter, pack
from colorization.page.palette import APART, distinct, modes, shades
from colorization.photo.recolor import L_LEVELS

PNG = encoded(photo((64, 48)), "png")


@pytest.fixture(scope="module")
def port(trained, tmp_path_factory):
    with serving(trained, tmp_path_factory.mktemp("served")) as address:
        yield int(address.rsplit(":", 1)[1])


def ask(port, method, path, body=None, **headers):
    """Status, headers and body of the answer; underscores in names of headers stand for hyphens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    content = json.dumps(body) if isinstance(body, dict) else body
    connection.request(method, path, content, {key.replace("_", "-"): value for key, value in headers.items()})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, dict(answer.headers), content


def told(answer) -> str:
    return json.loads(answer[2])["error"]


@pytest.fixture(scope="module")
def uploaded(port):
    """The address of an uploaded photograph."""
    status, _, content = ask(port, "POST", "/api/photos?name=pier.png", PNG)
    told = {"name": "pier.png", "width": 64, "height": 48, "warning": ""}
    assert status == 200 and json.loads(content) | {"id": 1} == {"id": 1, **told}
    return f"/api/photos/{json.loads(content)['id']}"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "[", "localhost@evil.example:80."]
)
def test_a_page_whose_name_was_bound_to_this_machine_is_refused(port, host):
    for method, path in (("GET", "/"), ("GET", "/api/models"), ("POST", "/api/zip")):
        answer = ask(port, method, path, Host=host)
        assert answer[0] == 403 and "open the address" in told(answer)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:1234", "[::1]:7860", "192.168.1.20:7860"])
def test_addresses_and_our_own_names_are_served(port, host):
    assert ask(port, "GET", "/", Host=host)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_another_site_may_not_change_anything(port, uploaded, headers):
    for method, path, body in (("POST", "/api/photos?name=a.png", PNG), ("DELETE", uploaded, None)):
        answer = ask(port, method, path, body, **headers)
        assert answer[0] == 403 and "another site" in told(answer)
    assert ask(port, "GET", f"{uploaded}/before")[0] == 200


@pytest.mark.parametrize(
    "headers, status",
    [
        ({"Host": "nas.example.org"}, 200),
        ({"Host": "NAS.example.org:8443", "Origin": "https://NAS.example.org:8443"}, 200),
        ({"Host": "other.example.org"}, 403),
        ({"Host": "127.0.0.1:7860", "Origin": "https://nas.example.org"}, 200),  # a proxy that names itself
        ({"Host": "nas.example.org", "Origin": "https://evil.example"}, 403),
    ],
)
def test_an_allowed_name_may_be_used_behind_a_proxy_too(headers, status):
    check = functools.partial(check_sender, Headers(headers), names("127.0.0.1", ["NAS.example.org"]))
    for changes in (False, True) if status == 200 or "Origin" not in headers else (True,):
        with nullcontext() if status == 200 else pytest.raises(Refused):
            check(changes=changes)


def test_a_refusal_says_which_option_allows_the_name(port):
    assert "--allow-host nas.example.org" in told(ask(port, "GET", "/", Host="nas.example.org:7860"))
    assert "--allow-host NAME" in told(ask(port, "GET", "/", Host="a'b"))


@pytest.mark.parametrize("name", ["http://nas", "nas:80", "", "a b", "*.example.org", "-nas", "nas/colorize"])
def test_only_names_are_allowed(name):
    with pytest.raises(InputError, match="--allow-host .*: expected a name"):
        names("127.0.0.1", [name])


def test_the_printed_address_can_be_opened_from_other_machines(monkeypatch):
    monkeypatch.setattr(addresses, "outward", lambda host: "192.168.1.20" if host == "0.0.0.0" else "fd00::20")
    assert addresses.named("127.0.0.1", 80) == ["http://127.0.0.1:80  (Ctrl-C stops it)"]
    assert [line.split()[0] for line in addresses.named("0.0.0.0", 80)] == [
        "http://127.0.0.1:80",
        "http://192.168.1.20:80",
    ]
    assert addresses.named("::", 80)[1].startswith("http://[fd00::20]:80 ")


def test_an_upload_is_read_part_by_part_and_one_that_stops_is_told(port, uploaded):
    large = encoded(photo((900, 700)), "png")
    assert len(large) > 2**18
    status, _, content = ask(port, "POST", "/api/photos?name=large.png", large)
    assert status == 200 and json.loads(content)["width"] == 900
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = f"POST /api/photos HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(large)}\r\n\r\n"
        connection.sendall(head.encode() + large[:100_000])
    assert ask(port, "GET", f"{uploaded}/before")[0] == 200, "one that broke off harms no other"


def test_a_connection_serves_several_requests_and_heads(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for method, path, status in (("HEAD", "/", 200), ("GET", "/page.css", 200), ("PUT", "/", 404), ("GET", "/", 200)):
        connection.request(method, path)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == status and bool(content) == (method != "HEAD")
    connection.close()


def test_answers_may_not_be_framed_sniffed_or_stored(port, uploaded):
    for path in ("/", "/page.js", f"{uploaded}/before"):
        headers = ask(port, "GET", path)[1]
        assert "default-src 'none'" in headers["Content-Security-Policy"] and headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Python" not in headers["Server"]


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/../server.py", "/%2e%2e/server.py", "/server.py", "/examples/README.md", "/api/photos/a/before/b"],
)
def test_only_the_files_of_the_page_are_given(port, path):
    assert ask(port, "GET", path)[0] == 404


def test_every_example_has_its_true_colours_its_source_and_few_bytes():
    folder, page = app.HERE / "examples", (app.HERE / "page.html").read_text(encoding="utf-8")
    named = re.findall(r'data-example="(\w+)"><img src="examples/(\w+).jpg" alt="" width="(\d+)" height="(\d+)"', page)
    assert {name for name, *_ in named} == {path.stem for path in folder.glob("*.jpg")} and len(named) == 7
    sources = (folder / "README.md").read_text(encoding="utf-8")
    for name, file, *sides in named:
        gray, true = (Image.open(folder / place / f"{name}.jpg") for place in ("", "true"))
        assert name == file and gray.size == true.size == tuple(map(int, sides)) and f"| {name}.jpg |" in sources
        assert gray.mode == "L" and true.mode == "RGB"
        assert max(path.stat().st_size for path in folder.rglob(f"{name}.jpg")) < 75_000


def test_a_photograph_of_another_number_is_gone(port):
    for path in ("/api/photos/abc/preview", "/api/photos/..%2f/preview"):
        assert ask(port, "POST", path, {"model": "vae"})[0] in (404, 410)


@pytest.mark.parametrize(
    "question, expected",
    [
        ({}, "None: unknown model"),
        ({"model": "/etc/passwd"}, "/etc/passwd: unknown model"),
        ({"model": ["vae"]}, "unknown model"),
        ({"model": "vae", "vividness": "1"}, "vividness: expected a number from 0 to 10"),
        ({"model": "vae", "vividness": -1}, "vividness: expected a number"),
        ({"model": "vae", "vividness": True}, "vividness: expected a number"),
        ({"model": "vae", "vividness": float("nan")}, "vividness: expected a number"),
        ({"model": "vae", "hints": 3}, "hints: expected"),
        ({"model": "vae", "hints": [3]}, "hints: expected"),
        ({"model": "vae", "hints": [{"x": 1}]}, "x and y must be pixels"),
        ({"model": "vae", "hints": [{"x": 1, "y": 1, "color": "red"}] * 1001}, "takes at most 1000"),
        (b"[]", "expected a JSON object"),
        (b"[" * 100000, "expected a JSON object"),
        (b"\xff", "expected a JSON object"),
    ],
)
def test_a_bad_question_is_told_in_one_line(port, uploaded, question, expected):
    for act in ("preview", "result", "finish"):
        answer = ask(port, "POST", f"{uploaded}/{act}", question)
        assert answer[0] == 400 and expected in told(answer) and "\n" not in told(answer)


@pytest.mark.parametrize("others", ["abc", [3], {"a": 1}, None])
def test_bad_numbers_of_the_other_photographs_of_a_zip_are_told(others):
    with pytest.raises(InputError, match="others: expected a list of photographs"):
        questions.others({"others": others})


def test_a_place_outside_and_a_question_that_is_too_long_are_refused(port, uploaded):
    outside = {"model": "vae", "x": 64, "y": 3}
    assert "outside the photograph of 64×48" in told(ask(port, "POST", f"{uploaded}/palette", outside))
    assert ask(port, "POST", f"{uploaded}/preview", b" " * (2**20 + 1))[0] == 413
    assert ask(port, "POST", "/api/photos", PNG, Content_Length="many")[0] == 400
    assert ask(port, "POST", "/api/photos", iter([PNG]))[0] == 411, "sent in chunks"
    assert ask(port, "POST", "/api/zip", {"photos": []})[0] == 400


@pytest.mark.parametrize("content", [b"", b"no image", PNG[:200]])
def test_a_file_that_is_no_photograph_is_told_and_not_kept(port, content):
    answer = ask(port, "POST", f"/api/photos?name={quote('my notes.png')}", content)
    assert answer[0] == 400 and told(answer).startswith("my notes.png: ")


def test_the_palette_offers_colours_of_that_lightness(port, uploaded):
    status, _, content = ask(port, "POST", f"{uploaded}/palette", {"model": "vae", "x": 30, "y": 20})
    found = json.loads(content)
    assert status == 200 and 1 <= len(found["likely"]) <= 6 and len(found["others"]) > 12
    assert len({*found["likely"]}) == len(found["likely"])


# the album


def added(album, name="pier.png", content=PNG):
    return album.add(name, io.BytesIO(content), len(content))


def test_an_upload_beyond_the_limits_is_refused(tmp_path, monkeypatch):
    album = Album(tmp_path)
    monkeypatch.setattr(albums, "UPLOAD", 100)
    with pytest.raises(InputError, match=r"pier.png: larger than 0 MB"):
        added(album)
    monkeypatch.setattr(albums, "UPLOAD", 2**20)
    monkeypatch.setattr(albums, "FOLDER", 3 * len(PNG) // 2)
    added(album)
    with pytest.raises(InputError, match="remove a photograph or film, or wait"):
        added(album)
    with pytest.raises(InputError, match="broke off"):
        album.add("a.png", io.BytesIO(PNG[:50]), 60)
    assert len(list(tmp_path.iterdir())) == 1


def aged(*paths):
    for path in paths:
        os.utime(path, (time.time() - 2 * folders.KEPT,) * 2)


def test_a_result_is_kept_as_long_as_its_photograph_is_in_use(tmp_path):
    album = Album(tmp_path)
    entry = added(album)
    result = entry.folder / "pier-colorized.png"
    result.write_bytes(PNG)
    aged(entry.file, result)
    album.find(entry.number)
    album.forget()
    assert result.exists()
    aged(result)
    album.forget()
    assert entry.file.exists() and not result.exists()


def test_what_is_finished_waits_for_the_rest_of_the_zip(tmp_path):
    painter = Painter(Album(tmp_path), device="cpu")
    first, second = added(painter.album), added(painter.album)
    asked = {"model": "ours", "vividness": 1}
    app._finish(painter, first, asked)
    aged(*first.folder.iterdir())
    app._finish(painter, second, asked | {"others": [first.number, "one that is gone"]})
    painter.album.forget()
    pack([painter.album.find(one.number) for one in (first, second)], tmp_path / "all.zip")


def test_what_is_removed_while_the_zip_is_packed_is_left_out(tmp_path, monkeypatch):
    painter = Painter(Album(tmp_path), device="cpu")
    entries = first, second, third = [added(painter.album) for _ in range(3)]
    for entry in entries:
        app._finish(painter, entry, {"model": "ours", "vividness": 1})
    real = zipfile.ZipFile.write

    def write(archive, path, name):
        painter.album.remove(second.number)  # before it is looked for
        if path.parent == third.folder:
            painter.album.remove(third.number)  # after it is found
        real(archive, path, name)

    monkeypatch.setattr(zipfile.ZipFile, "write", write)
    pack(entries, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert len(archive.namelist()) == 1 and archive.testzip() is None
    with pytest.raises(Gone, match="deleted; choose them again"):
        pack([second, third], tmp_path / "none.zip")


def vanishing(monkeypatch, folder):
    """Another thread deletes the other photograph's folder when the walk is in the first one."""
    real, gone = os.scandir, []

    def scandir(place):
        if not gone and place not in (folder, str(folder)):
            gone.append(folder / ("b" if Path(place).name == "a" else "a"))
            shutil.rmtree(gone[0])
        return real(place)

    monkeypatch.setattr(os, "scandir", scandir)


@pytest.mark.parametrize("walk", [folders.held, folders.delete_old])
def test_a_folder_may_vanish_while_the_files_are_walked(tmp_path, monkeypatch, walk):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "photograph").write_bytes(b"x")
    vanishing(monkeypatch, tmp_path)
    assert walk(tmp_path) == (1 if walk is folders.held else None)


def test_a_file_that_cannot_be_deleted_does_not_end_the_thread_that_deletes(tmp_path, monkeypatch):
    album, turns = Album(tmp_path / "album"), []
    album.folder.mkdir()

    def forget():
        turns.append(1)
        if len(turns) == 3:
            album.folder.rmdir()
        raise PermissionError

    monkeypatch.setattr(album, "forget", forget)
    monkeypatch.setattr(server, "KEPT", 0)
    server.forget(album)
    assert len(turns) == 3


def test_a_photograph_is_forgotten_with_its_files(tmp_path):
    album = Album(tmp_path)
    old, new = added(album), added(album)
    album.open(old)
    os.utime(old.file, (time.time() - 2 * folders.KEPT,) * 2)
    album.forget()
    assert [path.name for path in tmp_path.iterdir()] == [new.number]
    with pytest.raises(Gone):
        album.find(old.number)
    assert album.find(new.number) == new


def test_few_photographs_stay_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(albums, "DECODED", 2 * 64 * 48)
    album = Album(tmp_path)
    entries = [added(album) for _ in range(3)]
    opened = [album.open(entry) for entry in entries]
    assert album.open(entries[2]) is opened[2] and album.open(entries[1]) is opened[1]
    assert album.open(entries[0]) is not opened[0]


@pytest.mark.parametrize(
    "name, expected",
    [
        ("C:\\photos\\a.jpg", "a.jpg"),
        ("../../etc/passwd", "passwd"),
        ("", "photograph"),
        ("..", "photograph"),
        ("a\x1b[2J\u202e.jpg", "a_x1b[2J_u202e.jpg"),
        ("ü" * 300 + ".jpg", "ü" * 100 + ".jpg"),
        ("wo?ist*.jpg", "wo_ist_.jpg"),
    ],
)
def test_names_are_cleaned(name, expected):
    assert clean(name) == expected


@pytest.mark.parametrize("shape", [(3000, 4000), (4000, 3000), (500, 9000), (48, 64)])
def test_levels_are_reduced_to_the_size_of_the_page(shape):
    rows = np.linspace(0, L_LEVELS, shape[0])[:, None]
    small = reduced(np.broadcast_to(rows, shape).astype(np.uint16))
    assert max(small.shape) == min(max(shape), SHOWN)
    assert small.shape[1] / small.shape[0] == pytest.approx(shape[1] / shape[0], rel=0.02)
    assert np.abs(small[:, 0] - np.linspace(0, L_LEVELS, len(small))).max() < L_LEVELS * 0.02


# the palette


def test_modes_are_the_heaviest_colours_first():
    ab = np.repeat([[30.0, 30], [-40, 0], [0, 0]], [60, 30, 10], axis=0)
    found = modes(ab, np.ones(100))
    assert found[0] == pytest.approx([30, 30]) and any(np.allclose(one, [-40, 0]) for one in found)


@pytest.mark.parametrize("level", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_likely_colours_look_different(level):
    """Four pinks are one offer: by CIEDE2000, an independent measure."""
    from skimage import color

    pinks = np.array([[20, 5], [24, 4], [22, 8], [28, 6], [60, 10], [20, 40], [-30, 30], [-2, 1]])
    shown = shades(pinks, int(level * L_LEVELS))
    found = distinct(shown)
    assert found[0] == shown[0] and shown[1] not in found and len(found) >= 4
    lab = color.rgb2lab(np.array([list(bytes.fromhex(one[1:])) for one in found], np.uint8))
    differences = color.deltaE_ciede2000(lab[:, None], lab[None])
    assert differences[~np.eye(len(found), dtype=bool)].min() > 0.7 * APART


def test_shades_keep_the_lightness_and_black_has_one():
    from skimage import color

    ab = np.array([[0, 0], [40, 30], [-30, 20], [10, -50]])
    shown = shades(ab, L_LEVELS // 2)
    lab = color.rgb2lab(np.array([list(bytes.fromhex(one[1:])) for one in shown], np.uint8)[None])[0]
    assert np.abs(lab[:, 0] - 50).max() < 0.6 and np.abs(lab[:, 1:] - ab).max() < 1.5
    assert shades(ab, 0) == ["#000000"] and shades(ab, L_LEVELS) == ["#ffffff"]
