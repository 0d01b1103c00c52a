"""What is being done, on standard error and only where a person looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_CLEARED = "\r\x1b[2K"


@contextmanager
def progress_on_terminal() -> Iterator[Callable[[str], None]]:
    """A function that shows a line of progress on a terminal, each in place of the last, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _message: None
        return

    def show(message: str) -> None:
        sys.stderr.write(f"{_CLEARED}{message}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        show("")
