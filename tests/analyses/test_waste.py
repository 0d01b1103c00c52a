"""What was wasted: each kind by hand, and repeats and unread writes against a walk over the calls in plain Python."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmaudit.analyses.waste import Waste, WasteLine, waste
from llmaudit.prices import PriceOverrides
from llmaudit.pricing import reprice
from llmaudit.store import Store

Fill = Callable[..., Store]
NOON = datetime(2026, 10, 1, 12)
_SHORT_KEPT, _LONG_KEPT = timedelta(minutes=30), timedelta(hours=1)


def found(store: Store) -> Waste:
    store.bind("chosen", "select * from calls")
    return waste(store)


def line(kind: str, calls: int, billed: int, low: str, high: str, unpriced: int, basis: str) -> WasteLine:
    return WasteLine(kind, calls, billed, Decimal(low), Decimal(high), unpriced, basis)


def test_each_call_is_wasted_once_under_the_first_kind_that_fits(fill: Fill) -> None:
    again = {"temperature": 0, "request_hash": 7, "status": "ok"}
    store = fill(
        {"status": "error", "effective_cost": "0"},
        {"status": "timeout", "effective_cost": "0.5"},
        {"status": "timeout", "effective_cost": None},
        {"status": "rate_limited", "attempt": 2, "effective_cost": "0.25"},
        {"status": "ok", "attempt": 2, "effective_cost": "8"},
        {"finish_reason": "length", "output_tokens": 9, "reasoning_output_tokens": 9, "effective_cost": "1"},
        {"finish_reason": "MAX_TOKENS", "output_tokens": 9, "reasoning_output_tokens": 3, "effective_cost": "2"},
        {"finish_reason": "length", "output_tokens": 0, "reasoning_output_tokens": 0, "effective_cost": "4"},
        {**again, "started_at": NOON, "effective_cost": "100"},
        {**again, "started_at": NOON + timedelta(days=20), "effective_cost": "0.75"},
        {**again, "started_at": NOON + timedelta(days=21), "finish_reason": "length", "effective_cost": "16"},
        {**again, "temperature": 0.2, "effective_cost": "32"},
        {**again, "response_cache_hit": True, "effective_cost": "0"},
        {**again, "request_hash": 8, "effective_cost": "64"},
    )
    assert found(store) == Waste(
        (
            line("failed", 3, 1, "0.5", "0.5", 1, "measured"),
            line("failed_again", 1, 1, "0.25", "0.25", 0, "measured"),
            line("reasoning_exhausted", 1, 1, "1", "1", 0, "measured"),
            line("truncated", 3, 3, "0", "22", 0, "estimated"),
            line("repeated", 1, 1, "0.75", "0.75", 0, "measured"),
        ),
        retries=2,
        retries_cost=Decimal("8.25"),
    )
    assert (found(store).low, found(store).high) == (Decimal("2.5"), Decimal("24.5"))


def test_nothing_is_wasted_where_nothing_went_wrong(fill: Fill) -> None:
    store = fill({"status": "ok", "finish_reason": "stop", "effective_cost": "3"})
    assert found(store) == Waste((), 0, Decimal(0))


def claude(minute: float, *, read: int = 0, short: int = 0, long: int = 0, **rest: Any) -> dict[str, Any]:
    return {
        "provider_name": "anthropic",
        "response_model": "claude-sonnet-4-5-20250929",
        "started_at": NOON + timedelta(minutes=minute),
        "status": "ok",
        "input_tokens": 10_000,
        "output_tokens": 0,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": short + long,
        "cache_creation_1h_input_tokens": long,
        **rest,
    }


def test_a_write_is_unread_when_no_later_call_reads_any_cache_while_it_is_kept(fill: Fill) -> None:
    # Sonnet 4.5: 3.00 input, 3.75 for a write of five minutes, 6.00 for one of an hour, USD per million tokens.
    store = fill(
        claude(0, short=1_000),  # read two minutes later
        claude(2, read=1_000, short=1_000),  # unread: 1,000 x 0.75 / million
        claude(33, short=2_000, long=4_000),  # the next read is 45 minutes away: 2,000 x 0.75; the hour is read
        claude(78, read=500),
        claude(79, long=1_000, status="error"),  # counts as a failure, with all that it cost
        claude(200, long=8_000),  # never read: 8,000 x 3.00
    )
    reprice(store, PriceOverrides())
    assert found(store).lines == (
        # 9,000 x 3.00 + 1,000 x 6.00 per million
        line("failed", 1, 1, "0.033", "0.033", 0, "measured"),
        line("unread_cache_writes", 3, 3, "0.02625", "0.02625", 0, "measured"),
    )


def test_a_write_without_a_surcharge_wastes_nothing(fill: Fill) -> None:
    store = fill(
        claude(0, short=5_000) | {"provider_name": "openai", "response_model": "gpt-4o-2024-08-06", "status": "ok"}
    )
    reprice(store, PriceOverrides())
    assert found(store).lines == ()


_CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "minute": st.integers(0, 400),
            "read": st.sampled_from([0, 0, 10]),
            "short": st.sampled_from([0, 1_000]),
            "long": st.sampled_from([0, 100]),
            "request_hash": st.one_of(st.none(), st.integers(1, 3)),
            "temperature": st.sampled_from([0, 0, 0.5, None]),
        }
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda drawn: drawn["minute"],
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=_CALLS)
def test_repeats_and_unread_writes_as_a_walk_finds_them(fill: Fill, drawn: list[dict[str, Any]]) -> None:
    calls = sorted((claude(**each) for each in drawn), key=lambda call: call["started_at"])
    store = fill(*calls)
    reprice(store, PriceOverrides())
    seen: set[int] = set()
    repeats, premium = 0, Decimal(0)
    for place, call in enumerate(calls):
        if call["request_hash"] is not None and call["temperature"] == 0:
            if call["request_hash"] in seen:
                repeats += 1
                continue
            seen.add(call["request_hash"])
        reads = [other["started_at"] for other in calls[place + 1 :] if other["cache_read_input_tokens"]]
        wait = min(reads) - call["started_at"] if reads else timedelta.max
        long = call["cache_creation_1h_input_tokens"]
        short = call["cache_creation_input_tokens"] - long
        premium += Decimal("0.00000075") * short * (wait > _SHORT_KEPT) + Decimal("0.000003") * long * (
            wait > _LONG_KEPT
        )
    lines = {each.kind: each for each in found(store).lines}
    assert (lines["repeated"].calls if "repeated" in lines else 0) == repeats
    assert (lines["unread_cache_writes"].high if "unread_cache_writes" in lines else 0) == premium
    total = store.value("select sum(effective_cost) from calls")
    assert found(store).high <= total
