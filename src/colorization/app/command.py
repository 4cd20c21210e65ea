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

# PIL, numpy and torch are imported where they are needed: --help answers at once

PLANE = 4 * 2**20  # bytes of the largest arrays whose memory is kept
EXAMPLES = f"""\
examples:
  colorize photo.jpg -o coloured.jpg
  colorize albums/ scan*.tif -o coloured/        a folder keeps its structure
  colorize photo.jpg -o out/ --model gan --compare
  colorize --list                                the models, what they learned from, and their scores
  colorize --serve                               a page in your browser

Without --model it takes {catalog.RULE},
of those in models/ and the one that comes with this package.

exit status: 0 all photographs were colorized; 1 some were not, or none (each told in a line); 2 wrong usage.
Results are sRGB and keep size, bit depth, alpha, EXIF and the luminance of the photograph. \
Nothing is overwritten without
--overwrite, and never a photograph of yours."""


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
        parser.error("name photographs and, with -o, where the results go")
    else:
        sys.exit(1 if colorize(wanted) else 0)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="colorize",
        description="Give gray photographs colour with a trained model; colour photographs are taken as gray ones.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help="files, folders (with all below them) or globs")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="a folder, or for one photograph a file")
    add = parser.add_argument_group("model").add_argument
    add("--model", metavar="NAME|FILE", help="a name of --list or a .safetensors file (default: see below)")
    add("--device", default="auto", help="cpu, cuda, cuda:1, mps (default: a GPU where there is one)")
    add(
        "--samples",
        type=_number(int, 1, 100),
        default=0,
        metavar="N",
        help="N results each, drawn anew (needs --model vae)",
    )
    add = parser.add_argument_group("results").add_argument
    add("--saturation", type=_number(float, 0, 10), default=1.0, metavar="X", help="factor on the colour (default: 1)")
    add("--compare", action="store_true", help="also write NAME-compare: the photograph as it came and the result")
    add("--format", choices=("jpeg", "png", "tiff", "webp", "bmp"), help="(default: the photograph's own)")
    add(
        "--quality", type=_number(int, 1, 100), default=95, metavar="Q", help="of JPEG and WebP, 1 to 100 (default: 95)"
    )
    add("--overwrite", action="store_true", help="replace results that exist")
    add("--dry-run", action="store_true", help="say what would be written, and write nothing")
    add = parser.add_argument_group("instead of photographs").add_argument
    add("--list", action="store_true", help="list the trained models with their scores")
    add("--version", action="version", version=f"colorize {version('colorization')}")
    add("--serve", action="store_true", help="open a local page to drop photographs on (needs requirements-demo.txt)")
    add("--host", default="127.0.0.1", help="of the page; 0.0.0.0 opens it to your network (default: %(default)s)")
    add("--port", type=_number(int, 1, 65535), default=7860, help="of the page (default: %(default)s)")
    return parser


def _number(kind: type, low: float, high: float) -> Callable[[str], float]:
    """An argparse type: a finite number from low to high."""

    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {low} to {high}")
        return value

    return parse


def colorize(wanted: argparse.Namespace) -> int:
    """Colorize what the command line names; returns how many photographs were left out."""
    from tqdm import tqdm

    from colorization.app.photo.batch import Look, colorize_all
    from colorization.app.photo.plan import Job, Wishes, find_photos, plan

    for decoder in ("PIL", "pyvips", "tifffile"):  # their remarks on damaged files: we tell what matters
        logging.getLogger(decoder).setLevel(logging.CRITICAL)
    model = catalog.find(wanted.model)
    check_samples(model, wanted.samples)
    photos = find_photos(wanted.photos, wanted.output)
    if not photos:
        raise InputError(f"{', '.join(wanted.photos)}: no photographs there")
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
            torch.set_num_threads(1)  # photographs run beside each other; threads within one would only wait
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
    """Raise InputError when samples are asked of a model that draws none."""
    name = read_description(model).name
    if samples and name != "vae":
        raise InputError(f"--samples: the {name} gives one result only; use it with --model vae")


if __name__ == "__main__":
    main()
