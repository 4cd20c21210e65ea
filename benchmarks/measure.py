"""Run two sides in turn, describe the machine, write rows as JSON and as Markdown."""

import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar

from colorization.core.process import processors


@dataclass
class Row:
    """One measurement of our side and the other side, in the same unit, one value per repetition.

    ratio: how many times better ours is, per repetition; above 1, ours is better.
    """

    what: str
    unit: str
    ours: list[float]
    other: list[float]
    against: str
    more_is_better: bool = True
    note: str = ""
    ratio: list[float] = field(default_factory=list)
    HEAD: ClassVar[str] = "| | ours | against | | ratio |\n|---|---|---|---|---|\n"

    def __post_init__(self):
        pairs = zip(self.ours, self.other) if self.more_is_better else zip(self.other, self.ours)
        self.ratio = [better / worse for better, worse in pairs]

    def line(self) -> str:
        note = f" ({self.note})" if self.note else ""
        ratio = f"**{statistics.median(self.ratio):.2f}** ({min(self.ratio):.2f}–{max(self.ratio):.2f})"
        ours, other = (f"{middle(values)} {self.unit}" for values in (self.ours, self.other))
        return f"| {self.what}{note} | {ours} | {other} | {self.against} | {ratio} |\n"


def in_turn(sides: dict[str, Callable[[], object]], repeats: int, warm_up: bool = True) -> dict[str, list[float]]:
    """Seconds of each side by name, `repeats` values each. Runs a, b, a, b, so that a slow moment affects both."""
    if warm_up:
        for side in sides.values():
            side()
    seconds = {name: [] for name in sides}
    for _ in range(repeats):
        for name, side in sides.items():
            start = time.perf_counter()
            side()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def other_program() -> ProcessPoolExecutor:
    """A process for the other side, so that our core.process.keep_memory does not affect it."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def rates(count: int, seconds: list[float]) -> list[float]:
    return [count / value for value in seconds]


def command(arguments: list, folder: Path, **env: str) -> tuple[float, float]:
    """Run a process that must succeed; returns seconds and peak private memory, children included, in megabytes."""
    start = time.perf_counter()
    process = subprocess.Popen(
        list(map(str, arguments)), cwd=folder, env=os.environ | env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(_private(pid) for pid in _family(process.pid)))
        time.sleep(0.02)
    seconds, errors = time.perf_counter() - start, process.stderr.read().decode()
    if process.returncode:
        sys.exit(f"error: {' '.join(map(str, arguments))}: {errors[-2000:]}")
    return seconds, peak


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _private(pid: int) -> float:
    """The process's private memory in megabytes; pages of mapped files do not count, as the kernel can drop them."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return int(status.split("RssAnon:")[1].split()[0]) / 1024 if "RssAnon:" in status else 0.0


def machine() -> dict[str, str]:
    import torch

    model = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    described = {
        "processor": f"{model or platform.processor()}, {processors()} threads for us",
        "vector instructions": torch.backends.cpu.get_cpu_capability(),
        "memory": f"{memory / 2**20:.0f} GiB",
        "torch": f"{torch.__version__}, {torch.get_num_threads()} threads",
        "python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "revision": _revision(),
    }
    if torch.cuda.is_available():
        described["gpu"] = torch.cuda.get_device_name()
    return described


def _revision() -> str:
    """The git revision of the measured code, marked if it has uncommitted changes."""
    described = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return described.stdout.strip() or "unknown"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def markdown(rows: list) -> str:
    """A Markdown table of rows; all rows have the same class."""
    return rows[0].HEAD + "".join(row.line() for row in rows)


def middle(values: list[float]) -> str:
    value = statistics.median(values)
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write(path: Path, described: dict[str, str], groups: dict[str, list]) -> None:
    """Write path.json and path.md: the machine, and each group of rows under its title."""
    tree = {"machine": described, "groups": {name: [asdict(row) for row in rows] for name, rows in groups.items()}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").write_text(json.dumps(tree, indent=1, ensure_ascii=False) + "\n")
    text = (
        f"# Benchmark: {path.name}\n\nMedians of runs taken in turn; the ratio's smallest and largest in brackets.\n\n"
    )
    text += "".join(f"- {name}: {value}\n" for name, value in described.items())
    text += "".join(f"\n## {name}\n\n{markdown(rows)}" for name, rows in groups.items())
    path.with_suffix(".md").write_text(text)
