"""`map:` in llmaudit.yaml: paths, constants, expressions, and what an expression may not do."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from llmaudit.config import check, read
from llmaudit.errors import ConfigError
from llmaudit.readers.mapping.expressions import Path as FieldPath
from llmaudit.readers.mapping.expressions import compiled
from llmaudit.readers.mapping.reader import mapped
from llmaudit.readers.mapping.section import MapSection

from .conftest import Logs

YAML = """\
when: [request_uuid, usage.in]
columns:
  response_id: request_uuid
  started_at: ts
  request_model: model
  input_tokens: usage.in
  output_tokens: {sql: 'usage."out" + coalesce(extra, 0)'}
  provider_name: {value: openai}
  duration_seconds: {sql: "took_ms / 1000"}
  status: {sql: "case when code < 400 then 'ok' else 'error' end"}
  user_id: {sql: "lower(who)"}
  finish_reason: choices.0.reason
  tags: meta.labels
"""
RECORD: dict[str, Any] = {
    "request_uuid": "a1",
    "ts": 1767225600000,
    "model": "gpt-4o",
    "usage": {"in": 5, "out": 7},
    "took_ms": 1500,
    "code": 200,
    "who": "BOB",
    "choices": [{"reason": "stop"}, {"reason": "length"}],
    "meta": {"labels": {"feature": "search"}},
}


def _section(folder: Path, text: str = YAML) -> MapSection:
    path = folder / "map.yaml"
    path.write_text(text, encoding="utf-8")
    content, lines = read(path)
    return check(MapSection, content, lines, path)


def test_a_map_makes_calls_of_a_strange_log(logs: Logs) -> None:
    reader = mapped("our-gateway", _section(logs.folder))
    result = logs.read([RECORD], readers=(reader,))
    assert set(result.formats) == {"our-gateway"}
    (call,) = logs.calls()
    expected = {
        "call_id": "openai/a1", "started_at": datetime(2026, 1, 1), "request_model": "gpt-4o", "input_tokens": 5,
        "output_tokens": 7, "duration_seconds": 1.5, "status": "ok", "user_id": "bob", "finish_reason": "stop",
        "tags": {"feature": "search"},
    }  # fmt: skip
    assert {name: call[name] for name in expected} == expected


def test_objects_may_stand_in_text_and_numbers_too(logs: Logs) -> None:
    written = {**RECORD, "usage": json.dumps({"in": "5", "out": 7}), "took_ms": "1500", "code": "500", "extra": 2.0,
               "meta": json.dumps({"labels": ["feature:search", "beta"]})}  # fmt: skip
    logs.read([RECORD | {"request_uuid": "a0"}, written], readers=(mapped("m", _section(logs.folder)),))
    call = logs.calls()[1]
    assert (call["input_tokens"], call["output_tokens"], call["duration_seconds"]) == (5, 9, 1.5)
    assert (call["status"], call["tags"]) == ("error", {"feature": "search", "beta": "true"})


def test_a_list_of_counts_is_mapped_from_a_path(logs: Logs) -> None:
    said = {"request_model": "model", "input_tokens": "tokens", "context_document_tokens": "found.sizes"}
    section = MapSection.model_validate({"when": ["found"], "columns": said})
    records = [
        {"model": "gpt-4o", "tokens": 50, "found": {"sizes": sizes}} for sizes in ([30, 12], "[7]", None, [1, "x"])
    ]
    result = logs.read(records, mapped_readers=(mapped("ours", section),))
    assert [(p.line, p.reason) for p in result.problems] == [(4, "context_document_tokens is not a list of counts")]
    found = [(call["context_document_tokens"], call["context_tokens"]) for call in logs.calls()]
    assert found == [([30, 12], 42), ([7], 7), (None, None)]


def test_a_value_that_is_no_number_is_named_with_its_line(logs: Logs) -> None:
    result = logs.read(
        [
            RECORD,
            RECORD | {"request_uuid": "b", "usage": {"in": "many"}},
            RECORD | {"request_uuid": "c", "took_ms": "soon"},
            RECORD | {"request_uuid": "d", "usage": {"in": 2.5}},
        ],
        readers=(mapped("m", _section(logs.folder)),),
    )
    assert result.calls_added == 1
    assert [(problem.line, problem.reason) for problem in result.problems] == [
        (2, "input_tokens is not a number"),
        (3, "took_ms is not a number"),
        (4, "input_tokens is not a count"),
    ]


def test_a_mapped_csv(logs: Logs) -> None:
    text = YAML.replace("when: [request_uuid, usage.in]", "when: [request_uuid, took_ms]")
    log = 'request_uuid,ts,model,usage,took_ms,code\na1,2026-01-01,gpt-4o,"{""in"": 5, ""out"": 7}",1500,200\n'
    logs.read(log, "log.csv", readers=(mapped("m", _section(logs.folder, text)),))
    (call,) = logs.calls()
    assert (call["input_tokens"], call["output_tokens"], call["duration_seconds"]) == (5, 7, 1.5)
    assert (call["tags"], call["finish_reason"]) == (None, None)


@pytest.mark.parametrize(
    "expression",
    [
        "read_csv('x')", "read_text('/etc/passwd')", "(select 1)", "a in (select b from c)", "exists (select 1)",
        "getvariable('store_key')", "current_setting('x')", "getenv('HOME')", "a; drop table calls", "sum(a)",
        "row_number() over ()", "list_transform(a, x -> x)", "a::json", "*", "columns('a')", "$1", "?", "", "a +",
        "select a", "drop table calls", "(a).b", "a -- comment\n; select 1", "nextval('s')", "random()", "now()",
        "[a, b]", "{'a': b}", "a[1]",
    ],
)  # fmt: skip
def test_an_expression_that_could_read_or_do_anything_else_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"may not be used here|is not an SQL expression|is not one SQL expression"):
        compiled(expression, {})


@pytest.mark.parametrize(
    ("expression", "sql", "numbers"),
    [
        ("took / 1000", "(TRY_CAST(field_0 AS DOUBLE) / 1000)", ["took"]),
        ("a = 'x'", "(field_0 = 'x')", []),
        ("a >= 400", "(TRY_CAST(field_0 AS DOUBLE) >= 400)", ["a"]),
        ("coalesce(a, b)", "(COALESCE(field_0, field_1))", []),
        ("usage.x * 2", "(TRY_CAST(field_0 AS DOUBLE) * 2)", ["usage.x"]),
    ],
)
def test_fields_are_numbers_where_numbers_are_meant(expression: str, sql: str, numbers: list[str]) -> None:
    found = compiled(expression, {})
    assert (found.sql, [used.name for used in found.numbers]) == (sql, numbers)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("usage.in", FieldPath("usage", ("in",))),
        ('"a.b".c', FieldPath("a.b", ("c",))),
        ("choices.0.text", FieldPath("choices", ("0", "text"))),
        ('"say ""hi"""', FieldPath('say "hi"')),
    ],
)
def test_paths(text: str, path: FieldPath) -> None:
    assert FieldPath.parse(text) == path


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", '"a', 'a"b'])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        FieldPath.parse(text)


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("  input_tokens: usage.in\n", "  input_token: usage.in\n"), 2, "did you mean input_tokens?"),
        (("took_ms / 1000", "read_csv(took_ms)"), 9, "may not be used here"),
        (("{value: openai}", "{value: openai, sql: x}"), 8, "sql"),
        (("usage.in\n", "usage..in\n"), 2, "is not a path"),
        (("request_model: model", "feature: model"), 1, "a map needs a model"),
        (("when: [request_uuid, usage.in]", "when: []"), 1, "when"),
    ],
)
def test_a_mistake_in_a_map_is_told_with_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, words: str
) -> None:
    assert change[0] in YAML
    with pytest.raises(ConfigError) as caught:
        _section(tmp_path, YAML.replace(*change, 1))
    assert words in str(caught.value)
    assert caught.value.at is not None
    assert caught.value.at.line == line
