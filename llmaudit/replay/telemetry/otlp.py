"""Spans out of OTLP as JSON: a file with one `{"resourceSpans": […]}` a line, or a single such document.

The format: opentelemetry-specification, specification/protocol/file-exporter.md and the JSON Protobuf encoding of OTLP
(opentelemetry.io/docs/specs/otlp, read 2026-11-27): ids are hex (some writers: base64), 64-bit integers are strings or
numbers, enumerations are numbers (some writers: names); older files say `instrumentationLibrarySpans`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmaudit.errors import Location, ReadError

_HINT = 'a file of traces holds OTLP as JSON, one {"resourceSpans": […]} a line'


@dataclass(frozen=True, slots=True)
class OtlpSpan:
    """One span as it was written. `end_ns` is None where it has no end."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    scope: str
    of_server: bool
    start_ns: int
    end_ns: int | None
    failed: bool
    attributes: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]


def spans(path: Path) -> Iterator[OtlpSpan]:
    """Every span of a file, in its order. Lines of metrics and logs have none.

    Raises ReadError with the line for what is not OTLP.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ReadError(error.strerror or "cannot be read", at=Location(str(path))) from error
    except UnicodeDecodeError as error:
        raise ReadError("is not UTF-8 text", at=Location(str(path)), hint=_HINT) from error
    for number, document in _documents(text, path):
        at = Location(str(path), number)
        if not isinstance(document, dict) or not any(key.startswith("resource") for key in document):
            raise ReadError("is not OTLP", at=at, hint=_HINT)
        try:
            for resource in document.get("resourceSpans") or ():
                for scope in resource.get("scopeSpans") or resource.get("instrumentationLibrarySpans") or ():
                    teller = (scope.get("scope") or scope.get("instrumentationLibrary") or {}).get("name") or ""
                    for span in scope.get("spans") or ():
                        yield _span(span, teller)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ReadError(f"a span in it is not as OTLP has it ({error!r})", at=at, hint=_HINT) from error


def _documents(text: str, path: Path) -> Iterator[tuple[int, Any]]:
    """The JSON values of a text and the lines they begin in: one a line, or one over all lines."""
    decoder = json.JSONDecoder()
    at = 0
    line = 1
    while True:
        rest = len(text) - len(text[at:].lstrip()) if at < len(text) else len(text)
        line += text.count("\n", at, rest)
        at = rest
        if at >= len(text):
            return
        try:
            document, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            where = Location(str(path), error.lineno)
            raise ReadError(f"not JSON at character {error.colno}: {error.msg}", at=where, hint=_HINT) from error
        yield line, document
        line += text.count("\n", at, end)
        at = end


def _span(span: Mapping[str, Any], teller: str) -> OtlpSpan:
    end_ns = int(span.get("endTimeUnixNano") or 0)
    status = (span.get("status") or {}).get("code")
    return OtlpSpan(
        trace_id=span["traceId"],
        span_id=span["spanId"],
        parent_id=span.get("parentSpanId") or None,
        name=str(span.get("name") or ""),
        scope=teller,
        of_server=span.get("kind") in (2, "SPAN_KIND_SERVER"),
        start_ns=int(span["startTimeUnixNano"]),
        end_ns=end_ns or None,
        failed=status in (2, "STATUS_CODE_ERROR"),
        attributes=_attributes(span),
        events=tuple(_attributes(event) for event in span.get("events") or ()),
    )


def _attributes(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    return {each["key"]: _value(each.get("value") or {}) for each in holder.get("attributes") or ()}


def _value(value: Mapping[str, Any]) -> Any:
    """A scalar as Python has it; lists and maps say nothing that is asked here."""
    for kind, read in (("stringValue", str), ("intValue", int), ("doubleValue", float), ("boolValue", bool)):
        if kind in value:
            return read(value[kind])
    return None
