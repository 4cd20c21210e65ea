"""Fetch single files of public git repositories by their ids, so that their bytes are certain; resumes."""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from colorization.core.errors import InputError, one_line
from colorization.core.files import locked

HOST = "https://github.com/"
AT_ONCE = 500  # files of one request: what a cut connection loses at most
GONE = re.compile(r"(?:not our ref|unadvertised object) ([0-9a-f]{40})")  # how servers name what they lack
NO_QUESTIONS = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}  # never wait for a password


class Repository:
    """The needed files of one repository, kept in a bare repository of our own below `folder`.

    name: "owner/name". host: an address that ends with "/"; the repository is `host` + name.
    copies: a folder that holds whole copies, as owner+name or owner/name, in place of the network; None: the network.
    """

    def __init__(self, name: str, *, folder: Path, host: str = HOST, copies: Path | None = None):
        self.name, self.address = name, host + name
        self.own = copies is None
        self.place = folder / f"{name.replace('/', '+')}.git" if copies is None else _copy(copies, name)

    def present(self, blobs: Sequence[str]) -> set[str]:
        """Those of the ids that are here."""
        if not self.place.is_dir():
            return set()
        told = _git(self.place, "cat-file", "--batch-check=%(objectname) %(objecttype)", given="\n".join(blobs) + "\n")
        return {line.split()[0] for line in told.stdout.splitlines() if line.endswith(" blob")}

    def fetch(self, blobs: Sequence[str]) -> Iterator[int]:
        """Fetch the ids that are not here; yields how many a request brought. What the repository lacks is passed over.

        Raises InputError if the repository or the network is not there, with all that was fetched kept.
        """
        if not self.own:
            return
        with locked(self.place, "another process is fetching it"):
            if not (self.place / "objects").is_dir():
                _checked(_git(None, "init", "--quiet", "--bare", str(self.place)), self.place)
            here = self.present(blobs)
            wanted = [blob for blob in blobs if blob not in here]
            for start in range(0, len(wanted), AT_ONCE):
                yield self._request(wanted[start : start + AT_ONCE])

    def _request(self, blobs: list[str]) -> int:
        """One request, repeated without the ids that the server says it lacks."""
        wanted = list(blobs)
        while wanted:
            options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--stdin")
            done = _git(self.place, "fetch", *options, self.address, given="\n".join(wanted) + "\n")
            gone = set(GONE.findall(done.stderr)) & set(wanted)
            if done.returncode == 0:
                break
            if not gone:
                _checked(done, self.address)
            wanted = [blob for blob in wanted if blob not in gone]
        return len(wanted)

    @contextmanager
    def reader(self) -> Iterator["Reader"]:
        """Reads files while the block runs; one git process serves them all."""
        command = ["git", "--git-dir", str(self.place), "cat-file", "--batch"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            yield Reader(process)


class Reader:
    def __init__(self, process: subprocess.Popen):
        self.process = process

    def __call__(self, blob: str) -> bytes | None:
        """The bytes of a file by its id, or None if it is not here. git checks that they have this id."""
        ask, answer = self.process.stdin, self.process.stdout
        assert ask is not None and answer is not None
        ask.write(blob.encode() + b"\n")
        ask.flush()
        head = answer.readline().split()
        if len(head) != 3 or head[1] != b"blob":
            return None
        content = answer.read(int(head[2]))
        answer.read(1)  # the end of line after it
        return content


def _copy(copies: Path, name: str) -> Path:
    """The git directory of a whole copy. Raises InputError if it is missing."""
    for folder in (copies / name.replace("/", "+"), copies / name):
        for place in (folder, folder / ".git", folder / "repo", folder / "repo/.git"):
            if (place / "objects").is_dir():
                return place
    raise InputError(f"{copies}: has no copy of {name}; name it {name.replace('/', '+')}, or leave out --copies")


def _git(place: Path | None, *arguments: str, given: str = "") -> subprocess.CompletedProcess:
    where = [] if place is None else ["--git-dir", str(place)]
    try:
        return subprocess.run(
            ["git", "-c", "gc.auto=0", "-c", "maintenance.auto=false", *where, *arguments],
            input=given, capture_output=True, text=True, check=False, env=os.environ | NO_QUESTIONS,
        )  # fmt: skip
    except FileNotFoundError:
        raise InputError("git is missing; install it") from None


def _checked(done: subprocess.CompletedProcess, place: object) -> None:
    """Raise InputError with git's own reason if a call failed."""
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith(("fatal:", "error:"))]
        told = one_line(" ".join(lines) or done.stderr, 160)
        raise InputError(f"{place}: git failed ({told}); run it again to continue")
