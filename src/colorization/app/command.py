"""The `colorize` command: photographs in, coloured photographs out."""

import argparse
import logging
import math
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from colorization.app import catalog
from colorization.core.errors import InputError, run, shown
from colorization.core.process import keep_memory
from colorization.models.common.description import read_description

# Functions import PIL, numpy and torch when they need them, so that --help answers at once.

PLANE = 4 * 2**20  # bytes; freed arrays up to this size stay with the process for reuse
EXAMPLES = f"""\
examples:
  colorize photo.jpg -o coloured.jpg
  colorize albums/ scan*.tif -o coloured/        a folder keeps its structure
  colorize photo.jpg -o out/ --model gan --compare
  colorize --list                                the models, their training photographs and scores
  colorize --serve                               a page in your browser

The candidates for the default are the models in models/ and the bundled model.
The default is {catalog.RULE}.

exit status: 0 all photographs were colorized; 1 at least one failed (one line each); 2 wrong usage.
Results are sRGB. They keep the photograph's size, bit depth, alpha, EXIF and luminance.
Existing files are kept unless you give --overwrite; your photographs are always kept."""


def main() -> None:
    """The command `colorize`."""
    run(_main)


def _main() -> None:
    parser = make_parser()
    wanted = parser.parse_args()
    if wanted.list:
        print(catalog.table())
    elif wanted.serve:
        from colorization.app.demo import serve

        serve(host=wanted.host, port=wanted.port, device=wanted.device)
    elif not wanted.photos or wanted.output is None:
        parser.error("name the photographs, and a place for the results with -o")
    else:
        sys.exit(1 if colorize(wanted) else 0)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="colorize",
        description="Colorize photographs with a trained model. The colours of a colour photograph are ignored.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help="files, folders (with their subfolders) or globs")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="a folder; for one photograph also a file")
    add = parser.add_argument_group("model").add_argument
    add("--model", metavar="NAME|FILE", help="a name of --list or a .safetensors file (default: see below)")
    add("--device", default="auto", help="cpu, cuda, cuda:1, mps (default: a GPU if there is one)")
    add(
        "--samples",
        type=_number(int, 1, 100),
        default=0,
        metavar="N",
        help="draw N results per photograph (needs --model vae)",
    )
    add = parser.add_argument_group("results").add_argument
    add(
        "--saturation",
        type=_number(float, 0, catalog.MOST_VIVID),
        metavar="X",
        help="factor on the colour; 1: as the model predicts (default: what the model's file recommends)",
    )
    add("--compare", action="store_true", help="also write NAME-compare: the photograph beside the result")
    add(
        "--format",
        choices=("jpeg", "png", "tiff", "webp", "bmp"),
        help="format of the results (default: the photograph's format)",
    )
    add(
        "--quality",
        type=_number(int, 1, 100),
        default=95,
        metavar="Q",
        help="quality of JPEG and WebP results, 1 to 100 (default: 95)",
    )
    add("--overwrite", action="store_true", help="replace existing results")
    add("--dry-run", action="store_true", help="list the results without writing them")
    add = parser.add_argument_group("instead of photographs").add_argument
    add("--list", action="store_true", help="list the trained models with their scores")
    add("--version", action="version", version=f"colorize {version('colorization')}")
    add("--serve", action="store_true", help="start a local page to drop photographs on (needs requirements-demo.txt)")
    add(
        "--host",
        default="127.0.0.1",
        help="address of the page; 0.0.0.0 opens it to your network (default: %(default)s)",
    )
    add("--port", type=_number(int, 1, 65535), default=7860, help="port of the page (default: %(default)s)")
    return parser


def _number(kind: type, low: float, high: float) -> Callable[[str], float]:
    """An argparse type: a number from `low` to `high`."""

    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"expected a number from {low} to {high}, found {text!r}")
        return value

    return parse


def colorize(wanted: argparse.Namespace) -> int:
    """Colorize the photographs of the command line; returns the number of photographs that failed."""
    from tqdm import tqdm

    from colorization.app.photo.batch import Look, colorize_all
    from colorization.app.photo.plan import Job, Wishes, find_photos, plan

    for decoder in ("PIL", "pyvips", "tifffile"):  # we report damaged files ourselves, in one line each
        logging.getLogger(decoder).setLevel(logging.CRITICAL)
    model = catalog.find(wanted.model)
    check_samples(model, wanted.samples)
    photos = find_photos(wanted.photos, wanted.output)
    if not photos:
        raise InputError(f"{', '.join(wanted.photos)}: found no photographs")
    wishes = Wishes(
        out=wanted.output,
        format=wanted.format,
        compare=wanted.compare,
        samples=wanted.samples,
        overwrite=wanted.overwrite,
    )
    steps = list(plan(photos, wishes))
    jobs = [step for step in steps if isinstance(step, Job)]
    failures = [str(step) for step in steps if isinstance(step, InputError)]
    for line in failures:
        print(f"error: {line}", file=sys.stderr)
    if wanted.dry_run:
        for job in jobs:
            size = f"{job.header.width}×{job.header.height}"
            print(shown(f"{job.source} → {', '.join(map(str, job.writes))} ({size})"))
        return len(failures)

    def load():
        import torch

        from colorization.app.colorizer import load

        if len(jobs) > 1:
            torch.set_num_threads(1)  # photographs run in parallel already; more threads would only wait
        return load(model, device=wanted.device, threads=1 if len(jobs) > 1 else None)

    keep_memory(PLANE, 64 * PLANE)
    look = Look(
        saturation=wanted.saturation, samples=wanted.samples, quality=wanted.quality, overwrite=wanted.overwrite
    )
    with tqdm(total=len(jobs), desc=model.stem, unit="photo", disable=None if len(jobs) > 1 else True) as bar:
        for _, failure in colorize_all(jobs, load, look):
            if failure:
                failures.append(failure)
                bar.write(shown(f"error: {failure}"), file=sys.stderr)
            bar.update()
    done = len(photos) - len(failures)
    if not failures:
        print(shown(f"{done} photograph{'s' if done > 1 else ''} colorized with {model.stem}: {wanted.output}"))
    elif len(photos) > 1:
        print(f"{done} of {len(photos)} photographs colorized", file=sys.stderr)
    return len(failures)


def check_samples(model: Path, samples: int) -> None:
    """Raise InputError if `samples` is set for a model that gives one result only."""
    name = read_description(model).name
    if samples and name != "vae":
        raise InputError(f"--samples: the {name} gives one result only; use it with --model vae")


if __name__ == "__main__":
    main()
