"""What a person did that we cannot work with, told in one line."""

import os
import sys
import time
from collections.abc import Callable

PATIENCE = 10.0  # seconds, more than a process takes to end


class InputError(Exception):
    """Bad input. The message says what, which file or key, and what to do."""


def run(main: Callable[[], None]) -> None:
    """Run a command; bad input or a failing disk ends it with one line on stderr and exit status 1."""
    try:
        main()
    except InputError as error:
        _end(f"error: {error}")
    except OSError as error:
        name = f" {error.filename}:" if error.filename else ""
        _end(f"error:{name} {error.strerror or error}; mend the disk or the permission and run it again")
    except KeyboardInterrupt:
        _end("interrupted; run it again to go on")


def _end(line: str) -> None:
    if os.environ.get("LOCAL_RANK", "0") != "0":
        time.sleep(PATIENCE)  # what stops all processes the first one tells, and ends us; what stops us alone we tell
    sys.exit(line)
