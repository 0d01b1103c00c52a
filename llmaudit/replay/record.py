"""A run as a file (`--record run.json`), and back (`--run run.json`). No question and no answer is in it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from llmaudit.errors import Location, ReadError
from llmaudit.replay.run import Event, Outcome, QueryRun, Run
from llmaudit.replay.span import Span, Status

SCHEMA = "llmaudit/run/1"


def write(run: Run, path: Path) -> None:
    """Writes the run, one query a line. Times count from the first query, so that nothing else is told by them."""
    try:
        path.write_text(text(run), encoding="utf-8")
    except OSError as error:
        raise ReadError(error.strerror or "cannot be written", at=Location(str(path))) from error


def text(run: Run) -> str:
    """The run as JSON."""
    zero = min((query.intended_start_ns for query in run.queries), default=0)
    queries = ",\n".join(json.dumps(_query(query, zero), ensure_ascii=False) for query in run.queries)
    events = [{"at_ns": event.at_ns - zero, "text": event.text} for event in run.events]
    head = json.dumps({"schema": SCHEMA, "facts": dict(run.facts), "events": events}, indent=1, ensure_ascii=False)
    return f'{head.removesuffix("}").rstrip()},\n "queries": [\n{queries}\n]}}\n'


def read(path: Path) -> Run:
    """The run in a file. Raises ReadError when it is none."""
    at, hint = Location(str(path)), "llmaudit bottleneck --record FILE writes one"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReadError(error.strerror or "cannot be read", at=at) from error
    except ValueError as error:
        raise ReadError("is not JSON", at=at, hint=hint) from error
    if not isinstance(said, dict) or said.get("schema") != SCHEMA:
        raise ReadError(f"is not a recorded run of this version ({SCHEMA})", at=at, hint=hint)
    try:
        return Run(
            queries=tuple(_query_run(query) for query in said["queries"]),
            facts=dict(said["facts"]),
            events=tuple(Event(int(event["at_ns"]), str(event["text"])) for event in said["events"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReadError(f"is damaged: {type(error).__name__} {error}", at=at, hint=hint) from error


def _query(query: QueryRun, zero: int) -> dict[str, Any]:
    return {
        "query_id": query.query_id,
        "round": query.round,
        "warmup": query.warmup,
        "intended_start_ns": query.intended_start_ns - zero,
        "start_ns": query.start_ns - zero,
        "end_ns": query.end_ns - zero,
        "outcome": query.outcome.value,
        "error_type": query.error_type,
        "spans": [_span(span, zero) for span in query.spans],
    }


def _span(span: Span, zero: int) -> dict[str, Any]:
    shifted = {"start_ns": span.start_ns - zero, "end_ns": span.end_ns - zero, "attributes": dict(span.attributes)}
    return asdict(span) | shifted | {"status": span.status.value}


def _query_run(said: dict[str, Any]) -> QueryRun:
    spans = tuple(Span(**{**span, "status": Status(span["status"])}) for span in said["spans"])
    return QueryRun(**{**said, "outcome": Outcome(said["outcome"]), "spans": spans})
