"""Colorize one photograph through a pipe."""

import argparse
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from colorization.command.parser import PIPE
from colorization.command.photographs import colorize
from colorization.core.errors import InputError


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
