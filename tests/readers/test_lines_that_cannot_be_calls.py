"""Lines that a format says cannot be calls are not taken apart, and yet none is lost and nothing broken is missed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmaudit.ingest import IngestOptions, ingest
from llmaudit.model import IngestResult
from llmaudit.readers.claude_code import READER
from llmaudit.store import open_store
from tests.readers.conftest import Logs

QUESTION: dict[str, Any] = {
    "type": "user",
    "sessionId": "s",
    "timestamp": "2026-10-01T00:00:00Z",
    "message": {"role": "user", "content": "hello"},
}
ANSWER: dict[str, Any] = {
    "type": "assistant",
    "sessionId": "s",
    "timestamp": "2026-10-01T00:00:01Z",
    "requestId": "r",
    "message": {"id": "m", "model": "claude-sonnet-4-5", "usage": {"input_tokens": 3, "output_tokens": 5}},
}


def lines(*records: Any) -> str:
    return "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records)


def test_a_line_passed_over_is_skipped_and_counted(logs: Logs) -> None:
    result = logs.read(lines(QUESTION, ANSWER, QUESTION))
    assert (result.records, result.calls_added, result.skipped) == (3, 1, 2)
    assert result.skipped_reasons == {"not an answer of the model": 2}
    assert [(call["record_number"], call["output_tokens"]) for call in logs.calls()] == [(2, 5)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"type":"user","message":{"content":"torn', "not JSON at character 37: unterminated string"),
        ('{"type":"user","mess{"type":"user","message":{}}', "not JSON at character 23: expecting ':' delimiter"),
        ("[1, 2]", "not an object"),
        ('"a text"', "not an object"),
        ("17", "not an object"),
        ("true", "not an object"),
    ],
)
def test_a_broken_line_that_looks_like_no_call_is_found(logs: Logs, line: str, reason: str) -> None:
    result = logs.read(lines(QUESTION, ANSWER, line, ANSWER))
    assert (result.records, result.calls_added, result.duplicates, result.skipped) == (4, 1, 1, 1)
    assert [(problem.line, problem.reason) for problem in result.problems] == [(3, reason)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"usage": 5}, "message.usage is not an object"),
        ({"usage": {"input_tokens": 3, "output_tokens": "many"}}, "message.usage.output_tokens is not a number"),
        (
            {"usage": {"input_tokens": 3, "output_tokens": 5, "cache_creation": [1]}},
            "message.usage.cache_creation is not an object",
        ),
        ({"usage": {"input_tokens": True, "output_tokens": 5}}, "message.usage.input_tokens is not a number"),
        ({"usage": None}, "no usage"),
    ],
)
def test_a_value_of_another_type_is_named(logs: Logs, changes: dict[str, Any], reason: str) -> None:
    result = logs.read(lines(ANSWER, {**ANSWER, "message": {**ANSWER["message"], "id": "other", **changes}}))
    assert (result.calls_added, result.unreadable) == (1, 1)
    assert [(problem.line, problem.reason) for problem in result.problems] == [(2, reason)]


def test_letters_that_json_escapes_hide_no_call(logs: Logs) -> None:
    escaped = json.dumps(ANSWER).replace("_tokens", "_\\u0074okens").replace("assistant", "\\u0061ssistant")
    assert '_tokens"' not in escaped
    result = logs.read(lines(escaped))
    assert (result.calls_added, logs.calls()[0]["output_tokens"]) == (1, 5)


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-3, 10), st.floats(0, 9), st.sampled_from(["", "7", "x"]))
USAGE = st.fixed_dictionaries(
    {},
    optional={
        "input_tokens": VALUES,
        "output_tokens": st.integers(0, 9),
        "cache_read_input_tokens": VALUES,
        "cache_creation": st.one_of(VALUES, st.fixed_dictionaries({}, optional={"ephemeral_1h_input_tokens": VALUES})),
        "service_tier": st.sampled_from(["standard", "batch", None]),
    },
)
RECORDS = st.fixed_dictionaries(
    {"sessionId": st.just("s"), "timestamp": st.just("2026-10-01T00:00:01Z")},
    optional={
        "type": st.sampled_from(["user", "assistant", "summary", None]),
        "requestId": st.sampled_from(["r1", "r2"]),
        "message": st.one_of(
            VALUES,
            st.fixed_dictionaries(
                {
                    "id": st.sampled_from(["m1", "m2", "m3"]),
                    "model": st.sampled_from(["claude-sonnet-4-5", "<synthetic>"]),
                },
                optional={"usage": st.one_of(VALUES, USAGE, USAGE), "content": st.sampled_from(["hi", '"usage"'])},
            ),
        ),
    },
)


@settings(max_examples=15)
@given(st.lists(RECORDS, max_size=8))
def test_passing_lines_over_changes_no_call(records: list[dict[str, Any]]) -> None:
    """All that may differ: a line that is no call anyhow is not told off for the types in it."""
    text = lines(ANSWER, *records)
    (fast, calls), (full, expected) = _read(text, READER.call_lines_hold), _read(text, ())
    assert calls == expected
    assert (fast.records, fast.calls_added, fast.duplicates) == (full.records, full.calls_added, full.duplicates)
    assert set(fast.problems) <= set(full.problems)
    passed_over = {problem.line for problem in set(full.problems) - set(fast.problems)}
    assert not [line for line in passed_over if "_tokens" in text.splitlines()[(line or 0) - 1]]


def _read(text: str, call_lines_hold: tuple[str, ...] | Any) -> tuple[IngestResult, list[dict[str, Any]]]:
    options = IngestOptions(readers=(replace(READER, call_lines_hold=call_lines_hold),))
    with TemporaryDirectory() as folder, mock.patch("llmaudit.store.file.new_key", return_value="0" * 32):
        log = Path(folder) / "log.jsonl"
        log.write_text(text, encoding="utf-8")
        with open_store(":memory:") as store:
            result = ingest(store, [str(log)], options)
            named = replace(result, problems=tuple(replace(problem, file="log") for problem in result.problems))
            return named, store.records("select * from calls order by call_id, record_number")
