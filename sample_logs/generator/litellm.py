"""A row of LiteLLM's StandardLoggingPayload, as its proxy writes it for Gemini (shape of litellm 1.106.2)."""

from __future__ import annotations

import hashlib
import json
import uuid
from decimal import Decimal
from typing import Any

from .calls import Call

# SOURCE: genai-prices 0.2.3, google gemini-2.5-flash, text, USD per million tokens; read 2026-11-23.
INPUT_PRICE, OUTPUT_PRICE = Decimal("0.30"), Decimal("2.50")
_MILLION = Decimal(1_000_000)
_ALIAS = "batch-summaries"
_NO_METADATA = [
    "user_api_key_spend",
    "user_api_key_max_budget",
    "user_api_key_org_id",
    "user_api_key_user_id",
    "user_api_key_user_email",
    "spend_logs_metadata",
    "requester_ip_address",
    "requester_metadata",
    "prompt_management_metadata",
    "mcp_tool_call_metadata",
    "vector_store_request_metadata",
    "requester_custom_headers",
    "cold_storage_object_key",
    "user_api_key_auth_metadata",
]
_CODES = {429: "RateLimitError", 500: "InternalServerError", 408: "Timeout"}


def cost(call: Call) -> tuple[Decimal, Decimal]:
    """Dollars for the input and for the output; nothing for a call without an answer."""
    if call.status != 200:
        return Decimal(0), Decimal(0)
    return INPUT_PRICE * call.prompt_tokens / _MILLION, OUTPUT_PRICE * call.output_tokens / _MILLION


def row(call: Call, identity: str) -> dict[str, Any]:
    """The payload; times are seconds since 1970, and attempts of one request share the trace."""
    answered = call.status == 200
    # A trace belongs to the request: hashing it gives all attempts the same one.
    trace = str(uuid.UUID(bytes=hashlib.blake2b(json.dumps(call.request).encode(), digest_size=16).digest(), version=4))
    seed = hashlib.blake2b(identity.encode(), digest_size=16).digest()
    started, ended = call.started_at.timestamp(), call.ended_at.timestamp()
    into, out = cost(call)
    usage = _usage(call) if answered else {}
    failure = "" if answered else f"litellm.{_CODES[call.status]}: GeminiException - the request failed"
    return {
        "id": identity,
        "litellm_call_id": str(uuid.UUID(bytes=seed, version=4)),
        "trace_id": trace,
        "session_id": "",
        "call_type": "acompletion",
        "cache_hit": None if answered else False,
        "stream": None,
        "status": "success" if answered else "failure",
        "status_fields": {"llm_api_status": "success" if answered else "failure", "guardrail_status": "not_run"},
        "custom_llm_provider": "gemini",
        "saved_cache_cost": 0.0,
        "startTime": started,
        "endTime": ended,
        "completionStartTime": ended,
        "response_time": call.duration_ms / 1000,
        "model": call.model,
        "metadata": {
            "user_api_key_hash": hashlib.sha256(_ALIAS.encode()).hexdigest(),
            "user_api_key_alias": _ALIAS,
            "user_api_key_team_id": "team-insights",
            "user_api_key_team_alias": "insights",
            "user_api_key_end_user_id": call.envelope["end_user"],
            "user_api_key_request_route": "/v1/chat/completions",
            **dict.fromkeys(_NO_METADATA),
            "applied_guardrails": [],
            "usage_object": usage,
        },
        "cache_key": None,
        "response_cost": float(into + out),
        "cost_breakdown": _breakdown(into, out) if answered else None,
        "total_tokens": usage.get("total_tokens", 0),
        "prompt_tokens": usage.get("prompt_tokens", 0),
        "completion_tokens": usage.get("completion_tokens", 0),
        "request_tags": ["feature:summaries"],
        "end_user": call.envelope["end_user"],
        "api_base": "https://generativelanguage.googleapis.com",
        "model_group": "ticket-summaries",
        "model_id": "",
        "requester_ip_address": None,
        "user_agent": None,
        "messages": call.request["messages"],
        "response": _response(call, identity, usage) if answered else {},
        "model_parameters": {key: call.request[key] for key in ("temperature", "max_tokens")},
        "hidden_params": {"litellm_model_name": f"gemini/{call.model}", "response_cost": float(into + out)},
        "error_str": failure or None,
        "error_information": {
            "error_code": "" if answered else str(call.status),
            "error_class": _CODES.get(call.status, ""),
            "llm_provider": "" if answered else "gemini",
            "traceback": "",
            "error_message": failure,
        },
        "guardrail_information": None,
        "standard_built_in_tools_params": {"web_search_options": None, "file_search": None},
    }


def _usage(call: Call) -> dict[str, Any]:
    return {
        "completion_tokens": call.output_tokens,
        "prompt_tokens": call.prompt_tokens,
        "total_tokens": call.prompt_tokens + call.output_tokens,
        "completion_tokens_details": {"reasoning_tokens": 0, "text_tokens": call.output_tokens},
        "prompt_tokens_details": {"audio_tokens": None, "cached_tokens": None, "text_tokens": call.prompt_tokens},
    }


def _breakdown(into: Decimal, out: Decimal) -> dict[str, Any]:
    total = float(into + out)
    return {
        "input_cost": float(into),
        "output_cost": float(out),
        "total_cost": total,
        "tool_usage_cost": 0.0,
        "original_cost": total,
        "discount_percent": 0.0,
        "discount_amount": 0.0,
    }


def _response(call: Call, identity: str, usage: dict[str, Any]) -> dict[str, Any]:
    choice = {
        "finish_reason": "stop",
        "index": 0,
        "message": {**call.answer, "tool_calls": None, "function_call": None},
    }
    return {
        "id": identity,
        "created": int(call.ended_at.timestamp()),
        "model": call.model,
        "object": "chat.completion",
        "system_fingerprint": None,
        "choices": [choice],
        "usage": usage,
    }
