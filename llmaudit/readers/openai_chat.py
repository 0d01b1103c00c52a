"""OpenAI chat completions: bare bodies, request and response together (nested or in one object), batch output.

Source: platform.openai.com/docs/api-reference/chat/object and …/batch/request-output, openai 3.54.0
`types/completion_usage.py`, read 2026-11-23. `prompt_tokens` includes cached tokens and `completion_tokens` includes
reasoning. A batch output line says nowhere "batch" but in its envelope. A body has no latency: the envelope may.
"""

from llmaudit.readers.envelope import ENVELOPE
from llmaudit.readers.shape import ABSENT, ANY, BOOL, JSON, NUMBER, TEXT, Reader, Shape
from llmaudit.store import load_sql

_REQUEST: dict[str, Shape] = {
    "model": TEXT,
    "messages": JSON,
    "tools": JSON,
    "functions": JSON,
    "tool_choice": JSON,
    "response_format": JSON,
    "temperature": NUMBER,
    "top_p": NUMBER,
    "max_tokens": NUMBER,
    "max_completion_tokens": NUMBER,
    "stop": JSON,
    "n": NUMBER,
    "seed": NUMBER,
    "logit_bias": JSON,
    "presence_penalty": NUMBER,
    "frequency_penalty": NUMBER,
    "reasoning_effort": TEXT,
    "stream": BOOL,
    "user": TEXT,
    "safety_identifier": TEXT,
    "metadata": JSON,
}
_BODY: dict[str, Shape] = {
    "id": TEXT,
    "object": TEXT,
    "created": NUMBER,
    "model": TEXT,
    "service_tier": TEXT,
    "choices": [{"finish_reason": TEXT, "message": {"content": JSON}}],
    "usage": {
        "prompt_tokens": NUMBER,
        "completion_tokens": NUMBER,
        "prompt_tokens_details": {"cached_tokens": NUMBER, "cache_write_tokens": NUMBER},
        "completion_tokens_details": {"reasoning_tokens": NUMBER},
    },
    "error": JSON,
}

READER = Reader(
    name="openai-chat",
    provider_name="openai",
    recognised_by=(
        {"object": frozenset({"chat.completion", "chat.completion.chunk"})},
        {"response.object": "chat.completion", "call_type": ABSENT},
        {"response.body.object": "chat.completion"},
        {"request.messages": ANY, "response.choices": ANY, "call_type": ABSENT},
    ),
    columns={
        **ENVELOPE,
        **_REQUEST,
        **_BODY,
        "request": _REQUEST,
        "response": {**_BODY, "status_code": NUMBER, "body": _BODY},
    },
    query=load_sql(__package__, "openai_chat"),
    documentation="https://platform.openai.com/docs/api-reference/chat/object",
)
