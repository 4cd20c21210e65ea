"""Colorize one photograph through a pipe."""

import argparse
import re
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TextIO

from colorization.command.finding import find_photos
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
            if (count := len(find_photos(wanted.photos, wanted.output).photos)) > 1:
                raise InputError(f"{PIPE}: a pipe takes one photograph, not {count}; use -o to name a folder")
        told = Told(sys.stderr, folder)
        try:
            with redirect_stdout(told), redirect_stderr(told):
                failed = colorize(wanted)
        except InputError as error:
            raise InputError(told.renamed(str(error))) from None
        if to_pipe:
            for result in filter(Path.is_file, results.rglob("*")):
                sys.stdout.buffer.write(result.read_bytes())
    return failed


class Told:
    """A stream of text that names the pipe in place of our files in a temporary folder."""

    def __init__(self, stream: TextIO, folder: str):
        self.stream, self.folder = stream, re.escape(folder)

    def renamed(self, text: str) -> str:
        text = re.sub(rf"{self.folder}[/\\]results([/\\][^\s:;]*)?", "standard output", text)
        return re.sub(rf"{self.folder}[/\\]stdin", "standard input", text)

    def write(self, text: str) -> int:
        return self.stream.write(self.renamed(text))

    def __getattr__(self, name: str):
        return getattr(self.stream, name)
