"""LiteLLM's two exports: the traps, and that a call told by both counts once."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from .conftest import Logs


def _payload(identity: str = "chatcmpl-1", **changes: Any) -> dict[str, Any]:
    return {
        "id": identity, "litellm_call_id": f"call-{identity}", "trace_id": "trace", "session_id": "",
        "call_type": "acompletion", "cache_hit": None, "stream": None, "status": "success",
        "custom_llm_provider": "openai", "startTime": 1792483200.25, "endTime": 1792483201.5,
        "completionStartTime": 1792483201.5, "response_time": 1.25, "model": "gpt-4o",
        "metadata": {"usage_object": {"prompt_tokens": 100, "prompt_tokens_details": None}}, "response_cost": 0.00035,
        "prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110, "request_tags": [], "messages": None,
        "response": {}, "model_parameters": {}, **changes,
    }  # fmt: skip


def _row(identity: str = "chatcmpl-1", **changes: Any) -> dict[str, Any]:
    return {
        "request_id": identity, "call_type": "acompletion", "api_key": "", "cache_hit": "None", "spend": 0.00035,
        "startTime": "2026-10-20 08:00:00.250000", "endTime": "2026-10-20 08:00:01.500000",
        "completionStartTime": "2026-10-20 08:00:01.500000", "model": "gpt-4o", "user": "", "team_id": "",
        "metadata": "{}", "prompt_tokens": 100, "completion_tokens": 10, "request_tags": "[]", "end_user": "",
        "custom_llm_provider": "openai", "session_id": "trace", "status": "success", "messages": "{}", "response": "{}",
        **changes,
    }  # fmt: skip


def test_both_exports_of_a_call_and_the_providers_own_body_are_one_call(logs: Logs) -> None:
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1792483200, "model": "gpt-4o", "choices": [],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10}}  # fmt: skip
    assert logs.read([_payload()], "standard.jsonl").calls_added == 1
    assert logs.read([_row()], "spend.jsonl").duplicates == 1
    assert logs.read([body], "openai.jsonl").duplicates == 1
    assert len(logs.calls()) == 1


def test_a_hit_in_litellms_cache_is_told_by_its_call_id(logs: Logs) -> None:
    hit = {"cache_hit": True, "litellm_call_id": "call-2", "response_cost": 0.0}
    row = {"cache_hit": "True", "metadata": json.dumps({"litellm_call_id": "call-2"}), "spend": 0.0}
    logs.read([_payload(), _payload("chatcmpl-1_cache_hit1792483205.1", **hit)], "standard.jsonl")
    assert logs.read([_row("chatcmpl-1_cache_hit1792483205.9", **row)], "spend.jsonl").duplicates == 1
    first, second = logs.calls()
    assert (first["response_cache_hit"], second["response_cache_hit"]) == (False, True)
    assert second["list_cost"] == Decimal(0)


@pytest.mark.parametrize("as_text", [True, False])
def test_cached_tokens_stand_in_the_metadata(logs: Logs, as_text: bool) -> None:
    usage = {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 40, "cache_creation_tokens": 30,
             "cache_creation_token_details": {"ephemeral_1h_input_tokens": 20}}}  # fmt: skip
    older = {"cache_read_input_tokens": 7, "cache_creation_input_tokens": 5}
    rows: list[dict[str, Any]] = [{"usage_object": usage}, {"additional_usage_values": older}, {}]
    logs.read([
        _row(str(number), metadata=json.dumps(metadata) if as_text else metadata)
        for number, metadata in enumerate(rows)
    ])  # fmt: skip
    columns = ("cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation_1h_input_tokens")
    found = [tuple(call[name] for name in columns) for call in logs.calls()]
    assert found == [(40, 30, 20), (7, 5, 0), (None, None, None)]


def test_times_with_a_zone_without_one_and_as_numbers(logs: Logs) -> None:
    logs.read([
        _row("a"), _row("b", startTime="2026-10-20 10:00:00.250000+02:00"), _row("c", startTime=1792483200.25),
        _row("d", startTime="2026-10-20T08:00:00.250Z"),
    ])  # fmt: skip
    assert {call["started_at"] for call in logs.calls()} == {datetime(2026, 10, 20, 8, 0, 0, 250000)}


def test_tags_of_a_name_keep_the_first_and_secrets_are_blotted_out(logs: Logs) -> None:
    secret = "sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAA"
    tags = ["feature:search", "feature:other", "beta", "url:https://a/b", secret, " x : y "]
    logs.read([_payload(request_tags=tags), _payload("chatcmpl-2", request_tags=None)])
    first, second = logs.calls()
    assert first["tags"] == {"feature": "search", "beta": "true", "url": "https://a/b", "[redacted]": "true", "x": "y"}
    assert second["tags"] is None


def test_providers_get_the_names_of_opentelemetry(logs: Logs) -> None:
    theirs = ["azure", "bedrock", "vertex_ai", "gemini", "mistral", "xai", "groq", "ollama", ""]
    logs.read([_payload(str(number), custom_llm_provider=name) for number, name in enumerate(theirs)])
    assert [call["provider_name"] for call in logs.calls()] == [
        "azure.ai.openai", "aws.bedrock", "gcp.vertex_ai", "gcp.gemini", "mistral_ai", "x_ai", "groq", "ollama", None,
    ]  # fmt: skip


def test_operations(logs: Logs) -> None:
    types = ["completion", "aresponses", "anthropic_messages", "aembedding", "atext_completion", "arerank"]
    logs.read([_payload(str(number), call_type=name) for number, name in enumerate(types)])
    operations = [call["operation_name"] for call in logs.calls()]
    assert operations == ["chat", "chat", "chat", "embeddings", "text_completion", "arerank"]


def test_a_failure_counts_no_tokens_and_says_why(logs: Logs) -> None:
    def failed(identity: str, code: str, kind: str) -> dict[str, Any]:
        return _payload(identity, status="failure", prompt_tokens=0, completion_tokens=0, response_cost=0.0,
                        error_information={"error_code": code, "error_class": kind})  # fmt: skip

    logs.read([failed("a", "429", "RateLimitError"), failed("b", "", "RateLimitError"), failed("c", "408", "Timeout"),
               failed("d", "500", "InternalServerError"), failed("e", "", "")])  # fmt: skip
    calls = logs.calls()
    assert [call["status"] for call in calls] == ["rate_limited", "rate_limited", "timeout", "error", "error"]
    assert [call["error_type"] for call in calls][-2:] == ["InternalServerError", "error"]
    assert {call["input_tokens"] for call in calls} == {None}
    assert {call["output_tokens"] for call in calls} == {None}
    assert {call["response_model"] for call in calls} == {None}


def test_redacted_messages_are_no_text(logs: Logs) -> None:
    redacted = [{"role": "user", "content": "redacted-by-litellm"}]
    logs.read([_payload(messages=redacted, response="redacted-by-litellm"),
               _payload("chatcmpl-2", messages="redacted-by-litellm")])  # fmt: skip
    for call in logs.calls():
        assert call["request_hash"] is None
        assert call["segment_basis"] is None


def test_one_pretty_printed_payload(logs: Logs) -> None:
    assert logs.read(json.dumps(_payload(), indent=2), "one.json").calls_added == 1


def test_a_tool_call_through_the_gateway_is_not_a_call_of_a_model(logs: Logs) -> None:
    result = logs.read([_row(), _row("b", call_type="call_mcp_tool", mcp_namespaced_tool_name="files/read", spend=0)])
    assert (result.calls_added, result.skipped) == (1, 1)


def test_a_csv_with_a_broken_metadata_cell_is_still_read(logs: Logs) -> None:
    header = "request_id,call_type,spend,startTime,model,prompt_tokens,completion_tokens,metadata,status\n"
    row = "r1,acompletion,0.1,2026-10-20 08:00:00,gpt-4o,5.0,6,{'python': 'dict'},success\n"
    assert logs.read(header + row, "spend.csv").calls_added == 1
    (call,) = logs.calls()
    assert (call["input_tokens"], call["cache_read_input_tokens"], call["reported_cost"]) == (5, None, Decimal("0.1"))


def test_words_for_nothing_and_json_in_json(logs: Logs) -> None:
    tags, metadata = json.dumps(json.dumps(["feature:search"])), json.dumps(json.dumps({"user_api_key_alias": "web"}))
    logs.read([_payload(cache_hit="None")], "standard.jsonl")
    logs.read([_row("b", cache_hit="", request_tags=tags, metadata=metadata)], "spend.jsonl")
    first, second = logs.calls()
    assert (first["response_cache_hit"], second["response_cache_hit"]) == (False, False)
    assert (second["tags"], second["api_key_id"]) == ({"feature": "search", "api_key_alias": "web"}, "web")


def test_a_count_of_a_wrong_type_is_named(logs: Logs) -> None:
    usage = {"usage_object": {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": "some"}}}
    result = logs.read([_payload(), _payload("b", prompt_tokens="many"), _payload("c", metadata=usage)])
    assert [(problem.line, problem.reason) for problem in result.problems] == [
        (2, "prompt_tokens is not a number"),
        (3, "metadata.usage_object.prompt_tokens_details.cached_tokens is not a number"),
    ]


def _attempt(identity: str, second: float, status: str = "failure", **changes: Any) -> dict[str, Any]:
    """A payload that begins that many seconds into the log and takes half a second."""
    start = 1792483200.0 + second
    return _payload(identity, startTime=start, endTime=start + 0.5, status=status, **changes)


def _attempts(logs: Logs) -> dict[str, Any]:
    return {call["call_id"].partition("/")[2]: call["attempt"] for call in logs.calls()}


def test_attempts_of_a_request_are_numbered_by_their_start(logs: Logs) -> None:
    other = {"model": "gpt-4o-mini", "model_group": "fallback"}
    logs.read([
        # Written in another order than they began; the third is the fallback, which another model answers.
        _attempt("second", 1), _attempt("third", 2, "success", **other), _attempt("first", 0),
        # An answer ends the request: the same question later in the trace is asked anew, and fails once.
        _attempt("again", 3), _attempt("again-2", 3.5, "success"),
        # Another trace, another question in the trace, and a call that ran beside a failing one are first attempts.
        _attempt("elsewhere", 1.5, trace_id="other"),
        _attempt("asked", 4, messages=[{"role": "user", "content": "x"}]),
        _attempt("beside", 10), _attempt("beside-2", 10.25),
    ])  # fmt: skip
    assert _attempts(logs) == {
        "first": 1, "second": 2, "third": 3, "again": 1, "again-2": 2, "elsewhere": 1, "asked": 1, "beside": 1,
        "beside-2": 1,
    }  # fmt: skip


def test_attempts_are_not_guessed(logs: Logs) -> None:
    said: dict[str, Any] = {"metadata": {"attempted_retries": 0}}
    without = [{k: v for k, v in _attempt(n, s).items() if k != "session_id"} for n, s in (("old", 0), ("old-2", 1))]
    logs.read([
        _attempt("a", 0, session_id="trace"), _attempt("a-2", 1, session_id="trace"), *without,
        _attempt("b", 2, **said), _attempt("b-2", 3, **said), _attempt("c", 4, trace_id=None),
        _attempt("c-2", 5, trace_id=None), _attempt("d", 6, metadata={"attempted_retries": 4}),
    ])  # fmt: skip
    assert {name for name, attempt in _attempts(logs).items() if attempt != 1} == {"d"}
    assert _attempts(logs)["d"] == 5


def test_attempts_are_the_same_when_the_log_has_grown(logs: Logs) -> None:
    payloads = [_attempt("a", 0), _attempt("b", 1), _attempt("c", 2, "success"), _attempt("d", 3, "success")]
    logs.read(payloads[:2], "log.jsonl")
    logs.read(payloads, "log.jsonl")
    assert _attempts(logs) == {"a": 1, "b": 2, "c": 3, "d": 1}


def test_the_line_of_an_unreadable_payload_is_right_beside_numbered_ones(logs: Logs) -> None:
    broken = _attempt("broken", 5, "success", prompt_tokens=None)
    result = logs.read([_attempt("b", 1), _attempt("a", 0), broken, _attempt("c", 2)])
    assert [(problem.line, problem.reason) for problem in result.problems] == [(3, "no usage")]
