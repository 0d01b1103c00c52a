"""What the body of an answer says, whoever sent it and however it was cut into pieces."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.replay.http_timing.answer import Reading

Events = list[dict[str, Any]]

OPENAI: Events = [
    {"model": "gpt", "choices": [{"delta": {"role": "assistant", "content": ""}}], "usage": None},
    {"model": "gpt", "choices": [{"delta": {"content": "He said \"usage\": {"}}], "usage": None},
    {"model": "gpt", "choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 34}},
]  # fmt: skip
RESPONSES: Events = [
    {"type": "response.created", "response": {"model": "gpt", "usage": None}},
    {"type": "response.output_text.delta", "delta": "Hi"},
    {"type": "response.completed", "response": {"model": "gpt", "usage": {"input_tokens": 12, "output_tokens": 34}}},
]
ANTHROPIC: Events = [
    {"type": "message_start", "message": {"model": "claude", "usage": {"input_tokens": 12, "output_tokens": 1}}},
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "message_delta", "usage": {"output_tokens": 34}},
]
GEMINI: Events = [
    {"modelVersion": "gemini", "candidates": [{"content": {"parts": [{"text": ""}]}}]},
    {"modelVersion": "gemini", "candidates": [{"content": {"parts": [{"text": "Hi"}]}}]},
    {"usageMetadata": {"promptTokenCount": 12, "candidatesTokenCount": 34}},
]
OLLAMA: Events = [
    {"model": "llama", "message": {"role": "assistant", "content": ""}, "done": False},
    {"model": "llama", "message": {"role": "assistant", "content": "Hi"}, "done": False},
    {"model": "llama", "message": {"content": ""}, "done": True, "prompt_eval_count": 12, "eval_count": 34},
]
STREAMS: dict[str, tuple[Events, str]] = {
    "openai chat": (OPENAI, "data: "),
    "openai responses": (RESPONSES, "data: "),
    "anthropic": (ANTHROPIC, "data: "),
    "gemini": (GEMINI, "data: "),
    "ollama": (OLLAMA, ""),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_the_first_token_is_the_first_with_content(kind: str) -> None:
    """One event a second: the second of the three is the first with content."""
    events, prefix = STREAMS[kind]
    reading = Reading(streamed=True)
    for number, event in enumerate(events):
        reading.feed(f"{prefix}{json.dumps(event)}\n\n".encode(), number)
    reading.finish()
    assert (reading.first_token_ns, reading.input_tokens, reading.output_tokens) == (1, 12, 34)
    assert reading.model in ("gpt", "claude", "gemini", "llama")


@given(st.lists(st.integers(1, 400)), st.sampled_from(sorted(STREAMS)))
def test_however_the_stream_is_cut(cuts: list[int], kind: str) -> None:
    events, prefix = STREAMS[kind]
    sent = b"".join(f"event: x\r\n{prefix}{json.dumps(event)}\r\n\r\n".encode() for event in events) + b"data: [DONE]"
    edges = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    reading = Reading(streamed=True)
    for start, end in itertools.pairwise(edges):
        reading.feed(sent[start:end], end)
    reading.finish()
    second = sent.index(b"\n", sent.index(json.dumps(events[1]).encode()))
    assert reading.first_token_ns == next(edge for edge in edges if edge > second)
    assert (reading.input_tokens, reading.output_tokens) == (12, 34)


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        ({"data": [{"embedding": [0.1] * 9000}], "model": "e", "usage": {"prompt_tokens": 7}}, (7, None)),
        ({"model": "e", "content": [{"text": 'He said "usage": {"input_tokens": 9}'}],
          "usage": {"input_tokens": 7, "output_tokens": 8}}, (7, 8)),
        ({"model": "e", "response": "Hi", "done": True, "prompt_eval_count": 7, "eval_count": 8}, (7, 8)),
        ({"model": "e", "results": [{"index": 0, "relevance_score": 0.3}]}, (None, None)),
    ],
)  # fmt: skip
def test_a_whole_body(body: dict[str, Any], counts: tuple[int | None, int | None]) -> None:
    reading = Reading(streamed=False)
    reading.feed(json.dumps(body).encode(), 5)
    reading.finish()
    assert (reading.input_tokens, reading.output_tokens, reading.model) == (*counts, "e")
    assert reading.first_token_ns is None, "an answer that comes whole has no first token"


def test_what_is_not_json_says_nothing() -> None:
    reading = Reading(streamed=True)
    reading.feed(b'data: {broken\n\ndata: "text"\n\n<html>\n', 1)
    reading.finish()
    assert (reading.first_token_ns, reading.input_tokens, reading.model) == (None, None, None)
