"""Errors for the user, each reported in one line."""

import io
import os
import re
import sys
import time
from collections.abc import Callable

PATIENCE = 10.0  # seconds; longer than a process takes to end
# Names may contain control characters, line ends, marks that reverse the text direction, and lone surrogates.
UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class InputError(Exception):
    """Bad input. The message names the file or key, says what is wrong and what to do."""

    def __str__(self) -> str:
        return shown(super().__str__())


def shown(text: str) -> str:
    r"""The text on one line; characters that a terminal would obey or refuse are escaped, like \x1b."""
    return UNSHOWN.sub(lambda match: ascii(match[0])[1:-1], text)


def one_line(told: object, longest: int = 200) -> str:
    """The message of an error or a program as one short line; the error's class name if its message is empty."""
    line = " ".join(str(told).split()) or (type(told).__name__ if isinstance(told, Exception) else "")
    return line[:longest]


def run(main: Callable[[], None]) -> None:
    """Run a command. Bad input, a disk error or lack of memory ends it with one line on stderr and exit status 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for terminals without Unicode; stderr does this already
    try:
        main()
    except InputError as error:
        _end(f"error: {error}")
    except OSError as error:
        name = f" {error.filename}:" if error.filename else ""
        advice = "fix the disk or the permission and run it again"
        _end(shown(f"error:{name} {error.strerror or error}; {advice}"))
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        sentences = str(error).split(". ")  # PyTorch's: place in its code, cause, advice for programmers
        why = next((text for text in sentences if "memory" in text), "all memory is in use")
        _end(shown(f"error: not enough memory ({why}); use smaller sizes in params.yaml"))
    except KeyboardInterrupt:
        _end("interrupted; run it again to continue")


def out_of_memory(error: BaseException) -> bool:
    """Whether an error reports lack of memory: Python's own, or PyTorch's for a GPU or for the machine."""
    if isinstance(error, RuntimeError):
        return type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in str(error)
    return isinstance(error, MemoryError)


def _end(line: str) -> None:
    if os.environ.get("LOCAL_RANK", "0") != "0":
        time.sleep(PATIENCE)  # if all processes failed, rank 0 reports it and ends us; if only we failed, we do
    sys.exit(line)
