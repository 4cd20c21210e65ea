"""Tens of thousands of bad files for every reader: `cd tests && python -m chaos.readers`; see --help.

Hypothesis makes half of them. Atheris finds the other half, guided by the lines of code that an input reaches. A reader
must accept a file or refuse it with a one-line InputError, within time and memory. Any other outcome is a failure, and
its input is kept. At the end, a zip and a folder of 100,000 members go through download and preprocess.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from chaos.generated import BYTES, SECONDS
from chaos.targets import READERS

SHARE = {"source": 2, "archive": 1, "image": 2, "colorize": 2, "params": 1, "weights": 1, "answers": 4, "arrays": 4}
LONGEST = 2 * 60 * 60  # limit for one reader, in seconds


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos.readers", description=__doc__)
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"of {', '.join(READERS)} (default: all)")
    parser.add_argument("--inputs", type=int, default=110_000, help="in all, about (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="(default: %(default)s)")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "chaos-inputs", help="for failures")
    wanted = parser.parse_args()
    if unknown := set(wanted.readers) - set(READERS):
        parser.error(f"unknown reader: {', '.join(sorted(unknown))}")
    return wanted


def generated(name: str, count: int, wanted: argparse.Namespace) -> tuple[dict[str, int], list[str]]:
    """Run Hypothesis; returns its counts and the failures."""
    return outcome(f"{name}-generated", ["chaos.generated", name, count, wanted.seed, wanted.keep], wanted.keep)


def guided(name: str, count: int, wanted: argparse.Namespace) -> tuple[dict[str, int], list[str]]:
    """Run Atheris; returns its counts and the failures. Its corpus starts with undamaged files."""
    options = {"runs": count, "seed": wanted.seed, "timeout": SECONDS, "rss_limit_mb": BYTES >> 20, "max_len": 65536}
    options |= {"artifact_prefix": f"{wanted.keep}/{name}-", "print_final_stats": 1}
    with tempfile.TemporaryDirectory() as corpus:
        for i, content in enumerate(READERS[name].seeds()):
            (Path(corpus) / f"seed-{i}").write_bytes(content)
        command = ["chaos.guided", name, *(f"-{key}={value}" for key, value in options.items()), corpus]
        return outcome(f"{name}-guided", command, wanted.keep)


def outcome(name: str, command: list, keep: Path) -> tuple[dict[str, int], list[str]]:
    """Run a module; returns its summary and its failures. If it dies, its output is kept."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=LONGEST, check=False,
    )  # fmt: skip
    found = {key: int(number) for key, number in re.findall(r"^stat::(\w+):\s+(\d+)", done.stdout, re.MULTILINE)}
    failures = re.findall(r"^failure: (.*)", done.stdout, re.MULTILINE)
    if done.returncode and not failures:
        (keep / f"{name}.log").write_text(done.stdout)
        failures = [f"exit status {done.returncode}, see {keep / name}.log"]
    return found, [f"{name}: {failure}" for failure in failures]


def main() -> None:
    wanted = arguments()
    if find_spec("atheris") is None:
        sys.exit(
            "error: Atheris is not installed: pip install --require-hashes -r requirements-chaos.lock (Linux only)"
        )
    wanted.keep.mkdir(parents=True, exist_ok=True)
    names, total, failures = wanted.readers or list(READERS), 0, []
    each = wanted.inputs / 2 / sum(SHARE[name] for name in names)
    print(f"{'reader':10} {'generated':>10} {'taken':>8} {'guided':>8} {'new paths':>9} {'seconds':>8}", flush=True)
    for name in names:
        began, count = time.monotonic(), round(each * SHARE[name])
        made, wrong = generated(name, count, wanted)
        found, crashed = guided(name, count, wanted)
        tried, run, taken = made.get("tried", 0), found.get("number_of_executed_units", 0), made.get("taken", 0)
        if not wrong and not crashed and not (taken < tried >= 0.9 * count and run >= count):
            wrong = [f"{name}: {tried} and {run} inputs instead of {count} each, or all of them were taken"]
        total, failures = total + tried + run, failures + wrong + crashed
        seconds, new = time.monotonic() - began, found.get("new_units_added", 0)
        print(f"{name:10} {tried:10} {taken:8} {run:8} {new:9} {seconds:8.0f}", flush=True)
    if not wanted.readers:
        counted, wrong = outcome("many", ["chaos.many"], wanted.keep)
        print(f"many: {counted.get('members', 0)} members", flush=True)
        failures += wrong
    print(f"{total} inputs, seed {wanted.seed}, {len(failures)} failures")
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
