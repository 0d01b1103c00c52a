"""Log records: request and response pairs with the providers' full bodies, and the rows of a LiteLLM proxy.

Shapes as recorded from gpt-4o, claude-sonnet-4-6 and litellm 1.106.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

from .calls import CLAUDE, GPT, OVERLOADED, RATE_LIMITED, TIMED_OUT, Call
from .litellm import row

_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FINGERPRINTS = ("fp_f38e8ce955", "fp_0ed4c1b2a7")
_OPENAI_ERRORS = {
    RATE_LIMITED: (
        "Rate limit reached for gpt-4o on tokens per min (TPM). Please try again in 1.2s.",
        "tokens",
        "rate_limit_exceeded",
    ),
    OVERLOADED: ("The engine is currently overloaded, please try again later.", "server_error", None),
}
_OPENAI_OTHER = ("The server had an error while processing your request. Sorry about that!", "server_error", None)
_ANTHROPIC_ERRORS = {
    RATE_LIMITED: ("rate_limit_error", "This request would exceed the rate limit of your organization.")
}
_ANTHROPIC_OTHER = ("api_error", "Internal server error")


def record(call: Call, draw: Random) -> Mapping[str, Any]:
    """The line of the log that says what happened in `call`. Ids are drawn, so records must be made in order."""
    if call.model not in (GPT, CLAUDE):
        return row(call, identity(draw, 22))
    openai = call.model == GPT
    if call.status == TIMED_OUT:
        response = None
    elif call.status != 200:
        response = _openai_error(call.status) if openai else _anthropic_error(call.status, draw)
    else:
        response = _completion(call, draw) if openai else _message(call, draw)
    first_token = {"time_to_first_token_ms": call.first_token_ms} if call.streamed and call.status == 200 else {}
    return {
        "timestamp": iso(call.started_at),
        "duration_ms": call.duration_ms,
        **first_token,
        "status": call.status,
        "attempt": call.attempt,
        **call.envelope,
        "request": call.request,
        "response": response,
    }


def iso(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def identity(draw: Random, length: int) -> str:
    """A random identifier of letters and digits."""
    return "".join(draw.choice(_BASE62) for _ in range(length))


def _completion(call: Call, draw: Random) -> dict[str, Any]:
    finish = "tool_calls" if "tool_calls" in call.answer else "stop"
    message = {**call.answer, "refusal": None, "annotations": []}
    return {
        "id": f"chatcmpl-{identity(draw, 29)}",
        "object": "chat.completion",
        "created": int(call.started_at.timestamp()),
        "model": call.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": call.prompt_tokens,
            "completion_tokens": call.output_tokens,
            "total_tokens": call.prompt_tokens + call.output_tokens,
            "prompt_tokens_details": {"cached_tokens": call.cached_tokens, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": draw.choice(_FINGERPRINTS),
    }


def _message(call: Call, draw: Random) -> dict[str, Any]:
    return {
        "id": f"msg_01{identity(draw, 22)}",
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": [{"type": "text", "text": call.answer["content"]}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": call.prompt_tokens - call.cached_tokens - call.written_tokens,
            "cache_creation_input_tokens": call.written_tokens,
            "cache_read_input_tokens": call.cached_tokens,
            "cache_creation": {"ephemeral_5m_input_tokens": call.written_tokens, "ephemeral_1h_input_tokens": 0},
            "output_tokens": call.output_tokens,
            "service_tier": "standard",
            "inference_geo": "global",
        },
    }


def _openai_error(status: int) -> dict[str, Any]:
    message, kind, code = _OPENAI_ERRORS.get(status, _OPENAI_OTHER)
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _anthropic_error(status: int, draw: Random) -> dict[str, Any]:
    kind, message = _ANTHROPIC_ERRORS.get(status, _ANTHROPIC_OTHER)
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": f"req_011{identity(draw, 21)}"}
