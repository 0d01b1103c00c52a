"""The questions to replay: JSON lines, each `{"query": "…"}` and, if it has one, an `"id"`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmaudit.errors import Location, NothingMeasured, ReadError

_TEXTS = ("query", "question", "text", "input")


@dataclass(frozen=True, slots=True)
class Query:
    """One question. `query_id` is its id or `line N`; `facts` is what else its line says (a filter, a language, …)."""

    query_id: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def read(path: Path) -> tuple[Query, ...]:
    """The questions of a file, in order; empty lines are none.

    Raises ReadError with file and line for a line that is no question or an id that stands twice, NothingMeasured for a
    file without any.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ReadError(error.strerror or "cannot be read", at=Location(str(path))) from error
    except UnicodeDecodeError as error:
        raise ReadError("is not UTF-8 text", at=Location(str(path))) from error
    found: dict[str, Query] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            query = _query(line, number, Location(str(path), number))
            if query.query_id in found:
                raise ReadError(f"the id {query.query_id!r} stands twice", at=Location(str(path), number))
            found[query.query_id] = query
    if not found:
        raise NothingMeasured(
            f"{path}: there is no query in it", hint='one a line, such as {"query": "Where is my order?"}'
        )
    return tuple(found.values())


def _query(line: str, number: int, at: Location) -> Query:
    hint = 'a line is an object such as {"query": "Where is my order?"}'
    try:
        said = json.loads(line)
    except json.JSONDecodeError as error:
        raise ReadError(f"not JSON at character {error.pos + 1}: {error.msg}", at=at, hint=hint) from error
    if not isinstance(said, dict):
        raise ReadError("is not a JSON object", at=at, hint=hint)
    key = next((name for name in _TEXTS if isinstance(said.get(name), str) and said[name].strip()), None)
    if key is None:
        raise ReadError("has no query", at=at, hint=hint)
    given = said.get("id")
    if given is not None and not isinstance(given, str | int):
        raise ReadError("its id is neither text nor a number", at=at)
    rest = {name: value for name, value in said.items() if name not in {key, "id"}}
    return Query(f"line {number}" if given is None else str(given), said[key], rest)
