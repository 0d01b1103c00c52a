"""Rows as columns of text that fit the terminal: where there is no room, some columns go on in the line below."""

import re
from collections.abc import Sequence

from llmaudit.render.wrapping import terminal_width

_GAP = 2
_NARROWEST = 8
_AFTER = re.compile(r"(?<=[ _])")
"""Where a text may be broken without breaking a word."""


def columns(rows: Sequence[Sequence[str]], *, right: set[int], folding: Sequence[int]) -> list[str]:
    """The lines of a table, its columns at `right` flush right.

    The columns `folding` give way in that order: first down to their longest word, then, if need be, within words.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = terminal_width() - _GAP * (len(widths) - 1)
    words = {place: max(len(word.rstrip()) for row in rows for word in _AFTER.split(row[place])) for place in folding}
    for least in (words, dict.fromkeys(folding, 0)):
        for place in folding:
            wanted = max(widths[place] - max(0, sum(widths) - room), least[place], _NARROWEST)
            widths[place] = min(widths[place], wanted)
    return [line for row in rows for line in _lines(row, widths, right)]


def _lines(row: Sequence[str], widths: Sequence[int], right: set[int]) -> list[str]:
    cells = [_folded(cell, width) for cell, width in zip(row, widths, strict=True)]
    return [
        (" " * _GAP)
        .join(
            text.rjust(width) if place in right else text.ljust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
            for text in [cell[number] if number < len(cell) else ""]
        )
        .rstrip()
        for number in range(max(map(len, cells)))
    ]


def _folded(text: str, width: int) -> list[str]:
    """The text in lines of that width, broken between words where that is possible."""
    lines, line = [], ""
    for word in _AFTER.split(text):
        if line and len((line + word).rstrip()) > width:
            lines.append(line)
            line = ""
        line += word
        while len(line.rstrip()) > width:
            lines.append(line[:width])
            line = line[width:]
    return [part.rstrip() for part in (*lines, line)]
