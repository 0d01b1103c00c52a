"""What is being done, on standard error and only where a person looks."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

_CLEARED = "\r\x1b[2K"
_EVERY_SECONDS = 1.0
_LONG_SECONDS = 3


@contextmanager
def progress_on_terminal() -> Iterator[Callable[[str], None]]:
    """A function that shows a line of progress on a terminal, each in place of the last, and nothing elsewhere.

    What takes long is shown with the seconds it has taken, so that nobody wonders whether anything still happens.
    """
    if not sys.stderr.isatty():
        yield lambda _message: None
        return
    said, since = "", time.monotonic()
    over = Event()

    def show(message: str) -> None:
        nonlocal said, since
        said, since = message, time.monotonic()
        _write(message)

    def tick() -> None:
        while not over.wait(_EVERY_SECONDS):
            seconds = int(time.monotonic() - since)
            if said and seconds >= _LONG_SECONDS:
                _write(f"{said} ({seconds:,} s)")

    ticker = Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield show
    finally:
        over.set()
        ticker.join()
        _write("")


def _write(line: str) -> None:
    sys.stderr.write(f"{_CLEARED}{line}")
    sys.stderr.flush()
