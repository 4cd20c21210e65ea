"""Run the benchmarks and write a table of each: python -m benchmarks [NAME …] [--repeats N] [--out FOLDER]."""

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks import measure

NAMES = ("train", "preprocess", "evaluate", "pipeline", "growth")


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure speed and cost.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)} (default: all)")
    parser.add_argument("--repeats", type=int, default=5, help="repetitions of each measurement (default: 5)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"), help="folder for NAME.json and NAME.md")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(NAMES):
        sys.exit(f"error: {', '.join(unknown)}: unknown benchmark; the benchmarks are {', '.join(NAMES)}")
    for name in wanted.names or NAMES:
        described, found = measure.machine(), importlib.import_module(f"benchmarks.{name}").main(wanted.repeats)
        for title, rows in found.items():
            print(f"{title}\n\n{measure.markdown(rows)}", flush=True)
        measure.write(wanted.out / name, described, found)


if __name__ == "__main__":
    main()
