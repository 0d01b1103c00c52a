"""What a measurement will cost, worked out by hand from sizes, counts and the prices of the day."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from llmaudit.prices import PriceOverrides
from llmaudit.replay.drive import Load
from llmaudit.replay.pipeline import Plan, built_in
from llmaudit.replay.pipeline.cost import estimate
from llmaudit.replay.queries import Query

NOW = datetime(2026, 11, 27, tzinfo=UTC)
PRICES = PriceOverrides.model_validate(
    {
        "small": {"input": "1.00"},
        "large": {"input": "2.00", "output": "8.00"},
        "ranker": {"input": "0", "per_call": "0.002"},
    }
)
LOAD = Load(rounds=3, warmup=2)
QUERIES = [Query("1", "x" * 40), Query("2", "y" * 80)]
"""60 bytes on average, 2 × 3 + 2 = 8 query runs."""
Written = Callable[..., Plan]


def _remote(plan: Written, tmp_path: Path, generate: str = "") -> Plan:
    (tmp_path / "c.jsonl").write_text('{"text": "' + "a" * 400 + '"}\n{"text": "' + "b" * 600 + '"}\n')
    return plan(
        embed="{kind: openai, model: small, base_url: 'https://api.example.com/v1'}",
        retrieve="{kind: duckdb, corpus: c.jsonl, top_k: 10}",
        rerank="{kind: cohere, model: ranker, base_url: 'https://rank.example.com/v2', top_n: 3}",
        generate="{kind: openai, model: large, base_url: 'https://api.example.com/v1', max_output_tokens: 100, "
        f"system: {'s' * 40}{generate}}}",
    )


def test_every_part_by_hand(plan: Written, tmp_path: Path) -> None:
    found = estimate(_remote(plan, tmp_path), QUERIES, LOAD, NOW, PRICES)
    told = [(each.slot.value, each.requests, each.input_tokens, each.output_tokens, each.cost) for each in found.asked]
    assert told == [
        # Two documents of 1,000 bytes, then eight questions of 60; four bytes a token, a dollar a million.
        ("embed", 10, (1_000 + 8 * 60) // 4, 0, Decimal("0.00037")),
        # Eight questions, each with ten documents of 500 bytes; charged by the request.
        ("rerank", 8, 8 * (60 + 10 * 500) // 4, 0, Decimal("0.016")),
        # Eight prompts of 40 + 60 + 3 × 500 bytes, and 100 tokens of answer each.
        ("generate", 8, 8 * 1_600 // 4, 800, Decimal("0.0064") + Decimal("0.0064")),
    ]  # fmt: skip
    assert (found.requests, found.cost, found.unpriced) == (26, Decimal("0.02917"), ())


def test_a_model_without_a_price_leaves_the_whole_without_one(plan: Written, tmp_path: Path) -> None:
    found = estimate(_remote(plan, tmp_path), QUERIES, LOAD, NOW, None)
    assert found.cost is None
    assert set(found.unpriced) == {"small", "large", "ranker"}


def test_what_runs_here_costs_nothing(plan: Written) -> None:
    assert estimate(built_in(), QUERIES, LOAD, NOW, None).asked == ()
    for host in ("http://localhost:1", "http://127.0.0.1:8000", "http://[::1]:11434"):
        local = plan(generate=f"{{kind: openai, model: llama, base_url: '{host}/v1'}}")
        assert estimate(local, QUERIES, LOAD, NOW, None).asked == ()


def test_the_price_book_knows_what_the_usual_models_cost(plan: Written) -> None:
    usual = plan(generate="{kind: openai, model: gpt-4o-mini}")
    (asked,) = estimate(usual, QUERIES, LOAD, NOW, None).asked
    # Of 2,400 tokens of answer at 0.60 dollars a million, and at 0.15 what goes in.
    assert asked.cost == Decimal("0.00144") + asked.input_tokens * Decimal("0.00000015")
