"""At most one row for every instant, second of the day and input size, whatever the model, the tier and the rules."""

from itertools import combinations

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from llmaudit.errors import PriceError
from llmaudit.prices import SERVICE_TIERS, PriceOverrides, Rate, Use, rates

MODELS = [
    ("openai", "gpt-4o"),
    ("openai", "o3"),
    ("openai", "gpt-5.6-sol"),
    ("openai", "gpt-5.4"),
    ("openai", "ft:gpt-4o-mini-2024-07-18:acme::x"),
    ("anthropic", "claude-opus-4-6"),
    ("anthropic", "claude-sonnet-4-20250514"),
    ("anthropic", "claude-haiku-5-5"),
    ("gcp.gemini", "gemini-2.5-pro"),
    ("gcp.gemini", "gemini-3.8-flash"),
    ("gcp.vertex_ai", "claude-opus-4-6"),
    ("mistral_ai", "mistral-large-4"),
    ("deepseek", "deepseek-chat"),
    ("deepseek", "deepseek-v4-flash"),
    ("deepseek", "deepseek-v4-pro"),
    ("x_ai", "grok-4.20"),
    ("groq", "openai/gpt-oss-120b"),
    ("aws.bedrock", "regional.openai.gpt-5.6-luna"),
    ("openrouter", "qwen/qwen3.7-flash"),
    (None, "gpt-4.1-mini"),
]
RULES = [
    [],
    [{"model": "*", "multiplier": "0.5", "since": "2026-01-01", "until": "2026-10-13"}],
    [
        {"model": "*gemini*", "input": "1", "since": "2025-01-01", "until": "2026-06-01"},
        {"model": "deepseek*", "output": 3, "service_tier": "standard"},
        {"model": "*", "multiplier": 2},
    ],
]
LAST_DAY = 1_830_000_000 * 1_000_000


def overlap(one: Rate, two: Rate) -> bool:
    return (
        one.valid_from_us < two.valid_to_us
        and two.valid_from_us < one.valid_to_us
        and one.from_second_of_day < two.to_second_of_day
        and two.from_second_of_day < one.to_second_of_day
        and one.over_input_tokens < two.up_to_input_tokens
        and two.over_input_tokens < one.up_to_input_tokens
    )


@settings(max_examples=150, deadline=None, database=None)
@given(
    known=st.sampled_from(MODELS),
    tier=st.sampled_from(SERVICE_TIERS),
    region=st.sampled_from([None, "us", "global", "europe-west1"]),
    rules=st.sampled_from(RULES),
    since=st.integers(1_690_000_000 * 1_000_000, LAST_DAY),
    length=st.integers(0, 700 * 86_400 * 1_000_000),
)
def test_rows_of_a_use_do_not_overlap(
    known: tuple[str | None, str], tier: str, region: str | None, rules: list[object], since: int, length: int
) -> None:
    use = Use(*known, tier, region, since, since + length)
    try:
        rows = rates([use], PriceOverrides.model_validate(rules))
    except PriceError:
        reject()  # a discount that needs more than 12 decimal places is refused, which is another test

    assert not [pair for pair in combinations(rows, 2) if overlap(*pair)]
    for row in rows:
        assert row.valid_from_us < row.valid_to_us
        assert row.valid_from_us <= use.until_us
        assert row.valid_to_us > use.since_us
        assert 0 <= row.from_second_of_day < row.to_second_of_day <= 86_400
        assert -1 <= row.over_input_tokens < row.up_to_input_tokens <= 10**12
        assert (row.provider_name, row.model, row.service_tier, row.region) == (*known, tier, region)


@settings(max_examples=100, deadline=None, database=None)
@given(known=st.sampled_from(MODELS), since=st.integers(1_690_000_000 * 1_000_000, LAST_DAY))
def test_standard_rows_leave_no_gap(known: tuple[str | None, str], since: int) -> None:
    """A model with a price has one at every second of the day and every size: their areas add up to the whole."""
    rows = rates([Use(*known, "standard", None, since, since)], PriceOverrides())

    area = sum(
        (row.to_second_of_day - row.from_second_of_day) * (row.up_to_input_tokens - row.over_input_tokens)
        for row in rows
    )
    assert not rows or area == 86_400 * (10**12 + 1)
