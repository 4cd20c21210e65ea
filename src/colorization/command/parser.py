"""The options of the `colorize` command."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from colorization.photo import catalog
from colorization.photo.mark import program

QUALITY = 95  # of JPEG and WebP results
PIPE = "-"  # as a photograph: standard input; as an output: standard output
EXAMPLES = f"""\
examples:
  colorize photo.jpg                             writes photo-colorized.jpg beside it
  colorize photo.jpg -o coloured.jpg
  colorize albums/ scan*.tif -o coloured/        a folder keeps its structure
  colorize albums/ -o coloured/ --skip-existing  goes on where an earlier run stopped
  colorize coat.jpg --hint 812,640,#2f5d3a       the coat was green
  colorize film.mp4                              writes film-colorized.mp4 (needs pip install '.[film]')
  colorize old.jpg --like colour.jpg             what resembles a place there gets its colours
  colorize - < photo.jpg > coloured.jpg          - is a pipe
  colorize --list                                the models, their training photographs and scores
  colorize --serve                               a page in your browser

The candidates for the default are the models in models/ and the bundled model.
The default is {catalog.RULE}.

exit status: 0 all photographs were colorized; 1 at least one failed (one line each); 2 wrong usage.
Results are sRGB. They keep the photograph's size, bit depth, alpha, EXIF, light and dark.
Clothes, flags, cars and small things often stay gray or turn brown; --hint gives the colours that you know.
Existing files are kept unless you give --overwrite; your photographs are always kept."""


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="colorize",
        description="Colorize photographs with a trained model. The colours of a colour photograph are ignored.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help="photographs and films: files, folders, globs")
    parser.add_argument(
        "-o",
        "--output",
        action=_Once,
        metavar="OUT",
        help="a folder, or for one photograph a file (default: NAME-colorized beside each photograph)",
    )
    add = parser.add_argument_group("model").add_argument
    add("--model", metavar="NAME|FILE", help="a name of --list, an .onnx or a .safetensors file (default: see below)")
    add("--device", default="auto", help="cpu, cuda, cuda:1; mps with torch (default: a GPU if it can be used)")
    add(
        "--samples",
        type=_number(int, 1, 100),
        default=0,
        metavar="N",
        help="draw N results per photograph (needs --model vae)",
    )
    add(
        "--hint",
        action="append",
        default=[],
        metavar="X,Y,COLOUR",
        help="a colour that you know, at a pixel of the upright photograph: 812,640,#2f5d3a; or 200,90,keep for gray",
    )
    add("--hints", type=Path, metavar="FILE", help="hints in a JSON file (docs/colorize.md, docs/films.md)")
    add(
        "--like",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="a photograph in colour: what resembles a place in it gets the colours of that place; several are allowed",
    )
    add = parser.add_argument_group("results").add_argument
    add(
        "--saturation",
        type=_number(float, 0, catalog.MOST_VIVID),
        metavar="X",
        help="factor on the colour; 0: gray (default: 1; for a model without a curve, what its file names)",
    )
    add(
        "--no-prepare",
        action="store_true",
        help="show the model faded levels, vignettes, borders and mats as they are, and a page of photographs as one",
    )
    add(
        "--detail",
        type=_number(float, 1, 4),
        default=1,
        metavar="X",
        help="show the model X times its side, 1 to 4: for groups; the prediction at 2 takes 3.4 times as long",
    )
    add("--negative", action="store_true", help="photographs and films are negatives: turn them into positives first")
    add("--compare", action="store_true", help="also write NAME-compare: the photograph beside the result")
    add(
        "--format",
        choices=("jpeg", "png", "tiff", "webp", "bmp"),
        help="format of photographs' results (default: the photograph's format)",
    )
    add(
        "--quality",
        type=_number(int, 1, 100),
        metavar="Q",
        help=f"quality of JPEG and WebP results, 1 to 100 (default: {QUALITY})",
    )
    add(
        "--no-mark",
        action="store_true",
        help="leave out the mark that says that colours are invented (XMP, EXIF)",
    )
    add("--keep-time", action="store_true", help="give each result the time of its photograph's file")
    add("--overwrite", action="store_true", help="replace existing results")
    add("--skip-existing", action="store_true", help="keep existing results, and colorize the other photographs")
    add("--dry-run", action="store_true", help="list the results without writing them")
    add = parser.add_argument_group("instead of photographs").add_argument
    add("--list", action="store_true", help="list the trained models with their scores")
    add("--version", action="version", version=program())
    add(
        "--serve",
        action="store_true",
        help="start a page in your browser: drop photographs, click colours that you know",
    )
    add(
        "--host",
        default="127.0.0.1",
        help="address of the page; 0.0.0.0 opens it to your network (default: %(default)s)",
    )
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name that browsers may call the page by, such as a proxy's or nas.example.org; several are allowed",
    )
    add("--port", type=_number(int, 1, 65535), default=7860, help="port of the page (default: %(default)s)")
    return parser


class _Once(argparse.Action):
    """Refuses an option that is given twice: the shell may have taken a file such as -old.jpg for it."""

    def __call__(self, parser, namespace, values, option_string=None):
        if (before := getattr(namespace, self.dest)) is not None:
            told = f"given twice ({before}, {values}); write ./ before a photograph whose name begins with -"
            raise argparse.ArgumentError(self, told)
        setattr(namespace, self.dest, values)


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
