"""Anthropic Messages: bare bodies, request and response together (nested or in one object), batch results.

Source: docs.claude.com, API reference (messages, message batches, errors) and "Compaction", anthropic 2.12.0
`types/usage.py`, read 2026-11-23. Anthropic counts cached tokens beside `input_tokens`; the query adds them. A step
that compacted the conversation is billed and stands in `usage.iterations` only, so it is added too; an advisor's step
stands there as well, but runs on another model and is left out. A body says no time: the log around it may, or the HTTP
header `date`, which is when the answer was ready.
"""

from llmaudit.readers.claude_code import ANTHROPIC_USAGE
from llmaudit.readers.envelope import ENVELOPE
from llmaudit.readers.shape import ABSENT, ANY, BOOL, JSON, NUMBER, TEXT, Reader, Shape
from llmaudit.store import load_sql

_REQUEST: dict[str, Shape] = {
    "model": TEXT,
    "system": JSON,
    "messages": JSON,
    "tools": JSON,
    "tool_choice": JSON,
    "output_config": JSON,
    "thinking": JSON,
    "temperature": NUMBER,
    "top_p": NUMBER,
    "top_k": NUMBER,
    "max_tokens": NUMBER,
    "stop_sequences": JSON,
    "stream": BOOL,
    "metadata": JSON,
}
_BODY: dict[str, Shape] = {
    "id": TEXT,
    "type": TEXT,
    "model": TEXT,
    "content": JSON,
    "stop_reason": TEXT,
    "usage": {
        **ANTHROPIC_USAGE,
        "output_tokens_details": {"thinking_tokens": NUMBER, "reasoning_tokens": NUMBER},
        "iterations": [
            {
                "type": TEXT,
                "input_tokens": NUMBER,
                "output_tokens": NUMBER,
                "cache_creation_input_tokens": NUMBER,
                "cache_read_input_tokens": NUMBER,
                "cache_creation": {"ephemeral_1h_input_tokens": NUMBER},
            }
        ],
    },
    "error": JSON,
}

READER = Reader(
    name="anthropic-messages",
    provider_name="anthropic",
    recognised_by=(
        {"type": "message", "role": "assistant", "usage.input_tokens": ANY},
        {"response.type": "message", "response.usage.input_tokens": ANY, "call_type": ABSENT},
        {"request.messages": ANY, "response.type": "error", "response.error.type": ANY},
        {"custom_id": ANY, "result.type": frozenset({"succeeded", "errored", "canceled", "expired"})},
    ),
    columns={
        **_BODY,
        **_REQUEST,
        **ENVELOPE,
        "request": _REQUEST,
        "response": _BODY,
        "result": {"type": TEXT, "message": _BODY, "error": JSON},
    },
    query=load_sql(__package__, "anthropic_messages"),
    documentation="https://docs.claude.com/en/api/messages",
)
