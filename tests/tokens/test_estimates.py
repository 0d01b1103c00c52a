"""Estimates from sizes. Expected values are worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmaudit.tokens import DEFAULT_TOKENS_PER_BYTE, Ratio, default_ratio, ratio


@pytest.mark.parametrize(
    ("tokens", "size", "text_bytes", "estimated"),
    [
        (1, 4, 0, 0),
        (1, 4, 1, 1),  # 0.25, but a text is at least one token
        (1, 4, 4, 1),
        (1, 4, 5, 1),  # 1.25
        (1, 4, 6, 2),  # 1.5, half rounded up
        (1, 4, 10, 3),  # 2.5, half rounded up and not to even
        (2, 7, 7_000, 2_000),
        (2, 7, 12, 3),  # 3.43
        (3, 10, 10**15 + 5, 300_000_000_000_002),  # …001.5; a double would lose the half
        (2, 5, 1_250_000, 500_000),
    ],
)
def test_estimate(tokens: int, size: int, text_bytes: int, estimated: int) -> None:
    assert Ratio(tokens, size, "test").estimate(text_bytes) == estimated


@pytest.mark.parametrize(
    ("provider", "model", "tokens", "size"),
    [
        ("anthropic", "claude-opus-4-7", 2, 5),
        ("anthropic", "claude-opus-4.8", 2, 5),
        ("anthropic", "claude-sonnet-5", 2, 5),
        ("aws.bedrock", "us.anthropic.claude-opus-4-7-v1:0", 2, 5),
        ("anthropic", "claude-fable-5-1", 2, 5),
        ("anthropic", "claude-opus-4-6", 2, 7),
        ("anthropic", "claude-opus-4-20250514", 2, 7),
        ("anthropic", "claude-haiku-4-5-20251001", 2, 7),
        ("anthropic", "claude-3-5-sonnet-20241022", 2, 7),
        ("aws.bedrock", "anthropic.claude-v2:1", 2, 7),
        ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", 2, 7),
        ("anthropic", None, 2, 7),
        ("gcp.gemini", "gemini-2.5-pro", 1, 4),
        ("deepseek", "deepseek-chat", 3, 10),
        ("mistral_ai", "mistral-large-latest", 1, 4),
        (None, None, 1, 4),
    ],
)
def test_default_ratio(provider: str | None, model: str | None, tokens: int, size: int) -> None:
    found = default_ratio(provider, model)
    assert (found.tokens, found.bytes) == (tokens, size)
    assert found in DEFAULT_TOKENS_PER_BYTE.values()


def test_fitted_ratio() -> None:
    fitted = ratio(tokens_total=1_200, bytes_total=4_800, n=30)
    assert fitted is not None
    assert fitted.estimate(400) == 100
    assert "30 calls" in fitted.source


@pytest.mark.parametrize(
    ("tokens", "size", "n"),
    [(1_200, 4_800, 29), (0, 4_800, 100), (0, 0, 100), (1_200, 0, 100), (4_801, 4_800, 100), (-5, 4_800, 100)],
    ids=["too few calls", "no tokens", "nothing", "no text", "more tokens than bytes", "negative"],
)
def test_no_ratio(tokens: int, size: int, n: int) -> None:
    assert ratio(tokens, size, n) is None


def test_the_minimum_can_be_chosen() -> None:
    assert ratio(1, 4, n=1, minimum=1) is not None


@pytest.mark.parametrize(("tokens", "size"), [(0, 1), (1, 0), (-1, 4)])
def test_an_impossible_ratio_cannot_be_built(tokens: int, size: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Ratio(tokens, size, "test")


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_longer_text_never_has_fewer_tokens(tokens: int, size: int, one: int, other: int) -> None:
    known = Ratio(tokens, size, "test")
    assert known.estimate(min(one, other)) <= known.estimate(max(one, other))


@given(st.integers(1, 10**9), st.data())
def test_a_fitted_ratio_gives_its_own_total_back(size: int, data: st.DataObject) -> None:
    tokens = data.draw(st.integers(1, size))
    fitted = ratio(tokens, size, n=100)
    assert fitted is not None
    assert fitted.estimate(size) == tokens
