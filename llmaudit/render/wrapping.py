"""Long lines, broken where the terminal ends."""

import shutil
import textwrap


def terminal_width() -> int:
    """How many columns a line may have."""
    return max(40, shutil.get_terminal_size((80, 24)).columns)


def wrapped(start: str, said: str) -> list[str]:
    """The text behind `start`, broken at the width of the terminal, its further lines below its first."""
    indent = " " * len(start)
    return textwrap.wrap(
        said,
        terminal_width(),
        initial_indent=start,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
