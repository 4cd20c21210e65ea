"""The command, the library, the page and a small study on Windows and macOS: simulated on Linux, there as it is."""

import http.client
import json
import os
import re
import sys

import numpy as np
import pytest
import tifffile
import yaml
from conftest import jpeg, tiny_params
from machine import SIMULATED, colorize, free_port, run, start
from PIL import Image

windows = pytest.mark.skipif(sys.platform == "darwin", reason="of Windows")


# the simulation takes away what it says


OLD = {  # what our modules may not do, and the error of Windows
    "import fcntl": "ModuleNotFoundError",
    "import resource": "ModuleNotFoundError",
    "import os; os.getsid(0)": "AttributeError",
    "import os; os.sched_getaffinity(0)": "AttributeError",
    "from signal import SIGHUP": "ImportError",
    "import signal; signal.SIGKILL": "AttributeError",
    "import signal; signal.setitimer": "AttributeError",
    "import os; f = open('a', 'w'); os.replace('a', 'b')": "PermissionError",
    "import os; open('a', 'w').close(); f = open('b', 'w'); os.replace('a', 'b')": "PermissionError",
    "import os; f = open('a', 'w'); os.unlink('a')": "PermissionError",
    "import numpy as np; np.zeros(9).tofile('a'); m = np.memmap('a'); import os; os.unlink('a')": "PermissionError",
    "import os; open('a', 'w').close(); open('b', 'w').close(); os.rename('a', 'b')": "FileExistsError",
    "open('con.txt', 'w')": "OSError",
    "open('a. ', 'w')": "OSError",
    "open('a:b', 'w')": "OSError",
    "open('a', 'w').write('→')": "UnicodeEncodeError",
    "print('→')": "UnicodeEncodeError",
    "f = open('a', 'w'); f.write('\\n'); f.close(); assert open('a', 'rb').read() == b'\\n'": "AssertionError",
    "open('a', 'w').close(); open('A', 'x')": "FileExistsError",
    "import sys; assert sys.platform == 'linux'": "AssertionError",
    "from multiprocessing import get_start_method as how; assert how() != 'spawn'": "AssertionError",
}
TRY = """
import importlib, pathlib, sys
for number, line in enumerate({lines!r}):
    pathlib.Path(f"tools/try{{number}}.py").write_text(line, encoding="utf-8", newline="\\n")
for number in range({count}):
    try:
        importlib.import_module(f"tools.try{{number}}")
        print("nothing")
    except Exception as error:
        print(type(error).__name__)
"""


@pytest.mark.skipif(not SIMULATED, reason="there it is no simulation")
def test_the_simulation_lacks_what_windows_lacks(tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/__init__.py").touch()
    _, output, errors = run("-c", TRY.format(lines=[*OLD], count=len(OLD)), folder=tmp_path)
    assert [*zip(OLD, output.split())] == [*OLD.items()], errors


# the command and the library


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    (folder / "photo.jpg").write_bytes(jpeg(1))
    (folder / "Gemälde.png").write_bytes(jpeg(2))  # a JPEG by another name
    tifffile.imwrite(folder / "deep.tif", np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16))
    return folder


def test_the_command_colours_a_folder(photographs):
    status, output, errors = colorize(".", "-o", f"out{os.sep}", "--compare", folder=photographs)
    assert (status, errors) == (0, "") and "3 photographs colorized with ours" in output
    status, output, errors = colorize(".", "-o", "out", "--compare", "--overwrite", folder=photographs)
    assert (status, errors) == (0, "")
    names = {path.name for path in (photographs / "out").iterdir()}
    assert {"photo.jpg", "deep.tif", "photo-compare.jpg"} <= names and len(names) == 6
    assert tifffile.imread(photographs / "out/deep.tif").dtype == np.uint16


@pytest.mark.skipif(not SIMULATED, reason="there it is no simulation")
def test_the_command_colours_a_folder_on_macos(photographs, tmp_path, monkeypatch):
    monkeypatch.setenv("DESK", "darwin")
    files = [path for path in photographs.iterdir() if path.is_file()]
    status, output, errors = colorize(*files, "-o", "out/", folder=tmp_path)
    assert (status, errors) == (0, "") and "3 photographs colorized with ours" in output
    assert (tmp_path / "out/Gemälde.jpg").is_file()
    again = colorize(*files, "-o", "OUT", folder=tmp_path)
    assert again[0] == 1 and "3 results exist" in again[2]


@windows
def test_backslash_ends_the_name_of_a_folder(photographs, tmp_path):
    status, output, errors = colorize(photographs / "photo.jpg", "-o", "scans.jpg\\", folder=tmp_path)
    assert (status, errors) == (0, "")
    [folder] = tmp_path.iterdir()
    assert folder.is_dir() and [path.name for path in folder.iterdir()] == ["photo.jpg"]


