"""Names as logs write them: what they are priced as, and which stay unpriced."""

import pytest

from tests.prices.conftest import At


@pytest.mark.parametrize(
    ("provider", "model", "priced_as"),
    [
        (None, "gpt-4o", "openai/gpt-4o"),
        (None, "openai/gpt-4o", "openai/gpt-4o"),
        ("openai", "gpt-4o-2024-08-06", "openai/gpt-4o"),
        ("openai", "gpt-5.2-20251211", "openai/gpt-5.2"),
        ("openai", "gpt-5-nano-2025-08-07", "openai/gpt-5-nano"),
        ("OpenAI", "GPT-4o", "openai/gpt-4o"),
        (None, "azure/gpt-4o", "openai/gpt-4o"),
        ("azure.ai.openai", "gpt-35-turbo", "openai/gpt-3.5-turbo"),
        ("azure.ai.inference", "openai/gpt-4o", "openai/gpt-4o"),
        ("litellm", "groq/llama-3.3-70b-versatile", "groq/llama-3.3-70b-versatile"),
        ("groq", "openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"),
        (None, "bedrock/anthropic.claude-3-haiku-20240307-v1:0", "aws/regional.anthropic.claude-3-haiku-20240307-v1:0"),
        (
            None,
            "bedrock/converse/us.anthropic.claude-3-haiku-20240307-v1:0",
            "aws/regional.anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (
            None,
            "us.anthropic.claude-sonnet-4-20250514-v1:0",
            "aws/regional.anthropic.claude-sonnet-4-20250514-v1:0",
        ),
        (
            "aws.bedrock",
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
            "aws/regional.anthropic.claude-3-haiku-20240307-v1:0",
        ),
        (
            "aws.bedrock",
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0",
            "aws/global.anthropic.claude-haiku-4-5-20251001-v1:0",
        ),
        (None, "models/gemini-2.5-flash", "google/gemini-2.5-flash"),
        (None, "gemini/gemini-2.5-flash", "google/gemini-2.5-flash"),
        ("gcp.gemini", "gemini-2.5-pro-preview-05-06", "google/gemini-2.5-pro"),
        (None, "vertex_ai/claude-sonnet-4-5@20250929", "google/claude-sonnet-4-5"),
        (None, "claude-sonnet-4-5@20250929", "google/claude-sonnet-4-5"),
        (
            "gcp.vertex_ai",
            "projects/p/locations/us-east5/publishers/anthropic/models/claude-haiku-4-5",
            "google/claude-haiku-4-5",
        ),
        (None, "claude-3-5-sonnet-latest", "anthropic/claude-3-5-sonnet"),
        ("anthropic", "claude-sonnet-4-5-20250929[1m]", "anthropic/claude-sonnet-4-5"),
        (None, "openrouter/anthropic/claude-sonnet-4", "openrouter/anthropic/claude-sonnet-4"),
        ("openrouter", "anthropic/claude-sonnet-4", "openrouter/anthropic/claude-sonnet-4"),
        ("openai", "ft:gpt-4o-mini-2024-07-18:org::id", "openai/ft:gpt-4o-mini"),
        (None, "ft:gpt-4.1-2025-04-14:org::id", "openai/ft:gpt-4.1"),
        ("x_ai", "grok-4", "x-ai/grok-4-0709"),
        ("gcp.gemini", "gemini-1.5-flash-8b-001", "google/gemini-flash-1.5-8b"),
        (None, "gemini-1.5-flash-8b", "google/gemini-flash-1.5-8b"),
    ],
)
def test_priced_as(at: At, provider: str | None, model: str, priced_as: str) -> None:
    assert {row.priced_as for row in at("2026-03-01", model, provider)} == {priced_as}


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-2099-totally-new"),
        ("anthropic", "claude-haiku-4-5-turbo"),
        ("anthropic", "claude-3-5-sonnet-v9-huge"),
        ("gcp.gemini", "gemini-3.8-flash-lite"),
        ("gcp.gemini", "gemini-2.0-flash-exp-image-generation"),
        ("openai", "ft:gpt-4-0613:org::id"),  # the book has only the base model's price
        ("openai", "ft:gpt-9:org::id"),
        ("azure.ai.openai", "azure/my-deployment"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcd1234"),
        ("ollama", "llama3"),
        ("vllm", "gpt-4o"),
        (None, "llama-3.3-70b-versatile"),  # many hosts sell it, no first party does
        (None, "glm-5.3"),
        ("openai", "whisper-1"),  # priced by the hour, which no call's tokens show
        (None, ""),
    ],
)
def test_stays_unpriced(at: At, provider: str | None, model: str) -> None:
    assert at("2026-03-01", model, provider) == []


def test_a_name_that_contradicts_the_log_is_believed_and_marked(at: At) -> None:
    (row, *_) = at("2026-03-01", "anthropic/claude-haiku-4-5", "openai")
    assert (row.priced_as, row.price_basis) == ("anthropic/claude-haiku-4-5", "fallback")


def test_another_sellers_list_is_a_fallback(at: At) -> None:
    (row,) = at("2026-03-01", "gpt-4o", "azure.ai.openai")
    assert row.price_basis == "fallback"
