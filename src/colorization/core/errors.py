"""What a person did that we cannot work with, told in one line."""

import io
import os
import re
import sys
import time
from collections.abc import Callable

PATIENCE = 10.0  # seconds, more than a process takes to end
# Names may hold control characters, line ends, what turns the direction of writing round, and halves of characters.
UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class InputError(Exception):
    """Bad input. The message says what, which file or key, and what to do."""

    def __str__(self) -> str:
        return shown(super().__str__())


def shown(text: str) -> str:
    r"""A text on one line without what a terminal would obey or refuse; such characters become \x1b and the like."""
    return UNSHOWN.sub(lambda match: ascii(match[0])[1:-1], text)


def one_line(told: object, longest: int = 200) -> str:
    """What an error or a program told, as one short line; an error that says nothing by its kind."""
    line = " ".join(str(told).split()) or (type(told).__name__ if isinstance(told, Exception) else "")
    return line[:longest]


def run(main: Callable[[], None]) -> None:
    """Run a command; bad input, a failing disk or too little memory ends it with one line on stderr and status 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal need not know every script; stderr is so already
    try:
        main()
    except InputError as error:
        _end(f"error: {error}")
    except OSError as error:
        name = f" {error.filename}:" if error.filename else ""
        advice = "mend the disk or the permission and run it again"
        _end(shown(f"error:{name} {error.strerror or error}; {advice}"))
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        sentences = str(error).split(". ")  # of PyTorch: where in its code, what, and advice for programmers
        why = next((text for text in sentences if "memory" in text), "all of it is taken")
        _end(shown(f"error: not enough memory ({why}); use smaller sizes in params.yaml"))
    except KeyboardInterrupt:
        _end("interrupted; run it again to go on")


def out_of_memory(error: BaseException) -> bool:
    """Whether an error is Python's own for too little memory, or one of PyTorch's, for a GPU and for the machine."""
    if isinstance(error, RuntimeError):
        return type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in str(error)
    return isinstance(error, MemoryError)


def _end(line: str) -> None:
    if os.environ.get("LOCAL_RANK", "0") != "0":
        time.sleep(PATIENCE)  # what stops all processes the first one tells, and ends us; what stops us alone we tell
    sys.exit(line)
