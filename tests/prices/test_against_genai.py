"""The compiled rates against the library's own calculator, an independent one: models x days x token mixes."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price

from llmaudit.prices import PriceOverrides, Rate, Use, rates

MODELS = [
    *(
        ("openai", "openai", name)
        for name in ("gpt-4o", "gpt-4o-2024-05-13", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-nano", "o3")
    ),
    *(
        ("openai", "openai", name)
        for name in ("o4-mini", "o1-pro", "gpt-5", "gpt-5-mini-2025-08-07", "gpt-5.4", "gpt-5.5-pro")
    ),
    *(
        ("openai", "openai", name)
        for name in ("gpt-5.6-luna", "gpt-5.6-sol", "gpt-6-astra", "gpt-6.1-terra", "gpt-3.5-turbo")
    ),
    *(
        ("anthropic", "anthropic", name)
        for name in ("claude-3-5-haiku-20241022", "claude-3-opus-20240229", "claude-sonnet-5-5")
    ),
    *(
        ("anthropic", "anthropic", name)
        for name in ("claude-opus-4-6", "claude-sonnet-4-5-20250929", "claude-haiku-5-5")
    ),
    *(
        ("anthropic", "anthropic", name)
        for name in ("claude-sonnet-4-6", "claude-opus-4-1-20250805", "claude-fable-5-2")
    ),
    *(
        ("gcp.gemini", "google", name)
        for name in ("gemini-2.5-pro", "gemini-2.5-flash", "gemini-3.8-flash", "gemini-4-argon")
    ),
    *(("gcp.gemini", "google", name) for name in ("gemini-2.0-flash-001", "gemini-3-pro-preview", "gemini-3.6-flash")),
    *(
        ("gcp.vertex_ai", "google", name)
        for name in ("claude-sonnet-4-5@20250929", "claude-haiku-5-5", "gemini-2.5-pro")
    ),
    *(("mistral_ai", "mistral", name) for name in ("mistral-large-4", "ministral-8b-latest", "mistral-small-latest")),
    *(("groq", "groq", name) for name in ("openai/gpt-oss-120b", "llama-3.3-70b-versatile")),
    *(("x_ai", "x-ai", name) for name in ("grok-4.20", "grok-4.3", "grok-3-mini", "grok-4.7")),
    *(
        ("deepseek", "deepseek", name)
        for name in ("deepseek-chat", "deepseek-reasoner", "deepseek-flash", "deepseek-v4-pro")
    ),
    *(("perplexity", "perplexity", name) for name in ("sonar", "sonar-pro")),
    ("aws.bedrock", "aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("aws.bedrock", "aws", "global.openai.gpt-5.6-sol"),
    ("aws.bedrock", "aws", "amazon.nova-lite-v1:0"),
    ("azure.ai.openai", "azure", "gpt-4o"),
    ("openrouter", "openrouter", "openai/gpt-4o"),
    ("openrouter", "openrouter", "anthropic/claude-sonnet-4.5"),
]
INSTANTS = [
    datetime(2025, 3, 1, 12, tzinfo=UTC),
    datetime(2025, 6, 9, 23, 59, 59, tzinfo=UTC),
    datetime(2025, 6, 10, 0, 0, 0, tzinfo=UTC),
    datetime(2026, 3, 12, 0, 29, 59, tzinfo=UTC),
    datetime(2026, 8, 22, 2, tzinfo=UTC),
    datetime(2026, 10, 31, 6, 30, tzinfo=UTC),
    datetime(2026, 11, 20, 16, 30, tzinfo=UTC),
    datetime(2027, 1, 2, 9, 59, 59, tzinfo=UTC),
]
# input (all of it), cache read, cache write (all of it), the part of it kept an hour, output
MIXES = [
    (1_000, 0, 0, 0, 500),
    (100_000, 0, 0, 0, 1),
    (100_001, 60_000, 10_000, 0, 7),
    (200_000, 199_000, 0, 0, 3),
    (200_001, 100_000, 5_000, 2_000, 13),
    (272_001, 272_000, 0, 0, 4_096),
]
CONTEXTS = {
    "standard": None,
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
}


def cost(rows: list[Rate], instant: datetime, mix: tuple[int, int, int, int, int]) -> Decimal | None:
    """What our rows make of a call; None where a meter that it used has no price."""
    total, read, written, hour, output = mix
    second = instant.hour * 3600 + instant.minute * 60 + instant.second
    fitting = [
        row
        for row in rows
        if row.from_second_of_day <= second < row.to_second_of_day
        and row.over_input_tokens < total <= row.up_to_input_tokens
    ]
    assert len(fitting) == 1
    (row,) = fitting
    used = [
        (total - read - written, row.list_input),
        (read, row.list_cache_read),
        (written - hour, row.list_cache_write),
        (hour, row.list_cache_write_1h),
        (output, row.list_output),
    ]
    if any(tokens and price is None for tokens, price in used):
        return None
    return sum((tokens * price for tokens, price in used if price is not None), row.list_call or Decimal(0))


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
def test_the_same_cost_as_the_library(instant: datetime) -> None:
    compared = 0
    moment = int(instant.timestamp()) * 1_000_000
    for provider, book, model in MODELS:
        # Later batch and tier prices are the book's own; before these days ours come from the overlay.
        tiers = CONTEXTS if instant.year == 2027 or instant.date().isoformat() > "2026-10-29" else {"standard": None}
        for tier, context in tiers.items():
            rows = rates([Use(provider, model, tier, None, moment, moment)], PriceOverrides())
            if not rows and tier != "standard":
                continue
            if any(row.source_date for row in rows):  # from the overlay, which is there to differ
                assert tier != "standard" or model == "deepseek-v4-pro"
                continue
            for mix in MIXES:
                ours = cost(rows, instant, mix)
                if ours is None:
                    continue
                total, read, written, hour, output = mix
                usage = Usage(
                    input_tokens=total,
                    cache_read_tokens=read,
                    cache_write_tokens=written,
                    cache_write_1h_tokens=hour,
                    output_tokens=output,
                )
                theirs = calc_price(
                    usage, model, provider_id=book, genai_request_timestamp=instant, price_context=context
                )
                assert ours == theirs.total_price, (model, tier, mix)
                compared += 1
    assert compared > 200


def test_every_model_is_compared_at_standard_prices() -> None:
    priced = {
        model
        for provider, _, model in MODELS
        if rates([Use(provider, model, "standard", None, 0, 2 * 10**15)], PriceOverrides())
    }
    assert priced == {model for _, _, model in MODELS}
