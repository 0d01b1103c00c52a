"""Durations as a plan writes them (`5m`, `24h`, `7d`): a number and a unit, in Python whole seconds."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_WRITTEN = re.compile(r"\s*([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*([smhd])\s*")
_PATTERN = r"^\s*[0-9]{1,12}(\.[0-9]{1,9})?\s*[smhd]\s*$"
_LONGEST = 36_500 * _UNITS["d"]


def seconds(written: object) -> int:
    """The seconds that `5m`, `24h`, `7d` or `1.5h` mean.

    Raises ValueError for anything else: for a bare number too (nobody can tell of what), for nothing, for parts of a
    second and for more than a hundred years.
    """
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError("a duration is a number and a unit, such as 30m, 24h or 7d")
    exact = Decimal(found[1]) * _UNITS[found[2]]
    if exact != int(exact) or not 0 < exact <= _LONGEST:
        raise ValueError("a duration is a number of whole seconds above 0 and at most 36500d")
    return int(exact)


def text(duration: int) -> str:
    """The duration as a plan writes it, in the largest unit that leaves no fraction; one day is 24h, as people say."""
    unit = next(unit for unit, size in reversed(_UNITS.items()) if duration % size == 0)
    return "24h" if duration == _UNITS["d"] else f"{duration // _UNITS[unit]}{unit}"


def _seconds_or_none(written: object) -> int | None:
    return None if written is None or written == "unlimited" else seconds(written)


def text_or_unlimited(duration: int | None) -> str:
    """The same, where None is unlimited."""
    return "unlimited" if duration is None else text(duration)


Duration = Annotated[
    int,
    BeforeValidator(seconds),
    PlainSerializer(text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PATTERN}),
]
"""A whole number of seconds, above 0: text in the plan, and text again when settings are written out."""

# One validator before the whole type rather than a union of types: an error then names the setting, and not the branch
# of a union.
DurationOrUnlimited = Annotated[
    int | None,
    BeforeValidator(_seconds_or_none),
    PlainSerializer(text_or_unlimited, return_type=str),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _PATTERN}, {"const": "unlimited"}]}),
]
"""The same, or `unlimited`, which is None in Python."""
