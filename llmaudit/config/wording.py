"""What a section does not take, in the words of this project: what was expected, and the nearest right word."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from llmaudit.words import nearest

_KINDS = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "date": "a day, such as 2026-10-01",
    "path": "the name of a file",
    "dict": "settings (name: value)",
    "mapping": "settings (name: value)",
    "model": "settings (name: value)",
    "list": "a list, such as [a, b]",
    "tuple": "a list, such as [a, b]",
}
"""By the first word of pydantic's type of error, as in `int_parsing` (docs.pydantic.dev/latest/errors, 2026-11-27)."""
_LIMITS = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
}
_EMPTY = ("too_short", "string_too_short")


def reason(wrong: Sequence[ErrorDetails]) -> str:
    """What is wrong at one place; several errors there are the kinds of value of which it is none."""
    first = wrong[0]
    kind, context = first["type"], first.get("ctx", {})
    if kind == "extra_forbidden":
        return "is not a known setting"
    if kind == "invalid_key":
        return "names are texts: put on, off, yes, no and numbers in quotes"
    if kind == "missing":
        return "is missing"
    if kind in _EMPTY:
        return "is empty"
    if kind in _LIMITS:
        return f"expected {_LIMITS[kind].format(**context)}, not {_shown(first['input'])}"
    if kind == "literal_error":
        return f"expected {context['expected'].replace(chr(39), '')}, not {_shown(first['input'])}"
    kinds = dict.fromkeys(_KINDS[word] for each in wrong if (word := each["type"].partition("_")[0]) in _KINDS)
    if kinds:
        return f"expected {' or '.join(kinds)}, not {_shown(first['input'])}"
    return first["msg"].removeprefix("Value error, ")


def hint(first: ErrorDetails, model: type[BaseModel] | None) -> str | None:
    """What to write instead, where that can be guessed; `model` is the section in which the wrong key stands."""
    if first["type"] == "extra_forbidden" and model is not None:
        known = [field.alias or name for name, field in model.model_fields.items()]
        return _nearest(str(first["loc"][-1]), known) or f"known here: {', '.join(known)}"
    if first["type"] == "literal_error":
        return _nearest(str(first["input"]), re.findall(r"'([^']*)'", first["ctx"]["expected"]))
    if first["type"] == "string_type" and isinstance(first["input"], int):
        return "in quotes it is a text"
    return None


def _nearest(word: str, known: Sequence[str]) -> str | None:
    near = nearest(word, known)
    return f"did you mean {near}?" if near else None


def _shown(value: Any) -> str:
    """A value as the file may have said it; what has parts is only named, for it may be long."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f"{value!r}"
        case list() | tuple():
            return "a list"
        case dict():
            return "settings"
    return str(value)
