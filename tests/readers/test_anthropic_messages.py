from __future__ import annotations

from datetime import datetime
from typing import Any

from .conftest import Logs


def _body(message_id: str, **usage: Any) -> dict[str, Any]:
    return {"id": message_id, "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
            "content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn",
            "usage": {"input_tokens": 100, "output_tokens": 10, **usage}}  # fmt: skip


def test_cached_tokens_are_added_once(logs: Logs) -> None:
    logs.read([_body("msg_1", cache_read_input_tokens=1000, cache_creation_input_tokens=300,
                     cache_creation={"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 100})])  # fmt: skip
    (call,) = logs.calls()
    assert call["input_tokens"] == 1400
    assert call["cache_read_input_tokens"] == 1000
    assert call["cache_creation_input_tokens"] == 300
    assert call["cache_creation_1h_input_tokens"] == 100


def test_a_compaction_is_billed_and_an_advisor_is_another_model(logs: Logs) -> None:
    step = {"input_tokens": 5000, "output_tokens": 70, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 2}
    message = {"type": "message", "input_tokens": 100, "output_tokens": 10}
    logs.read([
        _body("msg_1", iterations=[{"type": "compaction", **step}, message]),
        _body("msg_2", iterations=[message, {"type": "advisor_message", "model": "claude-opus-4-8", **step}]),
    ])  # fmt: skip
    first, second = logs.calls()
    assert (first["input_tokens"], first["cache_read_input_tokens"], first["output_tokens"]) == (5142, 40, 80)
    assert (second["input_tokens"], second["cache_read_input_tokens"], second["output_tokens"]) == (100, 0, 10)


def test_the_time_is_the_envelopes_or_the_headers(logs: Logs) -> None:
    logs.read([
        {"request": {}, "response": _body("msg_1"), "timestamp": "2026-03-01T08:00:00+01:00"},
        {"request": {}, "response": _body("msg_2"), "response_headers": {"date": "Sun, 01 Mar 2026 08:00:10 GMT"}},
        {"request": {}, "response": _body("msg_3"), "response_headers": {"date": "Sun, 01 Mar 2026 08:00:10 GMT"},
         "duration_ms": 4000},
        {"request": {}, "response": _body("msg_4")},
    ])  # fmt: skip
    assert [call["started_at"] for call in logs.calls()] == [
        datetime(2026, 3, 1, 7, 0, 0),
        datetime(2026, 3, 1, 8, 0, 10),
        datetime(2026, 3, 1, 8, 0, 6),
        None,
    ]


def test_the_result_of_a_tool_is_history_and_not_the_question(logs: Logs) -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": "x" * 900}
    messages = [
        {"role": "user", "content": "How many?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "count", "input": {}}]},
        {"role": "user", "content": [result]},
    ]
    logs.read([{"request": {"messages": messages, "system": "Count."}, "response": _body("msg_1")}])
    (call,) = logs.calls()
    assert call["history_tokens"] > 90
    assert call["user_tokens"] == 1
    assert call["system_tokens"] + call["history_tokens"] + call["user_tokens"] == 100


def test_prefixes_are_shared_in_the_order_that_anthropic_caches(logs: Logs) -> None:
    def pair(message_id: str, question: str, tools: list[dict[str, str]]) -> dict[str, Any]:
        request = {"system": "s" * 2000, "messages": [{"role": "user", "content": question}], "tools": tools}
        return {"request": request, "response": _body(message_id)}

    logs.read([pair("msg_1", "One?", []), pair("msg_2", "Two?", []), pair("msg_3", "One?", [{"name": "t"}])])
    first, second, third = (call["prefix_hashes"] for call in logs.calls())
    assert first[:3] == second[:3]
    assert first[-1] != second[-1]
    assert third[0] != first[0]


def test_errors_by_status_and_by_word(logs: Logs) -> None:
    def failed(kind: str, **outside: Any) -> dict[str, Any]:
        error = {"type": "error", "error": {"type": kind, "message": "no"}, "request_id": "req"}
        return {"request": {"model": "claude-sonnet-4-5", "messages": []}, "response": error, **outside}

    logs.read([failed("rate_limit_error"), failed("overloaded_error", status=529), failed("timeout_error"),
               failed("invalid_request_error", status_code=400)])  # fmt: skip
    calls = logs.calls()
    assert [call["status"] for call in calls] == ["rate_limited", "error", "timeout", "error"]
    assert [call["http_status"] for call in calls] == [None, 529, None, 400]
    assert {call["request_model"] for call in calls} == {"claude-sonnet-4-5"}
    assert {call["input_tokens"] for call in calls} == {None}


def test_flattened_and_without_usage(logs: Logs) -> None:
    flat = {**_body("msg_1"), "messages": [{"role": "user", "content": "Hi"}], "system": "Be kind.", "max_tokens": 5}
    result = logs.read([flat, {**_body("msg_2"), "usage": None}])
    (call,) = logs.calls()
    assert call["request_hash"] is not None
    assert call["segment_basis"] == "estimated"
    assert [(problem.line, problem.reason) for problem in result.problems] == [(2, "no usage")]


def test_an_error_alone_is_no_call_but_is_named(logs: Logs) -> None:
    error = {"type": "error", "error": {"type": "api_error", "message": "no"}}
    result = logs.read([_body("msg_1"), error])
    assert [(problem.line, problem.reason) for problem in result.problems] == [
        (2, "an error without the request that met it")
    ]
