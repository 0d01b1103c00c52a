"""OpenAI Responses: bare bodies, request and response together (nested or in one object), stream events, batch output.

Source: platform.openai.com/docs/api-reference/responses (object, streaming events) and …/batch/request-output, openai
3.54.0 `types/responses/{response,response_usage}.py`, read 2026-11-23. `input_tokens` includes cached and written
tokens and `output_tokens` includes reasoning. Of a stream only the last event is the call (`response.completed`,
`.incomplete`, `.failed`); the others carry the same id and no usage. With `previous_response_id` or a `conversation`
the provider holds the earlier turns: the log has only a part of the prompt, so nothing is shared out over it and no
prefix is named.
"""

from llmaudit.readers.envelope import ENVELOPE
from llmaudit.readers.shape import ABSENT, BOOL, JSON, NUMBER, TEXT, Reader, Shape
from llmaudit.store import load_sql

_REQUEST: dict[str, Shape] = {
    "model": TEXT,
    "input": JSON,
    "instructions": JSON,
    "tools": JSON,
    "tool_choice": JSON,
    "text": {"format": JSON, "verbosity": TEXT},
    "prompt": JSON,
    "reasoning": JSON,
    "temperature": NUMBER,
    "top_p": NUMBER,
    "max_output_tokens": NUMBER,
    "truncation": TEXT,
    "previous_response_id": TEXT,
    "conversation": JSON,
    "stream": BOOL,
    "user": TEXT,
    "safety_identifier": TEXT,
    "metadata": JSON,
}
_BODY: dict[str, Shape] = {
    "id": TEXT,
    "object": TEXT,
    "created_at": NUMBER,
    "model": TEXT,
    "status": TEXT,
    "service_tier": TEXT,
    "instructions": JSON,
    "tools": JSON,
    "temperature": NUMBER,
    "previous_response_id": TEXT,
    "conversation": JSON,
    "user": TEXT,
    "safety_identifier": TEXT,
    "metadata": JSON,
    "incomplete_details": {"reason": TEXT},
    "output": [{"type": TEXT, "content": JSON}],
    "usage": {
        "input_tokens": NUMBER,
        "output_tokens": NUMBER,
        "input_tokens_details": {"cached_tokens": NUMBER, "cache_write_tokens": NUMBER},
        "output_tokens_details": {"reasoning_tokens": NUMBER},
    },
    "error": JSON,
}

READER = Reader(
    name="openai-responses",
    provider_name="openai",
    recognised_by=(
        {"object": "response"},
        {"response.object": "response", "call_type": ABSENT},
        {"response.body.object": "response"},
    ),
    columns={
        **_BODY,
        **_REQUEST,
        **ENVELOPE,
        "type": TEXT,
        "request": _REQUEST,
        "response": {**_BODY, "status_code": NUMBER, "body": _BODY},
    },
    query=load_sql(__package__, "openai_responses"),
    documentation="https://platform.openai.com/docs/api-reference/responses/object",
)
