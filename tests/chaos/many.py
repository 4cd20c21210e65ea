"""100,000 files, a tenth of them photographs, through download and preprocess: python -m chaos.many [MEMBERS]."""

import contextlib
import io
import re
import resource
import sys
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from conftest import ROOT
from PIL import Image

from colorization.core.params import load_config
from colorization.preprocessing import audit, packing
from colorization.sources import folder
from colorization.sources.archive import write_archive

PARAMS = replace(load_config(ROOT / "presets/sample.yaml").data, image_size=32, resize=0)
MEMBERS = 100_000
SECONDS = 600  # limit for the whole run, which takes two minutes
MEGABYTES = 2048  # limit of memory for this process and for each decoding process
WHOLE = 10  # one file in ten is a photograph


def members(count: int) -> dict[str, bytes]:
    """Tiny photographs of random colours, and text files with image names, in folders of seven categories."""
    random, found = np.random.default_rng(1), {}
    for i in range(count):
        buffer = io.BytesIO(b"%d" % i)
        if i % WHOLE == 0:
            Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(buffer, "png")
        found[f"{i % 7}/{i}.png"] = buffer.getvalue()
    return found


def peak() -> int:
    """The peaks of memory, in megabytes, of this process and of its largest child.

    Not from getrusage for this process: it would include the peak of the parent process.
    """
    ours = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return max(int(ours[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) >> 10


def check(source: Path, work: Path, count: int) -> str:
    """The problems found; empty if all is well."""
    began = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        taken = write_archive(work / "photos.zip", folder.photographs(source))
        index = packing.pack(work / "photos.zip", work / "lab", PARAMS, workers=1)
    counts = audit.summarise(index, PARAMS)
    seconds = time.monotonic() - began
    memory = peak()
    print(f"{source.name}: {counts['files']} files, {seconds:.0f} s, {memory} MB: {counts['left_out']}", flush=True)
    junk = count - (count + WHOLE - 1) // WHOLE
    if (taken, counts["files"], counts["left_out"].get("unreadable")) != (count, count, junk):
        return f"{taken} of {count} members taken, {counts}"
    if said.getvalue().count("left out ") != junk:
        return f"{said.getvalue().count('left out ')} lines say what was left out"
    return f"{seconds:.0f} s, {memory} MB" if seconds > SECONDS or memory > MEGABYTES else ""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MEMBERS
    with tempfile.TemporaryDirectory() as temporary:
        work, content = Path(temporary), members(count)
        with zipfile.ZipFile(work / "in.zip", "w") as archive:
            for name, photograph in content.items():
                archive.writestr(name, photograph)
        for name, photograph in content.items():
            (work / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (work / "in" / name).write_bytes(photograph)
        failures = [f"{source}: {fault}" for source in ("in.zip", "in") if (fault := check(work / source, work, count))]
    print(*(f"failure: {failure}" for failure in failures), f"stat::members: {2 * count}", sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
