"""Work that takes minutes: in a thread of its own, with its progress, until it ends or is cancelled."""

import logging
import threading
import time
from collections.abc import Callable

from colorization.core.errors import InputError, out_of_memory

FAILED = "this failed; the terminal of colorize says why"


class Cancelled(Exception):
    """Raised in the thread of a job that was cancelled."""


class Job:
    """A work on a film. work(job) returns lines for the user; it calls `step` at least every second.

    whole: on all of the film, not on a scene. total: of the steps; 0 while it is not known.
    """

    def __init__(self, work: Callable[["Job"], list[str]], *, whole: bool):
        self.whole, self.total, self.done = whole, 0, 0
        self.state, self.lines = "running", list[str]()
        self._began, self._stop = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self.state == "running"

    def step(self) -> None:
        """One step is done. Raises Cancelled after `cancel`."""
        self.check()
        self.done += 1

    def check(self) -> None:
        """Raises Cancelled after `cancel`."""
        if self._stop.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """End the work, and wait until it has ended."""
        self._stop.set()
        self._thread.join()

    def told(self) -> dict:
        """What the page shows. lines: of a finished job what is to be known; of a failed one why."""
        seconds = time.monotonic() - self._began
        steps = {"done": self.done, "total": self.total, "seconds": seconds}
        return {"state": self.state, "whole": self.whole, "lines": self.lines, **steps}

    def _run(self, work: Callable[["Job"], list[str]]) -> None:
        state = "failed"
        try:
            self.lines = work(self)
            state = "done"
        except Cancelled:
            state = "cancelled"
        except InputError as error:
            self.lines = [str(error)]
        except OSError as error:
            self.lines = [error.strerror or str(error)]
        except Exception as error:
            memory = out_of_memory(error)
            self.lines = ["not enough memory for this film; scale it down" if memory else FAILED]
            if not memory:
                logging.getLogger("uvicorn.error").exception("a film")
        self.state = state
