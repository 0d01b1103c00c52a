"""Globs as SQL: `*` is any text, `?` any one character, everything else is itself. Case matters."""

import re

_ESCAPE = "^"


def literal(text: str) -> str:
    """The text as an SQL string, whatever stands in it."""
    return "'" + text.replace("'", "''") + "'"


def is_glob(pattern: str) -> bool:
    """Whether the pattern may fit more than one text."""
    return "*" in pattern or "?" in pattern


def effort(pattern: str) -> int:
    """How long a row's comparison takes, roughly: what is cheap is asked first."""
    if not is_glob(pattern):
        return 0
    return 1 if _core(pattern) is not None else 2


def matches(subject: str, pattern: str) -> str:
    """SQL that is true where the expression `subject` fits the pattern; null where it is null."""
    if not is_glob(pattern):
        return f"{subject} = {literal(pattern)}"
    core = _core(pattern)
    if core is None:
        return f"{subject} like {_like(pattern)}"
    begins, ends = not pattern.startswith("*"), not pattern.endswith("*")
    if begins:
        return f"starts_with({subject}, {literal(core)})"
    if ends:
        return f"ends_with({subject}, {literal(core)})"
    return f"contains({subject}, {literal(core)})" if core else f"{subject} is not null"


def _core(pattern: str) -> str | None:
    """The plain text of a pattern whose only `*` stand at its ends; None for any other."""
    core = pattern.strip("*")
    return None if is_glob(core) else core


def _like(pattern: str) -> str:
    escaped = re.sub(r"[%_^]", lambda special: _ESCAPE + special[0], pattern)
    wanted = literal(escaped.replace("*", "%").replace("?", "_"))
    # Without an escape DuckDB has a faster way, so it is only asked for where it is needed.
    return wanted if escaped == pattern else f"{wanted} escape '{_ESCAPE}'"
