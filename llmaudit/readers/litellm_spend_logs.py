"""LiteLLM's SpendLogs table, exported as JSON, JSON lines or CSV.

Source: litellm 1.109.1 `proxy/schema.prisma` and `proxy/spend_tracking/spend_tracking_utils.py`, exports of litellm
1.106.2; read 2026-11-23. Columns that hold JSON arrive as objects or as text with JSON in it; both are read as text
here. Times are UTC, often without saying so. `request_id` is the `id` of the StandardLoggingPayload, so a call that is
exported both ways counts once. Cached tokens stand in `metadata.usage_object`, in older rows in
`metadata.additional_usage_values`.
"""

from llmaudit.readers.shape import ANY, MONEY, NUMBER, TEXT, Reader
from llmaudit.store import load_sql

READER = Reader(
    name="litellm-spend-logs",
    provider_name=None,
    recognised_by=({"request_id": ANY, "call_type": ANY, "spend": ANY, "startTime": ANY, "model": ANY},),
    columns={
        "request_id": TEXT,
        "litellm_call_id": TEXT,
        "call_type": TEXT,
        "api_key": TEXT,
        "cache_hit": TEXT,
        "startTime": TEXT,
        "endTime": TEXT,
        "completionStartTime": TEXT,
        "request_duration_ms": NUMBER,
        "model": TEXT,
        "model_group": TEXT,
        "custom_llm_provider": TEXT,
        "user": TEXT,
        "end_user": TEXT,
        "team_id": TEXT,
        "session_id": TEXT,
        "metadata": TEXT,
        "request_tags": TEXT,
        "spend": MONEY,
        "prompt_tokens": NUMBER,
        "completion_tokens": NUMBER,
        "messages": TEXT,
        "response": TEXT,
        "status": TEXT,
        "mcp_namespaced_tool_name": TEXT,
    },
    query=load_sql(__package__, "litellm_spend_logs"),
    documentation="https://github.com/BerriAI/litellm/blob/main/litellm/proxy/schema.prisma",
    tabular=True,
)
