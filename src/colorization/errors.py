"""What a person did that we cannot work with, told in one line."""

import sys
from collections.abc import Callable


class InputError(Exception):
    """Bad input. The message says what, which file or key, and what to do."""


def run(main: Callable[[], None]) -> None:
    """Run a command; bad input or a failing disk ends it with one line on stderr and exit status 1."""
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        name = f" {error.filename}:" if error.filename else ""
        sys.exit(f"error:{name} {error.strerror or error}; mend the disk or the permission and run it again")
    except KeyboardInterrupt:
        sys.exit("interrupted; run it again to go on")
