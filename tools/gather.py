"""Gather the photographs of a list from public git repositories into one zip, with the same bytes each time.

python -m tools.gather presets/photographs.tsv.xz everyday-photographs.zip
python -m tools.gather presets/photographs.tsv.xz free-photographs.zip --without-research   # clear licences only

A row of the list names a photograph: name in the zip, repository, commit and path where it was seen, and the id of its
blob, which git computes from its bytes. Every photograph is reduced as `reduced` says. What was fetched stays in
.checkpoints/photographs until the zip is complete, so that a second call continues.
"""

import argparse
import csv
import io
import lzma
import shutil
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from colorization.core import paths
from colorization.core.errors import InputError, one_line, run, shown
from colorization.imaging.srgb import has_alpha, on_white
from colorization.sources.archive import write_archive
from tools.blobs import HOST, Reader, Repository

SHORT, LONG = 160, 240  # pixels of the shorter side, and at most of the longer one, which is cropped
QUALITY = 90  # of the JPEG; with 4:2:0 chroma
SOURCES = Path("presets/everyday.csv")  # what each source shows, its origin and licence
FIELDS = ("name", "repository", "commit", "path", "blob")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A photograph of the list."""

    name: str  # source/number.jpg
    repository: str
    commit: str
    path: str
    blob: str

    @property
    def source(self) -> str:
        return self.name.partition("/")[0]

    @property
    def told(self) -> str:
        return f"{self.name}: {self.path} of {self.repository} at {self.commit[:10]}"


def read_list(path: Path) -> list[Row]:
    """The photographs of a list, by name. Raises InputError if it is not one."""
    try:
        with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = [Row(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    except (OSError, lzma.LZMAError, EOFError, UnicodeDecodeError, TypeError) as error:
        columns = ", ".join(FIELDS)
        raise InputError(
            f"{path}: not a list of photographs ({one_line(error, 80)}); its columns are {columns}"
        ) from None
    return sorted(rows, key=lambda row: row.name)


def research_only(path: Path = SOURCES) -> set[str]:
    """The sources whose photographs are for research only. Raises InputError for a table without these columns."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return {row["category"] for row in csv.DictReader(file) if row["research_only"] == "yes"}
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: not a table of sources ({one_line(error, 80)})") from None


def reduced(content: bytes) -> bytes:
    """A photograph → JPEG: upright, RGB on white, its shorter side at most SHORT, cropped to LONG, without metadata.

    With one version of Pillow, the same bytes each time. Raises one of Pillow's errors for what it cannot read.
    """
    image: Image.Image = Image.open(io.BytesIO(content))
    if image.format == "JPEG" and min(image.size) >= 4 * SHORT:  # decodes a half, a quarter or an eighth of the side
        image.draft("RGB", (2 * SHORT * image.width // min(image.size), 2 * SHORT * image.height // min(image.size)))
    image = ImageOps.exif_transpose(image)
    image = on_white(np.asarray(image.convert("RGBA"))) if has_alpha(image) else image.convert("RGB")
    width, height = image.size
    if min(width, height) > SHORT:
        width, height = (max(SHORT, round(side * SHORT / min(image.size))) for side in image.size)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    left, top = max(0, (width - LONG) // 2), max(0, (height - LONG) // 2)
    image = image.crop((left, top, left + min(width, LONG), top + min(height, LONG)))
    clean, file = Image.new("RGB", image.size), io.BytesIO()
    clean.paste(image)
    clean.save(file, "JPEG", quality=QUALITY, subsampling="4:2:0", optimize=True)
    return file.getvalue()


def fetch(rows: list[Row], repositories: dict[str, Repository]) -> None:
    """Bring every photograph that is not here yet. Raises InputError if a repository cannot be reached."""
    with tqdm(total=len(rows), desc="fetching photographs", unit="photo", disable=None) as bar:
        for name, repository in repositories.items():
            blobs = [row.blob for row in rows if row.repository == name]
            before = len(blobs)
            for count in repository.fetch(blobs):
                bar.update(count)
                before -= count
            bar.update(before)


def lacking(rows: list[Row], repositories: dict[str, Repository]) -> list[Row]:
    """The photographs that their repositories no longer have."""
    here = {
        name: one.present([row.blob for row in rows if row.repository == name]) for name, one in repositories.items()
    }
    return [row for row in rows if row.blob not in here[row.repository]]


def photographs(rows: Iterable[Row], repositories: dict[str, Repository]) -> Iterator[tuple[str, bytes]]:
    """(name, JPEG) of every photograph; one that Pillow cannot read is told and left out."""
    with ExitStack() as stack:
        readers: dict[str, Reader] = {}
        for row in tqdm(rows, desc="reducing photographs", unit="photo", disable=None):
            if row.repository not in readers:
                readers[row.repository] = stack.enter_context(repositories[row.repository].reader())
            content = readers[row.repository](row.blob)
            try:
                if content is None:
                    raise ValueError("it is damaged here")
                yield row.name, reduced(content)
            except Exception as error:  # damaged bytes can raise any error in Pillow
                print(shown(f"left out {row.told}: {one_line(error, 80)}"))


def gather(path: Path, target: Path, *, host: str, copies: Path | None, research: bool, without: bool) -> int:
    """Write the zip `target` of the list `path`; returns the number of photographs.

    research: also sources for research only. without: go on without photographs that are gone.
    """
    left_out = set() if research else research_only()
    rows = [row for row in read_list(path) if row.source not in left_out]
    if not rows:
        raise InputError(f"{path}: no photographs are left")
    folder = paths.CHECKPOINTS / "photographs"
    names = sorted({row.repository for row in rows})
    repositories = {name: Repository(name, folder=folder, host=host, copies=copies) for name in names}
    fetch(rows, repositories)
    gone = lacking(rows, repositories)
    for row in gone:
        print(shown(f"gone: {row.told}"))
    if gone and not without:
        raise InputError(f"{len(gone)} of {len(rows)} photographs are gone; --allow-missing goes on without them")
    absent = {row.name for row in gone}
    count = write_archive(target, photographs((row for row in rows if row.name not in absent), repositories))
    shutil.rmtree(folder, ignore_errors=True)
    return count


def _main() -> None:
    parser = argparse.ArgumentParser(description="Gather the photographs of a list into one zip.")
    parser.add_argument("list", type=Path, help="a list, such as presets/photographs.tsv.xz")
    parser.add_argument("zip", type=Path, help="the zip to write")
    parser.add_argument("--without-research", action="store_true", help="leave out sources that are for research only")
    parser.add_argument("--allow-missing", action="store_true", help="go on without photographs that are gone")
    parser.add_argument("--copies", type=Path, help="a folder of git copies, owner+name, in place of the network")
    parser.add_argument("--host", default=HOST, help=f"where the repositories are (default {HOST})")
    wanted = parser.parse_args()
    warnings.filterwarnings("ignore", module="PIL")  # about metadata, which no photograph of the zip has
    count = gather(
        wanted.list, wanted.zip, host=wanted.host, copies=wanted.copies, research=not wanted.without_research,
        without=wanted.allow_missing,
    )  # fmt: skip
    print(f"{count:,} photographs in {wanted.zip}")


if __name__ == "__main__":
    run(_main)
