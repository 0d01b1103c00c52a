"""LiteLLM's StandardLoggingPayload: what its callbacks write per attempt, one object per line or one pretty-printed.

Source: docs.litellm.ai/docs/proxy/logging_spec, litellm 1.109.1 `types/utils.py` and
`litellm_core_utils/litellm_logging.py`, output of litellm 1.106.2; read 2026-11-23. `prompt_tokens` includes cached
tokens for every provider; how many stands in `metadata.usage_object` only. `cache_hit` is LiteLLM's own response cache:
no model was called. `id` is the provider's response id for OpenAI, and so equals the one in the provider's own log; for
the others LiteLLM makes one. `response_time` is the time to the first token when streaming, so the duration is taken
from the two times.
"""

from llmaudit.readers.shape import ANY, BOOL, JSON, MONEY, NUMBER, TEXT, Reader, Shape
from llmaudit.store import load_sql

_USAGE: dict[str, Shape] = {
    "prompt_tokens": NUMBER,
    "completion_tokens": NUMBER,
    "cache_read_input_tokens": NUMBER,
    "cache_creation_input_tokens": NUMBER,
    "prompt_tokens_details": {
        "cached_tokens": NUMBER,
        "cache_creation_tokens": NUMBER,
        "cache_write_tokens": NUMBER,
        "cache_creation_token_details": {"ephemeral_1h_input_tokens": NUMBER},
    },
    "completion_tokens_details": {"reasoning_tokens": NUMBER},
    "service_tier": TEXT,
    "inference_geo": TEXT,
}

READER = Reader(
    name="litellm-standard-logging",
    provider_name=None,
    recognised_by=(
        {
            "call_type": ANY,
            "id": ANY,
            "startTime": ANY,
            "status": frozenset({"success", "failure"}),
            "metadata": ANY,
            "model": ANY,
        },
    ),
    columns={
        "id": TEXT,
        "litellm_call_id": TEXT,
        "trace_id": TEXT,
        "session_id": TEXT,
        "call_type": TEXT,
        "cache_hit": TEXT,
        "stream": BOOL,
        "status": TEXT,
        "custom_llm_provider": TEXT,
        "startTime": TEXT,
        "endTime": TEXT,
        "completionStartTime": TEXT,
        "response_time": NUMBER,
        "model": TEXT,
        "model_group": TEXT,
        "response_cost": MONEY,
        "prompt_tokens": NUMBER,
        "completion_tokens": NUMBER,
        "request_tags": [TEXT],
        "end_user": TEXT,
        "messages": JSON,
        "response": JSON,
        "model_parameters": JSON,
        "metadata": {
            "user_api_key_hash": TEXT,
            "user_api_key_alias": TEXT,
            "user_api_key_team_id": TEXT,
            "user_api_key_team_alias": TEXT,
            "user_api_key_end_user_id": TEXT,
            "user_api_key_user_id": TEXT,
            "requester_metadata": JSON,
            "spend_logs_metadata": JSON,
            "attempted_retries": NUMBER,
            "usage_object": _USAGE,
        },
        "error_information": {"error_code": TEXT, "error_class": TEXT},
    },
    query=load_sql(__package__, "litellm_standard_logging"),
    documentation="https://docs.litellm.ai/docs/proxy/logging_spec",
)