@windows
@pytest.mark.parametrize("name", ["con.jpg", "nul .png"])
def test_a_name_that_windows_lacks_is_refused_in_one_line(photographs, tmp_path, name):
    status, output, errors = colorize(photographs / "photo.jpg", "-o", name, folder=tmp_path)
    assert status == 1 and errors == f"error: {name}: Windows has no file of this name; choose another\n"
    assert not [*tmp_path.iterdir()]


def test_the_photograph_by_a_name_in_another_case_is_not_replaced(photographs):
    before = (photographs / "photo.jpg").read_bytes()
    status, _, errors = colorize("photo.jpg", "-o", "PHOTO.JPG", "--overwrite", folder=photographs)
    assert status == 1 and errors.count("\n") == 1 and (photographs / "photo.jpg").read_bytes() == before


HELD = """
import sys
from colorization.command.main import main
file = open(sys.argv.pop(1), "rb")
main()
"""


@windows
def test_a_result_that_another_program_has_open_is_kept_in_one_line(photographs, tmp_path):
    held = tmp_path / "held.jpg"
    held.write_bytes(b"earlier")
    status, _, errors = run("-c", HELD, held, photographs / "photo.jpg", "-o", held, "--overwrite", folder=tmp_path)
    assert status == 1 and errors.count("\n") == 1 and "held.jpg: open in another program, or write-prot" in errors
    assert held.read_bytes() == b"earlier" and [*tmp_path.iterdir()] == [held]


def test_hints_come_from_a_file_with_crlf(photographs, tmp_path):
    hints = {"hints": [{"x": 20, "y": 30, "color": "#2f5d3a"}]}
    (tmp_path / "hints.json").write_bytes(json.dumps(hints, indent=1).replace("\n", "\r\n").encode())
    done = colorize(photographs / "photo.jpg", "--hints", "hints.json", "-o", "green.png", folder=tmp_path)
    assert done[0] == 0, done
    assert Image.open(tmp_path / "green.png").size == (80, 64)


LIBRARY = """
from PIL import Image
from colorization import load
print(load().colorize(Image.open("photo.jpg")).size)
"""


def test_the_library_colours(photographs):
    assert run("-c", LIBRARY, folder=photographs) == (0, "(80, 64)\n", "")


WRITERS = """
import threading
from pathlib import Path
from colorization.core.errors import InputError
from colorization.core.files import write_bytes
def write(letter):
    for _ in range(20):
        try:
            write_bytes(Path("scores.csv"), letter * 10_000)
            done.append("wrote")
        except InputError as error:
            assert "another process is writing it" in str(error) or "open in another" in str(error)
done, threads = [], [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
[each.start() for each in threads], [each.join() for each in threads]
print("wrote" in done)
"""


def test_many_writers_leave_a_whole_file(tmp_path):
    assert run("-c", WRITERS, folder=tmp_path) == (0, "True\n", "")
    content = (tmp_path / "scores.csv").read_bytes()
    assert len(content) == 10_000 and len(set(content)) == 1 and len([*tmp_path.iterdir()]) == 1


# the page


def test_the_page_opens_takes_a_photograph_and_ends(photographs, tmp_path, monkeypatch):
    for name in ("TMPDIR", "TEMP", "TMP"):  # no other server's uploads there
        monkeypatch.setenv(name, str(tmp_path))
    port = free_port()
    process = start("-m", "colorization.command.main", "--serve", "--port", port, folder=tmp_path)
    try:
        assert process.stdout.readline().startswith(f"http://127.0.0.1:{port} "), process.stderr.read()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/")
        assert b"<title>" in connection.getresponse().read()
        connection.request("POST", "/api/photos?name=deep.tif", (photographs / "deep.tif").read_bytes())
        answer = connection.getresponse()
        assert answer.status == 200 and json.loads(answer.read())["width"] == 64
        connection.close()
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors


# a small study


STUDY = """
import importlib
def main():
    for stage in "download preprocess describe train classify floors evaluate".split():
        module = importlib.import_module(f"stages.{stage}")
        module.main(*["resnet"] * (stage in ("train", "evaluate")))
if __name__ == "__main__":
    main()
"""


@pytest.mark.slow
def test_a_small_study_runs_and_its_tables_have_the_line_ends_of_linux(tmp_path):
    tree = tiny_params()
    (tmp_path / "params.yaml").write_bytes(yaml.safe_dump(tree).replace("\n", "\r\n").encode())
    (tmp_path / "study.py").write_text(STUDY)
    status, output, errors = run("study.py", folder=tmp_path)
    assert status == 0, errors[-3000:]
    made = [path for path in tmp_path.rglob("*") if path.suffix in (".csv", ".tsv", ".json")]
    assert {"index.csv", "audit.json", "resnet.tsv", "resnet.json", "resnet.csv"} <= {path.name for path in made}
    assert not [path for path in made if b"\r" in path.read_bytes()]
    assert not [path for path in (tmp_path / ".checkpoints").rglob("*") if path.is_file()]
    assert not [*tmp_path.rglob("*.part")] and (tmp_path / "models/resnet.safetensors").is_file()
    assert not re.search(r"[A-Z]:\\|\\\\", "".join(path.read_text("utf-8") for path in made)), "a path of one system"
