"""Run one of READERS under Atheris, which searches for inputs that reach new lines of our code.

python -m chaos.guided NAME …
"""

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["colorization", "yaml", "zipfile"]):
    from chaos.targets import READERS


def main() -> None:
    reader = READERS[sys.argv[1]]
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:

        def once(data: bytes) -> None:
            reader.takes(Path(folder), data)

        atheris.Setup([sys.argv[0], *sys.argv[2:]], once)  # the other arguments are libFuzzer's options and its corpus
        atheris.Fuzz()


if __name__ == "__main__":
    main()
