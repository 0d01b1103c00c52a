"""Names that come from logs, made safe to show: they may hold anything, also what a terminal or a sheet obeys."""

import html
import re

_LONGEST = 200
_SHEET_CODE = re.compile(r"[=+\-@\t\r](?![\w./@:-]*$)")


def printable(name: str) -> str:
    """The name on one line, without anything that moves a cursor or turns the direction of text; cut if very long."""
    return visible(name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…")


def visible(text: str) -> str:
    """The text on one line, however long, without anything that moves a cursor or turns the direction of text."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def markdown_cell(name: str) -> str:
    """The name as it stands in a cell of a Markdown table: neither markup nor HTML."""
    return markdown_text(printable(name))


def markdown_text(text: str) -> str:
    """The text, however long, as Markdown that shows it: neither markup nor HTML."""
    return re.sub(r"([\\`*_\[\]|~#])", r"\\\1", html.escape(visible(text), quote=False))


def sheet_cell(name: str) -> str:
    """The name as a CSV field: what a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{name}" if _SHEET_CODE.match(name) else name
