"""Service tiers, regions, caches and long inputs: figures copied from the providers' pages, USD per million tokens."""

from decimal import Decimal

import pytest

from llmaudit.prices import Rate
from tests.prices.conftest import At


def figures(row: Rate) -> list[str | None]:
    """input, cache read, cache write, 1-hour cache write, output: list prices per million tokens."""
    prices = [row.list_input, row.list_cache_read, row.list_cache_write, row.list_cache_write_1h, row.list_output]
    return [None if price is None else format((price * 1_000_000).normalize(), "f") for price in prices]


@pytest.mark.parametrize(
    ("day", "provider", "model", "tier", "expected"),
    [
        # OpenAI: batch is half; before the gpt-5 models a cached token costs what any batch token costs
        ("2025-06-01", "openai", "gpt-4o", "batch", ["1.25", "1.25", "1.25", "1.25", "5"]),
        ("2025-06-01", "openai", "gpt-4.1", "batch", ["1", "1", "1", "1", "4"]),
        ("2025-06-01", "openai", "o3", "batch", ["5", "5", "5", "5", "20"]),
        ("2025-07-01", "openai", "o3", "batch", ["1", "1", "1", "1", "4"]),
        ("2025-09-01", "openai", "gpt-5", "batch", ["0.625", "0.0625", "0.625", "0.625", "5"]),
        ("2025-09-01", "openai", "gpt-3.5-turbo-1106", "batch", ["1", "1", "1", "1", "2"]),
        ("2025-09-01", "openai", "text-embedding-3-small", "batch", ["0.01", "0.01", "0.01", "0.01", None]),
        # OpenAI flex: batch rates, caching on top
        ("2025-05-01", "openai", "o3", "flex", ["5", "0.25", "5", "5", "20"]),
        ("2025-09-01", "openai", "o4-mini", "flex", ["0.55", "0.138", "0.55", "0.55", "2.2"]),
        ("2025-09-01", "openai", "gpt-5-mini", "flex", ["0.125", "0.0125", "0.125", "0.125", "1"]),
        # OpenAI priority
        ("2025-09-01", "openai", "gpt-4o", "priority", ["4.25", "2.125", "4.25", "4.25", "17"]),
        ("2025-09-01", "openai", "gpt-5-mini", "priority", ["0.45", "0.045", "0.45", "0.45", "3.6"]),
        ("2026-07-29", "openai", "gpt-5.6-luna", "priority", ["2", "0.2", "2.5", None, "12"]),
        # Anthropic: batch halves everything, caches too
        ("2025-03-01", "anthropic", "claude-3-5-sonnet-20241022", "batch", ["1.5", "0.15", "1.875", "3", "7.5"]),
        ("2025-12-01", "anthropic", "claude-haiku-4-5", "batch", ["0.5", "0.05", "0.625", "1", "2.5"]),
        # Gemini: the cache discount stays what it is
        ("2025-09-01", "gcp.gemini", "gemini-2.5-flash", "batch", ["0.15", "0.03", "0.15", "0.15", "1.25"]),
        ("2026-09-01", "gcp.gemini", "gemini-3.8-flash", "priority", ["1.35", "0.135", "1.35", "1.35", "6.75"]),
        ("2026-09-01", "gcp.gemini", "gemini-2.5-flash", "flex", ["0.15", "0.03", "0.15", "0.15", "1.25"]),
        # Groq: batch and cache do not stack; Mistral, Azure and Bedrock
        ("2026-09-01", "groq", "openai/gpt-oss-120b", "batch", ["0.075", "0.075", "0.075", "0.075", "0.3"]),
        ("2026-09-01", "mistral_ai", "mistral-medium-2505", "batch", ["0.2", "0.02", "0.2", "0.2", "1"]),
        ("2026-09-01", "azure.ai.openai", "gpt-4o", "batch", ["1.25", None, None, None, "5"]),
        (
            "2026-09-01",
            "aws.bedrock",
            "anthropic.claude-3-5-sonnet-20240620-v1:0",
            "batch",
            ["1.5", None, None, None, "7.5"],
        ),
    ],
)
def test_before_the_book_knew_tiers(
    at: At, day: str, provider: str, model: str, tier: str, expected: list[str | None]
) -> None:
    row = at(day, model, provider, tier)[0]
    assert figures(row) == expected
    assert row.price_basis == ("fallback" if provider.startswith("azure") else "exact")
    assert row.source_date is not None


@pytest.mark.parametrize(
    ("provider", "model", "tier"),
    [
        ("openai", "gpt-4o", "flex"),
        ("openai", "o1", "priority"),
        ("openai", "ft:gpt-4o-2024-08-06:org::id", "batch"),
        ("anthropic", "claude-sonnet-4-5", "priority"),
        ("anthropic", "claude-sonnet-4-5", "flex"),
        ("anthropic", "claude-3-sonnet-20240229", "batch"),
        ("x_ai", "grok-4.3", "batch"),
        ("deepseek", "deepseek-chat", "batch"),
        ("openai", "gpt-4o", "scale"),
    ],
)
def test_a_tier_without_a_documented_price_has_no_row(at: At, provider: str, model: str, tier: str) -> None:
    assert at("2026-09-01", model, provider, tier) == []


