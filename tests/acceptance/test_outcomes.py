"""How a call ended: the HTTP status decides, and a failure is a call without token counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .harness import chat, claude, counts, ingest, jsonl, query, totals

CHAT_URI = "https://api.openai.com/v1/chat/completions"
CLAUDE_URI = "https://api.anthropic.com/v1/messages"


def pair(status: int, response: object, model: str = "gpt-4o-mini", uri: str = CHAT_URI) -> dict[str, Any]:
    """One exchange as a logging proxy writes it."""
    return {
        "uri": uri,
        "method": "POST",
        "request": {"model": model, "messages": [{"role": "user", "content": "hello"}]},
        "status": status,
        "response_headers": {"content-type": "application/json"},
        "response": response,
    }


@pytest.mark.parametrize(
    ("http_status", "status"),
    [(400, "error"), (401, "error"), (408, "timeout"), (429, "rate_limited"), (500, "error"), (503, "error"),
     (504, "timeout"), (529, "error")],
)  # fmt: skip
def test_http_status_names_the_outcome(db: Path, logs: Path, http_status: int, status: str) -> None:
    error = {"error": {"message": "no", "type": "some_error", "code": "some_code"}}
    log = jsonl(logs / "calls.jsonl", [pair(200, chat("1", "gpt-4o-mini")), pair(http_status, error)])
    run = ingest(log, db=db)
    assert (run.code, run["calls_added"], run["unreadable"]) == (0, 2, 0)
    columns = "status, http_status, request_model, input_tokens, output_tokens"
    assert sorted(query(db, f"select {columns} from calls where status <> 'ok'")) == [
        (status, http_status, "gpt-4o-mini", None, None)
    ]
    assert totals(db).tokens == (100, 40, 0, 0, 10, 4)


def test_anthropic_overload_is_a_failed_call(db: Path, logs: Path) -> None:
    good = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [{"type": "text", "text": "ok"}],
        "stop_reason": "end_turn",
        "usage": {
            "input_tokens": 7,
            "cache_read_input_tokens": 1000,
            "cache_creation_input_tokens": 200,
            "cache_creation": {"ephemeral_5m_input_tokens": 120, "ephemeral_1h_input_tokens": 80},
            "output_tokens": 30,
            "service_tier": "standard",
        },
    }
    busy = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_9"}
    model = "claude-sonnet-4-5"
    log = jsonl(logs / "calls.jsonl", [pair(200, good, model, CLAUDE_URI), pair(529, busy, model, CLAUDE_URI)])
    run = ingest(log, db=db)
    assert run["calls_added"] == 2
    assert counts(db, "status") == {"ok": 1, "error": 1}
    assert counts(db, "provider_name") == {"anthropic": 2}
    assert totals(db).tokens == (1207, 1000, 200, 80, 30, 0)


def test_identical_failures_are_as_many_calls(db: Path, logs: Path) -> None:
    refused = pair(429, {"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}})
    log = jsonl(logs / "calls.jsonl", [refused, refused, pair(200, chat("1", "gpt-4o-mini")), refused])
    assert ingest(log, db=db)["calls_added"] == 4
    assert ingest(log, db=db)["calls_added"] == 0
    assert counts(db, "status") == {"ok": 1, "rate_limited": 3}


def test_failed_line_of_a_batch_is_a_failed_call(db: Path, logs: Path) -> None:
    done = {"status_code": 200, "request_id": "req_1", "body": chat("1", "gpt-4o-mini")}
    refused = {"status_code": 429, "request_id": "req_2", "body": {"error": {"message": "no", "type": "requests"}}}
    lines = [
        {"id": "batch_req_1", "custom_id": "a", "response": done, "error": None},
        {"id": "batch_req_2", "custom_id": "b", "response": refused, "error": None},
    ]
    run = ingest(jsonl(logs / "output.jsonl", lines), db=db)
    assert (run["calls_added"], run["unreadable"]) == (2, 0)
    assert counts(db, "status") == {"ok": 1, "rate_limited": 1}
    assert counts(db, "service_tier", "status = 'ok'") == {"batch": 1}


@pytest.mark.parametrize(("said", "stored"), [("default", "standard"), ("flex", "flex"), ("priority", "priority")])
def test_service_tier(db: Path, logs: Path, said: str, stored: str) -> None:
    ingest(jsonl(logs / "calls.jsonl", [chat("1", "gpt-5", service_tier=said)]), db=db)
    assert counts(db, "service_tier") == {stored: 1}


def test_absent_counts_stay_unknown(db: Path, logs: Path) -> None:
    bare = chat("1", "gpt-4o-mini", usage={"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15})
    ingest(jsonl(logs / "calls.jsonl", [bare]), db=db)
    columns = "input_tokens, output_tokens, cache_creation_1h_input_tokens, duration_seconds, reported_cost"
    assert query(db, f"select {columns} from calls") == [(12, 3, None, None, None)]


def test_only_the_synthetic_lines_of_a_session_are_skipped(db: Path, logs: Path) -> None:
    stamp = "2026-01-05T10:00:00.000Z"
    synthetic = claude("msg_s", 0, stamp)
    synthetic["message"]["model"] = "<synthetic>"
    lines = [
        {"type": "summary", "summary": "A session", "leafUuid": "x"},
        {"type": "user", "timestamp": stamp, "message": {"role": "user", "content": "hello"}},
        claude("msg_1", 3, stamp),
        synthetic,
        {"type": "file-history-snapshot", "messageId": "m", "snapshot": {}},
        claude("msg_1", 30, "2026-01-05T10:00:04.000Z"),
    ]
    run = ingest(jsonl(logs / "session.jsonl", lines), db=db)
    assert {key: run[key] for key in ("records", "calls_added", "duplicates", "skipped", "unreadable")} == {
        "records": 6,
        "calls_added": 1,
        "duplicates": 1,
        "skipped": 4,
        "unreadable": 0,
    }
    assert totals(db).tokens == (1205, 1000, 200, 50, 30, 0)
    assert totals(db).first == "2026-01-05T10:00:00.000Z"
