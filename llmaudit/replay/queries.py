"""The questions to replay: JSON lines, each `{"query": "…"}` and, if it has one, an `"id"`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmaudit.errors import Location, NothingMeasured, ReadError
from llmaudit.replay import json_lines

_TEXTS = ("query", "question", "text", "input")
_HINT = 'a line is an object such as {"query": "Where is my order?"}'


@dataclass(frozen=True, slots=True)
class Query:
    """One question. `query_id` is its id or `line N`; `facts` is what else its line says (a filter, a language, …)."""

    query_id: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def read(path: Path) -> tuple[Query, ...]:
    """The questions of a file, in order.

    Raises ReadError with file and line for a line that is no question or an id that stands twice, NothingMeasured for a
    file without any.
    """
    found: dict[str, Query] = {}
    for at, said in json_lines.read(path, _HINT):
        query = _query(said, at)
        if query.query_id in found:
            raise ReadError(f"the id {query.query_id!r} stands twice", at=at)
        found[query.query_id] = query
    if not found:
        raise NothingMeasured(f"{path}: there is no query in it", hint=_HINT)
    return tuple(found.values())


def _query(said: dict[str, Any], at: Location) -> Query:
    key = next((name for name in _TEXTS if isinstance(said.get(name), str) and said[name].strip()), None)
    if key is None:
        raise ReadError("has no query", at=at, hint=_HINT)
    given = said.get("id")
    if given is not None and not isinstance(given, str | int):
        raise ReadError("its id is neither text nor a number", at=at)
    rest = {name: value for name, value in said.items() if name not in {key, "id"}}
    return Query(f"line {at.line}" if given is None else str(given), said[key], rest)