def test_groq_flex_is_billed_like_standard(at: At) -> None:
    (row,) = at("2026-09-01", "llama-3.3-70b-versatile", "groq", "flex")
    assert (figures(row)[0], figures(row)[4], row.price_basis) == ("0.59", "0.79", "fallback")


def test_the_books_own_tier_prices_replace_the_overlay_on_their_day(at: At) -> None:
    # gpt-4.1: from 2026-10-14 the book leaves a cached batch token at the standard cached rate
    assert figures(at("2026-10-13", "gpt-4.1", "openai", "batch")[0])[:2] == ["1", "1"]
    assert figures(at("2026-10-14", "gpt-4.1", "openai", "batch")[0])[:2] == ["1", "0.5"]


def test_long_input_is_a_cliff(at: At) -> None:
    below, above = at("2026-09-01", "gemini-2.5-pro", "gcp.gemini")
    assert (below.over_input_tokens, below.up_to_input_tokens) == (-1, 200_000)
    assert (above.over_input_tokens, above.up_to_input_tokens) == (200_000, 10**12)
    assert figures(below) == ["1.25", "0.125", "1.25", "1.25", "10"]
    assert figures(above) == ["2.5", "0.25", "2.5", "2.5", "15"]


def test_sonnet_4_with_a_long_window(at: At) -> None:
    below, above = at("2025-10-01", "claude-sonnet-4-20250514", "anthropic")
    assert figures(below) == ["3", "0.3", "3.75", "6", "15"]
    assert figures(above) == ["6", "0.6", "7.5", "12", "22.5"]


def test_hour_long_cache_writes_cost_twice_the_input(at: At) -> None:
    (row,) = at("2026-09-01", "claude-haiku-4-5", "anthropic")
    assert figures(row) == ["1", "0.1", "1.25", "2", "5"]


def test_a_window_of_the_day_and_its_complement(at: At) -> None:
    rows = at("2025-04-01", "deepseek-chat", "deepseek")
    assert [(row.from_second_of_day, row.to_second_of_day, figures(row)[0]) for row in rows] == [
        (0, 1_800, "0.135"),
        (1_800, 59_400, "0.27"),
        (59_400, 86_400, "0.135"),
    ]


def test_peak_prices_do_not_reach_back_before_they_existed(at: At) -> None:
    (flat,) = at("2026-08-16", "deepseek-v4-pro", "deepseek")
    assert figures(flat) == ["0.435", "0.003625", "0.435", "0.435", "0.87"]
    assert len(at("2026-08-17", "deepseek-v4-pro", "deepseek")) == 5


@pytest.mark.parametrize(
    ("provider", "model", "region", "expected"),
    [
        ("anthropic", "claude-opus-4-6", "us", "5.5"),
        ("anthropic", "claude-opus-4-6", "global", "5"),
        ("anthropic", "claude-opus-4-6", None, "5"),
        ("anthropic", "claude-sonnet-4-5", "us", "3"),
        ("openai", "gpt-5.4", "eu", "2.75"),
        ("openai", "gpt-5.2", "eu", "1.75"),
        ("gcp.vertex_ai", "claude-opus-4-5@20251101", "us-east5", "5.5"),
        ("gcp.vertex_ai", "claude-opus-4-5@20251101", "global", "5"),
        ("gcp.vertex_ai", "claude-opus-4-1@20250805", "us-east5", "15"),
        ("aws.bedrock", "global.anthropic.claude-opus-4-8", "us-east-1", "5"),
        ("aws.bedrock", "us.anthropic.claude-opus-4-8", "us-east-1", "5.5"),
    ],
)
def test_regional_uplift(at: At, provider: str, model: str, region: str | None, expected: str) -> None:
    assert figures(at("2026-09-01", model, provider, region=region)[0])[0] == expected


def test_uplift_and_batch_stack(at: At) -> None:
    (row,) = at("2026-09-01", "claude-opus-4-6", "anthropic", "batch", "us")
    assert figures(row) == ["2.75", "0.275", "3.4375", "5.5", "13.75"]


def test_a_price_per_request(at: At) -> None:
    (row,) = at("2026-03-01", "sonar-pro", "perplexity")
    assert row.list_call == Decimal("0.014")


def test_reasoning_priced_apart_leaves_the_output_unknown(at: At) -> None:
    (row,) = at("2026-03-01", "sonar-deep-research", "perplexity")
    assert (row.list_input, row.list_output) == (Decimal("0.000002"), None)


def test_free_is_documented_and_not_a_missing_price(at: At) -> None:
    (row,) = at("2026-03-01", "gemma-3-27b-it", "gcp.gemini")
    assert (row.list_input, row.list_output) == (Decimal(0), Decimal(0))
    assert at("2026-03-01", "mistral-nemo:free", "mistral_ai") == []


def test_unknown_cache_price_is_null(at: At) -> None:
    (row,) = at("2026-03-01", "command-r-plus", "cohere")
    assert (row.list_cache_read, row.list_cache_write) == (None, None)


def test_the_books_repeating_decimals_are_rounded_to_a_trillionth(at: At) -> None:
    (row,) = at("2026-11-20", "google/gemini-2.5-flash", "openrouter")
    assert row.list_cache_write == Decimal("0.000000083333")
