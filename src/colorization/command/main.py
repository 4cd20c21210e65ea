"""The `colorize` command: photographs in, coloured photographs out."""

import os
import sys

from colorization.command.parser import PIPE, make_parser
from colorization.core.errors import run
from colorization.photo import catalog

# Functions import PIL, numpy and the network when they need them, so that --help answers at once.


def main() -> None:
    """The command `colorize`."""
    # NumPy reads it at its import. Its products are small, and several run at a time: its threads wait for cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(_main)


def _main() -> None:
    parser = make_parser()
    wanted = parser.parse_args()
    if wanted.list:
        print(catalog.table())
    elif wanted.serve:
        from colorization.page.server import serve

        serve(host=wanted.host, port=wanted.port, device=wanted.device, allowed=wanted.allow_host)
    elif not wanted.photos:
        parser.error("name a photograph, or a folder of photographs")
    elif PIPE in (*wanted.photos, wanted.output):
        from colorization.command.pipe import pipe

        sys.exit(1 if pipe(wanted) else 0)
    else:
        from colorization.command.photographs import colorize

        sys.exit(1 if colorize(wanted) else 0)


if __name__ == "__main__":
    main()
