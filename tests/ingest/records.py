"""Records as providers write them, for logs that tests make up."""

from typing import Any


def chat(number: int, **changes: Any) -> dict[str, Any]:
    """The body of a chat completion: 10 tokens in and 1 out."""
    said = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1_790_000_000, "model": "gpt-4o"}
    return {**said, "usage": {"prompt_tokens": 10, "completion_tokens": 1}, "choices": [], **changes}
