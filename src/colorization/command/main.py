"""The `colorize` command: photographs in, coloured photographs out."""

import argparse
import logging
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path

from colorization.command.parser import make_parser
from colorization.core.errors import InputError, run, shown
from colorization.core.process import keep_memory
from colorization.models.common.description import SUFFIX, read_description
from colorization.photo import catalog

# Functions import PIL, numpy and the network when they need them, so that --help answers at once.

PIPE = "-"  # as a photograph: standard input; as an output: standard output
PLANE = 4 * 2**20  # bytes; freed arrays up to this size stay with the process for reuse


def main() -> None:
    """The command `colorize`."""
    run(_main)


def _main() -> None:
    parser = make_parser()
    wanted = parser.parse_args()
    if wanted.list:
        print(catalog.table())
    elif wanted.serve:
        from colorization.page.server import serve

        serve(host=wanted.host, port=wanted.port, device=wanted.device)
    elif not wanted.photos:
        parser.error("name a photograph, or a folder of photographs")
    elif PIPE in (*wanted.photos, wanted.output):
        sys.exit(1 if pipe(wanted) else 0)
    else:
        sys.exit(1 if colorize(wanted) else 0)


def colorize(wanted: argparse.Namespace) -> int:
    """Colorize the photographs of the command line; returns the number of photographs that failed."""
    from tqdm import tqdm

    from colorization.command.batch import Look, colorize_all
    from colorization.command.plan import Exists, Job, Wishes, find_photos, place, plan

    for decoder in ("PIL", "pyvips", "tifffile"):  # we report damaged files ourselves, in one line each
        logging.getLogger(decoder).setLevel(logging.CRITICAL)
    model = catalog.find(wanted.model)
    model = sampling(model) if wanted.samples else model
    if warning := catalog.warning(model):
        print(f"warning: {shown(warning)}", file=sys.stderr)
    found = find_photos(wanted.photos, wanted.output)
    photos = found.photos
    for line in passed_over(found.passed_over):
        print(line, file=sys.stderr)
    if not photos:
        raise InputError(f"{', '.join(wanted.photos)}: found no photographs")
    hints = hints_of(wanted, len(photos))
    out, to_file = place(wanted.output, len(photos))
    wishes = Wishes(
        out=out,
        to_file=to_file,
        format=wanted.format,
        compare=wanted.compare,
        samples=wanted.samples,
        overwrite=wanted.overwrite,
    )
    steps = list(plan(photos, wishes))
    jobs = [step for step in steps if isinstance(step, Job)]
    existing = [step for step in steps if isinstance(step, Exists)]
    failures = [str(step) for step in steps if isinstance(step, InputError)]
    for line in failures:
        print(f"error: {line}", file=sys.stderr)
    if existing and not wanted.skip_existing:
        failures += [str(step.result) for step in existing]
        print(shown(f"error: {told(existing)}; --skip-existing keeps them, --overwrite replaces them"), file=sys.stderr)
    if wanted.dry_run:
        for job in jobs:
            size = f"{job.header.width}×{job.header.height}"
            print(shown(f"{job.source} → {', '.join(map(str, job.writes))} ({size})"))
        return len(failures)

    def load():
        from colorization.photo.colorizer import load

        # several photographs run in parallel already; more threads would only wait
        return load(model, device=wanted.device, threads=1 if len(jobs) > 1 else None)

    keep_memory(PLANE, 64 * PLANE)
    look = Look(
        saturation=wanted.saturation,
        samples=wanted.samples,
        prepare=not wanted.no_prepare,
        hints=hints,
        quality=wanted.quality,
        overwrite=wanted.overwrite,
    )
    with tqdm(total=len(jobs), desc=model.stem, unit="photo", disable=None if len(jobs) > 1 else True) as bar:
        for _, failure in colorize_all(jobs, load, look) if jobs else ():
            if failure:
                failures.append(failure)
                bar.write(shown(f"error: {failure}"), file=sys.stderr)
            bar.update()
    skipped = len(existing) if wanted.skip_existing else 0
    done = len(photos) - len(failures) - skipped
    kept = f"; {skipped} existing kept" if skipped else ""
    if not failures:
        where = out if out is not None else jobs[0].targets[0] if len(jobs) == 1 else "beside the originals"
        print(shown(f"{done} photograph{'' if done == 1 else 's'} colorized with {model.stem}: {where}{kept}"))
    elif len(photos) > 1:
        print(f"{done} of {len(photos)} photographs colorized{kept}", file=sys.stderr)
    return len(failures)


def hints_of(wanted: argparse.Namespace, photos: int) -> list:
    """The hints of the command line and of its file. Raises InputError for hints to several photographs."""
    if not wanted.hint and not wanted.hints:
        return []
    if photos > 1:
        raise InputError(f"--hint: belongs to one photograph, not to {photos}; colorize them one by one")
    from colorization.photo.hints import parsed, read_hints

    return [*(read_hints(wanted.hints) if wanted.hints else []), *map(parsed, wanted.hint)]


def told(existing: list) -> str:
    """A phrase about results that exist: a single one by its name, several by their number and the first."""
    first = existing[0].result
    return f"{first} exists" if len(existing) == 1 else f"{len(existing)} results exist, the first is {first}"


def passed_over(counts: Mapping[str, int]) -> list[str]:
    """One line each about HEIC without its reader, other files that cannot be read, and folders that are links."""
    from colorization.imaging.heif import INSTALL, SUFFIXES

    lines = []
    for heif, advice in ((True, f"{INSTALL}, and they are read"), (False, "convert them to JPEG or TIFF first")):
        kinds = [kind for kind in sorted(counts) if kind.startswith(".") and (kind in SUFFIXES) == heif]
        if kinds:
            lines.append(f"passed over {', '.join(f'{counts[kind]} {kind}' for kind in kinds)}: {advice}")
    if links := counts.get("linked folder", 0):
        lines.append(
            f"passed over {links} linked folder{'' if links == 1 else 's'}: name them to colorize what they hold"
        )
    return lines


def pipe(wanted: argparse.Namespace) -> int:
    """Colorize one photograph from standard input, to standard output, or both; returns the number of failures."""
    if len(wanted.photos) > 1:
        raise InputError(f"{PIPE}: a pipe takes one photograph, not {len(wanted.photos)}")
    received, to_pipe = wanted.photos == [PIPE], wanted.output in (None, PIPE)
    with tempfile.TemporaryDirectory(prefix="colorize-pipe-") as folder:
        if received:
            wanted.photos = [f"{folder}/stdin"]
            Path(wanted.photos[0]).write_bytes(sys.stdin.buffer.read())
        results = Path(folder) / "results"
        if to_pipe:
            if wanted.samples or wanted.compare or sys.stdout.isatty():
                raise InputError(f"{PIPE}: a pipe holds one result; use -o to name a file or a folder")
            wanted.output = f"{results}/"
        with redirect_stdout(sys.stderr):
            failed = colorize(wanted)
        if to_pipe:
            for result in results.glob("*"):
                sys.stdout.buffer.write(result.read_bytes())
    return failed


def sampling(model: Path) -> Path:
    """The file of a model that draws samples: the weights beside an export, which gives one result only.

    Raises InputError for a model that gives one result only.
    """
    name = read_description(model).name
    if name != "vae":
        raise InputError(f"--samples: the {name} gives one result only; use a VAE: --model models/vae.safetensors")
    weights = model.with_suffix(SUFFIX)
    return weights if weights.is_file() else model


if __name__ == "__main__":
    main()
