"""What people put around a request and its response when they log both."""

from llmaudit.readers.shape import JSON, NUMBER, TEXT, Shape

ENVELOPE: dict[str, Shape] = {
    "custom_id": TEXT,
    "timestamp": TEXT,
    "started_at": TEXT,
    "status": JSON,
    "status_code": NUMBER,
    "duration_ms": NUMBER,
    "duration_seconds": NUMBER,
    "time_to_first_token_ms": NUMBER,
    "time_to_first_token_seconds": NUMBER,
    "attempt": NUMBER,
    "api_key": TEXT,
    "api_key_alias": TEXT,
    "project_id": TEXT,
    "conversation_id": TEXT,
    "session_id": TEXT,
    "feature": TEXT,
    "tier": TEXT,
    "environment": TEXT,
    "metadata": JSON,
    "tags": JSON,
    "response_headers": {"openai-processing-ms": NUMBER, "request-id": TEXT, "x-request-id": TEXT, "date": TEXT},
}
