"""Checks of a study after a fault, and counts of the outcomes."""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

SCRATCH = (".git", ".dvc/tmp", ".dvc/cache", "__pycache__")  # private folders of git, dvc and Python

DVC_TEMPORARY = re.compile(r"\.[\w-]{22}\.tmp")  # a temporary file that dvc leaves when the disk is full


class Failure(Exception):
    """The study did not recover from a fault."""


def tail(output: str) -> str:
    return " | ".join(output.strip().splitlines()[-6:])[-800:]


def recorded(project: Path) -> dict:
    """The entries of dvc.lock by stage."""
    return yaml.load((project / "dvc.lock").read_text(), yaml.CSafeLoader)["stages"]


def digest(path: Path) -> str:
    """A digest of a file's content, or of the names and contents in a folder."""
    if path.is_dir():
        content = repr(sorted((str(p.relative_to(path)), digest(p)) for p in path.rglob("*") if p.is_file())).encode()
    else:
        content = path.read_bytes()
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def files(project: Path) -> dict[str, str]:
    """The digest of every file outside the private folders of git, dvc and Python."""
    found = {}
    for folder, folders, names in os.walk(project):
        here = Path(folder).relative_to(project)
        folders[:] = [name for name in folders if name not in SCRATCH and str(here / name) not in SCRATCH]
        ours = [name for name in names if name != "dvc.lock" and not DVC_TEMPORARY.fullmatch(name)]
        found |= {str(here / name): digest(project / here / name) for name in ours}
    return found


def require_same(project: Path, reference: Path, but: tuple[str, ...] = ()) -> None:
    """Raises Failure unless files and dvc.lock equal those of the undisturbed study and the cache is intact."""
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
    """Raises Failure if a file of dvc's cache does not match the digest in its name."""
    for path in (project / ".dvc/cache/files/md5").glob("??/*"):
        if len(path.name) == 30 and digest(path) != path.parent.name + path.name:
            raise Failure(f"dvc's cache holds a damaged {path.parent.name + path.name}")


def require_one_line(output: str, *causes: str) -> None:
    """Raises Failure unless one line of the output, ours or dvc's, names a cause; a traceback fails, too."""
    ours, theirs = ([line for line in output.splitlines() if line.startswith(word)] for word in ("error:", "ERROR:"))
    told = ours or theirs
    if "Traceback" in output or len(ours) > 1 or not any(cause in line for cause in causes for line in told):
        raise Failure(f"not told in one line that there is {causes[0]!r}: {tail(output)}")


def tally(cases: Iterable[tuple[str, Callable[[], str]]]) -> tuple[Counter, list[str]]:
    """Run (name, function) pairs, or those that contain CHAOS_CASE; returns counts by outcome, and the failures."""
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
