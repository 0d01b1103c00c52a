from __future__ import annotations

from typing import Any

from .conftest import Logs

USAGE = {"input_tokens": 1000, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 10}


def _pair(response_id: str, **request: Any) -> dict[str, Any]:
    body = {"id": response_id, "object": "response", "created_at": 1792483200.5, "status": "completed",
            "model": "gpt-5", "usage": USAGE, "output": []}  # fmt: skip
    return {"request": {"model": "gpt-5", "input": "Hi", **request}, "response": body}


def test_only_the_last_event_of_a_stream_is_a_call(logs: Logs) -> None:
    body = _pair("resp_1")["response"]
    begun = {**body, "usage": None, "status": "in_progress"}
    events = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {"type": "response.output_item.added", "item": {"type": "message"}},
        {"type": "response.completed", "response": body},
    ]
    result = logs.read(events)
    assert (result.calls_added, result.skipped, result.unreadable) == (1, 3, 0)
    assert result.skipped_reasons == {"an event within a stream": 3}


def test_request_hash_knows_what_decides_the_answer(logs: Logs) -> None:
    logs.read([
        _pair("resp_1"),
        _pair("resp_2"),
        _pair("resp_3", previous_response_id="resp_1"),
        _pair("resp_4", instructions="Be brief."),
        _pair("resp_5", temperature=0.5),
        _pair("resp_6", reasoning={"effort": "high"}),
        _pair("resp_7", text={"verbosity": "low"}),
        _pair("resp_8", metadata={"a": "b"}, safety_identifier="u-1"),
    ])  # fmt: skip
    hashes = [call["request_hash"] for call in logs.calls()]
    assert None not in hashes
    assert len(set(hashes)) == 6
    assert hashes[0] == hashes[1] == hashes[7]


def test_a_prompt_that_the_provider_holds_has_no_segments(logs: Logs) -> None:
    logs.read([_pair("resp_1"), _pair("resp_2", previous_response_id="resp_1"), _pair("resp_3", conversation="conv_1"),
               _pair("resp_4", conversation={"id": "conv_1"})])  # fmt: skip
    calls = logs.calls()
    assert [call["user_tokens"] for call in calls] == [1000, None, None, None]
    assert [call["prefix_hashes"] is None for call in calls] == [False, True, True, True]
    assert [call["conversation_id"] for call in calls] == [None, "resp_1", "conv_1", "conv_1"]


def test_segments_add_up_to_the_input(logs: Logs) -> None:
    items = [
        {"role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]},
        {"role": "user", "content": "What time is it?"},
        {"type": "function_call", "call_id": "c", "name": "clock", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "noon"},
    ]
    tools = [{"type": "function", "name": "clock"}]
    logs.read([_pair("resp_1", input=items, instructions="You know the time.", tools=tools)])
    (call,) = logs.calls()
    segments = [call[f"{name}_tokens"] for name in ("system", "tool_definition", "history", "context", "user")]
    assert sum(segments) == 1000
    assert all(part > 0 for part in (segments[0], segments[1], segments[2], segments[4]))
    # The tool call and its result are 115 bytes of history and the question 18, quotes and line break included.
    assert segments[2] > 5 * segments[4]


def test_one_object_with_request_and_response_fields(logs: Logs) -> None:
    asked = {"model": "gpt-5", "input": [{"role": "user", "content": "Hi"}], "instructions": "Be brief."}
    told = {"id": "resp_1", "object": "response", "created_at": 1792483200, "status": "completed", "usage": USAGE}
    logs.read([{**asked, **told, "output": [], "user": "u-1", "duration_seconds": 2.5}])
    (call,) = logs.calls()
    assert (call["call_id"], call["request_model"], call["status"]) == ("openai/resp_1", "gpt-5", "ok")
    assert (call["user_id"], call["duration_seconds"], call["http_status"]) == ("u-1", 2.5, None)
    assert call["request_hash"] is not None


def test_batch_output(logs: Logs) -> None:
    body = _pair("resp_1")["response"]
    logs.read([{"id": "b", "custom_id": "1", "response": {"status_code": 200, "body": body}, "error": None}])
    (call,) = logs.calls()
    assert (call["call_id"], call["service_tier"], call["http_status"]) == ("openai/resp_1", "batch", 200)


def test_a_cancelled_response_and_a_timeout(logs: Logs) -> None:
    cancelled = {**_pair("resp_1"), "response": {**_pair("resp_1")["response"], "status": "cancelled", "usage": None}}
    timeout = {"request": {"model": "gpt-5", "input": "Hi"}, "response": None, "status": 504}
    result = logs.read([_pair("resp_0"), cancelled, timeout])
    assert result.unreadable == 0
    assert [call["status"] for call in logs.calls()] == ["ok", "cancelled", "timeout"]


def test_a_chat_completion_among_responses_is_read_as_one(logs: Logs) -> None:
    chat = {"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o", "choices": [],
            "usage": {"prompt_tokens": 5, "completion_tokens": 6}}  # fmt: skip
    result = logs.read([_pair("resp_1"), {"request": {"messages": []}, "response": chat}])
    assert (result.calls_added, result.unreadable) == (2, 0)
    assert {name: counts.calls for name, counts in result.formats.items()} == {"openai-responses": 1, "openai-chat": 1}
