"""Batch: one example worked by hand, and what stays where it is."""

from collections.abc import Callable
from decimal import Decimal

from llmaudit.levers import route
from llmaudit.levers.answer import Waterfall
from llmaudit.levers.batch import LEVER
from tests.levers.conftest import replay_plan

Replay = Callable[..., Waterfall]


def test_a_job_that_can_wait_costs_half(replayed: Replay) -> None:
    """gpt-4o: 1,000 × $2.50 + 100 × $10 per million = $0.0035; in batch $1.25 and $5: $0.00175."""
    found = replayed(LEVER, {"when": "feature = 'reports'"}, {"feature": "reports"}, {"feature": "chat"})
    assert (found.baseline_cost, found.saving) == (Decimal("0.007"), Decimal("0.00175"))
    assert found.steps[0].calls_changed == 1
    assert (found.steps[0].facts["eligible_calls"], found.steps[0].facts["moved_calls"]) == (1, 1)


def test_what_failed_or_is_in_batch_already_stays(replayed: Replay) -> None:
    found = replayed(LEVER, {}, {"service_tier": "batch"}, {"service_tier": "flex"}, {"status": "error"})
    assert (found.saving, found.steps[0].calls_changed) == (Decimal(0), 0)


def test_a_call_that_was_routed_before_moves_at_the_price_of_its_new_model() -> None:
    """gpt-4o-mini in batch, which the log never saw: 1,000 × $0.075 + 100 × $0.30 per million."""
    to_mini = {"from": ["gpt-4o"], "to": "gpt-4o-mini"}
    found = replay_plan([(route.LEVER, to_mini), (LEVER, {})], {})
    assert found.projected_cost == Decimal("0.000105")


def test_a_model_without_a_batch_price_is_named(replayed: Replay) -> None:
    groq = {"provider_name": "x_ai", "response_model": "grok-4"}
    found = replayed(LEVER, {}, groq)
    assert found.steps[0].calls_changed == 0
    assert [row["model"] for row in found.steps[0].facts["no_batch_price"]] == ["grok-4"]


def test_regular_bursts_nobody_waits_for_are_suggested(replayed: Replay) -> None:
    """Six nights of two calls each, exactly a day apart, that the plan did not name."""
    nights = [
        {"feature": "nightly", "started_at": f"2026-10-{day:02} 02:0{minute}:00"}
        for day in range(10, 16)
        for minute in (0, 1)
    ]
    chat = [
        {"feature": "chat", "conversation_id": "a", "started_at": f"2026-10-{day:02} 09:00:00"} for day in range(10, 16)
    ]
    found = replayed(LEVER, {"when": "feature = 'reports'"}, *nights, *chat)
    (candidate,) = found.steps[0].facts["candidates"]
    assert (candidate["key"], candidate["calls"], candidate["bursts"], candidate["gap_seconds"]) == (
        "nightly",
        12,
        6,
        86_400,
    )
