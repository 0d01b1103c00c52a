"""What is being done, on standard error and only where a person looks."""

import sys
from collections.abc import Callable


def progress_on_terminal() -> Callable[[str], None]:
    """A function that shows a line of progress on a terminal, each in place of the last, and nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda _message: None

    def show(message: str) -> None:
        sys.stderr.write(f"\r\x1b[2K{message}" if message else "\r\x1b[2K")
        sys.stderr.flush()

    return show
