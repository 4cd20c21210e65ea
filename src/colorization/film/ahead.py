"""Run an iterator in a thread of its own, a few items ahead."""

import queue
import threading
from collections.abc import Generator
from contextlib import closing
from typing import TypeVar

Item = TypeVar("Item")
PATIENCE = 0.2  # seconds between two looks whether the reader has gone


def ahead(items: Generator[Item], count: int) -> Generator[Item]:
    """The items, made in a thread at most `count` ahead of their reader. It ends with the reader, if that is closed."""
    ready: queue.Queue = queue.Queue(count)
    gone = threading.Event()
    thread = threading.Thread(target=_make, args=(items, ready, gone), daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        gone.set()
        thread.join()


def _make(items: Generator, ready: queue.Queue, gone: threading.Event) -> None:
    def put(item, error=None) -> bool:
        while not gone.is_set():
            try:
                ready.put((item, error), timeout=PATIENCE)
                return True
            except queue.Full:
                continue
        return False

    with closing(items):
        try:
            for item in items:
                if not put(item):
                    return
            put(None)
        except BaseException as error:
            put(None, error)
