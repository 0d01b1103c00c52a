"""What is being done, on standard error and only where a person looks."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmaudit.ingest.progress import Progress

_CLEARED = "\r\x1b[2K"
_EVERY_SECONDS = 1.0
_LONG_SECONDS = 3


@contextmanager
def progress_on_terminal() -> Iterator["Progress"]:
    """A function that shows a line of progress on a terminal, each in place of the last, and nothing elsewhere.

    What takes long is shown with the seconds it has taken, so that nobody wonders whether anything still happens; where
    the bytes are known beforehand, with how many are done, how fast, and when the rest will be.
    """
    if not sys.stderr.isatty():
        yield lambda _doing, _done=None, _total=0, /: None
        return
    said, since, first = "", time.monotonic(), None
    far: Callable[[], str] | None = None
    over = Event()

    def show(doing: str, done: Callable[[], int] | None = None, total: int = 0, /) -> None:
        nonlocal said, since, first, far
        now = time.monotonic()
        # Several steps over the same bytes are one rate.
        first = first or now
        began = first
        far = (lambda: far_of(done(), total, time.monotonic() - began)) if done else None
        said, since = doing, now
        _write(f"{doing}: {far()}" if far else doing)

    def tick() -> None:
        while not over.wait(_EVERY_SECONDS):
            seconds = int(time.monotonic() - since)
            if said and far:
                _write(f"{said}: {far()}")
            elif said and seconds >= _LONG_SECONDS:
                _write(f"{said} ({seconds:,} s)")

    ticker = Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield show
    finally:
        over.set()
        ticker.join()
        _write("")


def far_of(done: int, total: int, seconds: float) -> str:
    """How much is done, at which rate and how long the rest will take at that rate; without them while none is known.

    The bytes are what is left to read: what comes after reading says its own name.
    """
    amount = f"{done / total:.0%} of {_bytes(total)}" if total else _bytes(done)
    if not done or seconds <= 0:
        return amount
    left = math.ceil(max(0, total - done) * seconds / done)
    hours, minutes = divmod(left // 60, 60)
    clock = f"{hours}:{minutes:02}:{left % 60:02}" if hours else f"{minutes}:{left % 60:02}"
    return f"{amount}, {_bytes(done / seconds)}/s, {clock} left"


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"


def _write(line: str) -> None:
    sys.stderr.write(f"{_CLEARED}{line}")
    sys.stderr.flush()
