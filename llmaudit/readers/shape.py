"""What a format looks like: how it is recognised, and the types of the fields that are read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

TEXT: Final = "varchar"
NUMBER: Final = "double"
"""Counts too are read as doubles: exact to 2^53, and a fractional count is then seen instead of rounded away."""
MONEY: Final = "decimal(24, 12)"
BOOL: Final = "boolean"
TIME: Final = "timestamptz"
JSON: Final = "json"
ANY: Final = object()
"""In `recognised_by`: the field is there and is not null, whatever its value."""
ABSENT: Final = object()
"""In `recognised_by`: the field is not there, or null: what tells a format from another that wraps it."""

Shape = str | Mapping[str, "Shape"] | Sequence["Shape"]
"""A type from above, a mapping (an object with these fields), or a one-item list (an array of such items)."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One log format.

    A record is of this format when all fields of one of the `recognised_by` mappings are there (dotted paths; a value,
    a set of possible values, ANY or ABSENT). `query` turns the relation `records` (the columns here, source_id and
    passed_over) into one row per record, in the same order: source_id and what the format knows of a call. A row whose
    `skipped` is not null is not a call, for that reason; one whose `problem` is not null should have been.

    In JSON lines of which many cannot be calls, one of the texts in `call_lines_hold` stands in each that is a call or
    should have been one, however it is written (JSON may escape letters); the other lines come without any field, as
    `passed_over`.

    A format whose times `counts_from_start` gives `started_at` as if its start were 1970-01-01; only who reads the log
    can say when it was. One that `gives_scores` answers which calls were judged and how, in place of calls.
    """

    name: str
    provider_name: str | None
    recognised_by: Sequence[Mapping[str, Any]]
    columns: Mapping[str, Shape]
    query: str
    documentation: str
    tabular: bool = False
    counts_from_start: bool = False
    call_lines_hold: Sequence[str] = ()
    gives_scores: bool = False
    _by_top: Sequence[tuple[str, Mapping[str, Any]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Note a field that a record of this format has at its top."""
        tops = [next(path for path, wanted in marks.items() if wanted is not ABSENT) for marks in self.recognised_by]
        by_top = [(_parts(top)[0], marks) for top, marks in zip(tops, self.recognised_by, strict=True)]
        object.__setattr__(self, "_by_top", by_top)

    def recognises(self, record: Any) -> bool:
        """Whether a parsed record looks like this format."""
        if not isinstance(record, dict):
            return False
        for top, marks in self._by_top:
            # Most formats are ruled out by one field, for each of the first records of thousands of files.
            if top in record and all(_found(record, path, wanted) for path, wanted in marks.items()):
                return True
        return False


def duckdb_type(shape: Shape) -> str:
    """The shape as a DuckDB type."""
    if isinstance(shape, str):
        return shape
    if isinstance(shape, Mapping):
        return f"struct({', '.join(f'{quoted(name)} {duckdb_type(part)}' for name, part in shape.items())})"
    return f"{duckdb_type(shape[0])}[]"


def unread_type(shape: Shape) -> str:
    """The shape for `from_json`, its values as the texts they are, so that none is lost where it does not fit."""
    if isinstance(shape, str):
        return '"JSON"' if shape == JSON else '"VARCHAR"'
    if isinstance(shape, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)}: {unread_type(part)}" for name, part in shape.items()) + "}"
    return f"[{unread_type(shape[0])}]"


def objects(shape: Mapping[str, Shape], path: str = "") -> dict[str, list[str]]:
    """The paths of what is read field by field, the whole ("") included, each with the fields of it that are not."""
    found = {path: [f"{path}.{quoted(name)}" for name, part in shape.items() if not isinstance(part, Mapping)]}
    for name, part in shape.items():
        if isinstance(part, Mapping):
            found |= objects(part, f"{path}.{quoted(name)}")
    return found


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@cache
def _parts(path: str) -> tuple[str, ...]:
    # Asked again for each of the first records of every file.
    return tuple(path.split("."))


def _found(record: Any, path: str, wanted: Any) -> bool:
    for part in _parts(path):
        if not isinstance(record, dict) or record.get(part) is None:
            return wanted is ABSENT
        record = record[part]
    if wanted is ANY:
        return True
    if wanted is ABSENT:
        return False
    if isinstance(wanted, frozenset):
        return isinstance(record, str) and record in wanted
    return bool(record == wanted)
