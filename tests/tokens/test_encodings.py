"""Which models have a public tokenizer. Expected encodings: tiktoken/model.py, 0.14.0, and OpenAI's model pages."""

import pytest

from llmaudit.tokens import encoding_name


@pytest.mark.parametrize(
    "model",
    [
        *("gpt-4o", "gpt-4o-mini-2024-07-18", "gpt-4.1", "gpt-4.1-nano", "gpt-4.5-preview", "gpt-5", "gpt-5.1-codex"),
        *("o1", "o1-mini", "o3", "o3-pro-2025-06-10", "o4-mini", "chatgpt-4o-latest", "chatgpt-next"),
        *("openai/gpt-4o", "azure/gpt-4o", "azure/eu/gpt-4o-2024-08-06", "openrouter/openai/gpt-4o:extended"),
        *("ft:gpt-4o-mini-2024-07-18:acme::abc123", "openai/ft:gpt-4.1-mini-2025-04-14:acme:faq:x1", " GPT-4o "),
        "gpt-4.1-mini-2025-04-14.ft-0123456789abcdef",
    ],
)
def test_o200k(model: str) -> None:
    assert encoding_name("openai", model) == "o200k_base"
    assert encoding_name(None, model) == "o200k_base"


@pytest.mark.parametrize(
    "model",
    [
        *("gpt-4", "gpt-4-0613", "gpt-4-turbo", "gpt-4-32k", "gpt-3.5-turbo", "gpt-35-turbo-16k", "azure/gpt-35-turbo"),
        *("text-embedding-3-small", "text-embedding-3-large", "text-embedding-3-large-1", "text-embedding-ada-002"),
        *("ft:gpt-3.5-turbo-0125:acme::id", "ft:gpt-4-0613:acme::id", "text-completion-openai/davinci-002"),
    ],
)
def test_cl100k(model: str) -> None:
    assert encoding_name("openai", model) == "cl100k_base"


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("groq", "openai/gpt-oss-120b"),
        ("ollama", "gpt-oss:20b"),
        ("aws.bedrock", "openai.gpt-oss-120b-1:0"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1::foundation-model/openai.gpt-oss-20b-1:0"),
        ("fireworks_ai", "accounts/fireworks/models/gpt-oss-20b"),
        (None, "gpt-oss-safeguard-20b"),
    ],
)
def test_gpt_oss(provider: str | None, model: str) -> None:
    assert encoding_name(provider, model) == "o200k_harmony"


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-sonnet-4-5"),
        ("aws.bedrock", "anthropic.claude-opus-4-7-v1:0"),
        ("gcp.gemini", "gemini-2.5-pro"),
        ("mistral_ai", "mistral-large-latest"),
        ("groq", "llama-3.3-70b-versatile"),
        ("azure.ai.openai", "our-chat-deployment"),
        ("azure.ai.openai", "azure/prod-gpt-4o"),
        ("huggingface", "someone/gpt-4-x-alpaca"),
        (None, "someone/gpt-4-x-alpaca"),
        ("ollama", "gpt-4-alpaca"),
        ("openai", "text-davinci-003"),  # p50k_base is public and not packed
        ("openai", "whisper-1"),
        ("openai", "gpt-image-1"),
        ("openai", "gpt-6"),
        ("openai", ""),
    ],
)
def test_unknown_is_none(provider: str | None, model: str) -> None:
    assert encoding_name(provider, model) is None
