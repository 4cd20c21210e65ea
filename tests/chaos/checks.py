"""What must be true of a study after it was disturbed, and the count of what was."""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

SCRATCH = (".git", ".dvc/tmp", ".dvc/cache", "__pycache__")  # where git, dvc and Python keep what only they read

DVC_TEMPORARY = re.compile(r"\.[\w-]{22}\.tmp")  # what dvc leaves beside an output when it finds the disk full


class Failure(Exception):
    """The study did not withstand what was done to it."""


def tail(output: str) -> str:
    return " | ".join(output.strip().splitlines()[-6:])[-800:]


def recorded(project: Path) -> dict:
    """What dvc.lock says of each stage."""
    return yaml.load((project / "dvc.lock").read_text(), yaml.CSafeLoader)["stages"]


def digest(path: Path) -> str:
    """Of a file's content, or of the names and contents of a folder's files."""
    if path.is_dir():
        content = repr(sorted((str(p.relative_to(path)), digest(p)) for p in path.rglob("*") if p.is_file())).encode()
    else:
        content = path.read_bytes()
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def files(project: Path) -> dict[str, str]:
    """Every file but those that only git, dvc and Python read, with a hash of its content."""
    found = {}
    for folder, folders, names in os.walk(project):
        here = Path(folder).relative_to(project)
        folders[:] = [name for name in folders if name not in SCRATCH and str(here / name) not in SCRATCH]
        ours = [name for name in names if name != "dvc.lock" and not DVC_TEMPORARY.fullmatch(name)]
        found |= {str(here / name): digest(project / here / name) for name in ours}
    return found


def require_same(project: Path, reference: Path, but: tuple[str, ...] = ()) -> None:
    """Raises Failure unless all files and all that dvc recorded are the undisturbed study's, and the cache is whole."""
    ours, theirs = ({n: h for n, h in files(each).items() if n not in but} for each in (project, reference))
    if more := sorted(ours.keys() - theirs.keys()):
        raise Failure(f"left behind: {', '.join(more)}")
    if other := sorted(name for name in theirs if ours.get(name) != theirs[name]):
        raise Failure(f"not as in the undisturbed study: {', '.join(other)}")
    ours, theirs = ({n: e for n, e in recorded(each).items() if not made(e) & {*but}} for each in (project, reference))
    if ours != theirs:
        raise Failure("dvc.lock is not as in the undisturbed study")
    require_whole_cache(project)


def made(entry: dict) -> set[str]:
    return {out["path"] for out in entry["outs"]}


def require_whole_cache(project: Path) -> None:
    """Raises Failure when a file of dvc's cache has not the content that it is named after."""
    for path in (project / ".dvc/cache/files/md5").glob("??/*"):
        if len(path.name) == 30 and digest(path) != path.parent.name + path.name:
            raise Failure(f"dvc's cache holds a damaged {path.parent.name + path.name}")


def require_one_line(output: str, *causes: str) -> None:
    """Raises Failure unless the output names a cause, in our one line or in dvc's, without a traceback."""
    ours, theirs = ([line for line in output.splitlines() if line.startswith(word)] for word in ("error:", "ERROR:"))
    told = ours or theirs
    if "Traceback" in output or len(ours) > 1 or not any(cause in line for cause in causes for line in told):
        raise Failure(f"not told in one line that there is {causes[0]!r}: {tail(output)}")


def tally(cases: Iterable[tuple[str, Callable[[], str]]]) -> tuple[Counter, list[str]]:
    """Run (name, function) pairs, or those that CHAOS_CASE is a part of: how many ended in which way, what failed."""
    counts, failures, wanted = Counter(), [], os.environ.get("CHAOS_CASE", "")
    for name, function in cases:
        if wanted not in name:
            continue
        try:
            outcome = function()
        except Failure as failure:
            outcome = "FAILED"
            failures.append(f"{name}: {failure}; again: CHAOS_CASE={name!r} make chaos")
        counts[name, outcome] += 1
        print(f"{name}: {outcome}" if outcome != "FAILED" else f"FAILED {failures[-1]}", flush=True)
    return counts, failures
