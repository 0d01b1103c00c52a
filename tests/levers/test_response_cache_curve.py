"""The curve says what caches of other sizes and times to live would hit, as a replay of each would."""

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from llmaudit.levers import response_cache_curve
from llmaudit.levers.response_cache_curve import curve
from llmaudit.levers.response_cache_settings import Settings
from tests.levers.response_cache_cases import CALLS, POPULAR, SECOND, TTLS, A, hit_ids, requests, us
from tests.levers.response_cache_oracle import Call, hits


def test_reading_renews_on_the_curve_as_in_the_replay() -> None:
    calls = [Call(1, A, 0), Call(2, A, 3 * SECOND), Call(3, A, 6 * SECOND), Call(4, A, 12 * SECOND)]
    points, _ = curve(requests(calls), Settings(), capacities=[1], ttls=[2, 5, 6])
    assert [point["hits"] for point in points] == [0, 1, 2]
    points, _ = curve(requests(calls), Settings(refresh=True), capacities=[1], ttls=[2, 5, 6])
    assert [point["hits"] for point in points] == [0, 2, 3]


@effort(max_examples=150, deadline=None)
@given(calls=CALLS, ttl=TTLS, coalesce=st.booleans(), refresh=st.booleans())
def test_every_capacity_equals_brute_force(calls: list[Call], ttl: int | None, coalesce: bool, refresh: bool) -> None:
    calls = [call for call in calls if call.request_hash is not None and call.at is not None]
    written = "unlimited" if ttl is None else f"{ttl}s"
    capacities = [*range(1, len(calls) + 1), None]
    points, _ = curve(requests(calls), Settings(coalesce=coalesce, refresh=refresh), capacities=capacities, ttls=[ttl])
    for max_entries, point in zip(capacities, points, strict=True):
        expected = hits(calls, ttl=us(ttl), max_entries=max_entries, coalesce=coalesce, refresh=refresh)
        settings = Settings(ttl=written, max_entries=max_entries, coalesce=coalesce, refresh=refresh)
        assert hit_ids(calls, settings) == expected
        assert point == {"max_entries": max_entries, "ttl": written, "hits": len(expected), "basis": "measured"}


@effort(max_examples=150, deadline=None)
@given(calls=CALLS, ttl=TTLS, refresh=st.booleans())
def test_the_curve_is_exact_at_any_size_where_answers_come_at_once(
    calls: list[Call], ttl: int | None, refresh: bool
) -> None:
    calls = [Call(c.call_id, c.request_hash, c.at) for c in calls if c.request_hash is not None and c.at is not None]
    capacities = [0, 1, 2, 3, 4, 5, None]
    # Nothing may be replayed: the points come from stack distances alone.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(response_cache_curve, "REPLAYED_CALLS", -1)
        patch.setattr(response_cache_curve, "replay", None)
        points, share = curve(requests(calls), Settings(refresh=refresh), capacities=capacities, ttls=[ttl])
    expected = [len(hits(calls, ttl=us(ttl), max_entries=n, refresh=refresh)) for n in capacities]
    assert [point["hits"] for point in points] == expected
    assert {point["basis"] for point in points} == {"measured"}
    assert share == 1


def test_a_long_log_of_slow_answers_has_estimates_that_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache_curve, "REPLAYED_CALLS", 1_000)
    slow = [Call(c.call_id, c.request_hash, c.at, takes=3 * SECOND) for c in POPULAR]
    points, share = curve(requests(slow), Settings(), capacities=[200, 5_000, None], ttls=[3_600, None])
    assert share == 1
    assert [point["basis"] for point in points] == ["estimated", "measured", "measured"] * 2
    for point, ttl in zip(points, [3_600, 3_600, 3_600, None, None, None], strict=True):
        exact = len(hit_ids(slow, Settings(ttl=point["ttl"], max_entries=point["max_entries"])))
        assert point["hits"] == (pytest.approx(exact, rel=0.01) if point["basis"] == "estimated" else exact), ttl


def test_a_very_long_log_is_sampled_by_request_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    exact, _ = curve(requests(POPULAR), Settings(), capacities=[400, 1_000, None], ttls=[3_600, None])
    monkeypatch.setattr(response_cache_curve, "CURVE_CALLS", 6_000)
    sampled, share = curve(requests(POPULAR), Settings(), capacities=[400, 1_000, None], ttls=[3_600, None])
    assert share == 0.25
    assert {point["basis"] for point in sampled} == {"estimated"}
    for point, full in zip(sampled, exact, strict=True):
        assert point["hits"] == pytest.approx(full["hits"], rel=0.05)
